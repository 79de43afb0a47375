"""``python -m lookup``: ask a store or an index whether a picture is there."""

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one picture's products are small

from lookup.command import main

if __name__ == "__main__":
    sys.exit(main())
