"""What is kept: table schemas, the run log, and reading a store without Spark."""

from store.errors import StoreError
from store.reader import Run, Store

__all__ = ["Run", "Store", "StoreError"]
