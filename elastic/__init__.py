"""What speaks with Elasticsearch over HTTP: requests, indices, documents. No Spark, no pictures."""

from elastic.client import Client
from elastic.connection import Connection, connection
from elastic.errors import (
    AnswerError,
    ConnectionSettingError,
    ElasticError,
    ForbiddenError,
    NotFoundError,
    OverloadedError,
    UnreachableError,
)

__all__ = [
    "AnswerError",
    "Client",
    "Connection",
    "ConnectionSettingError",
    "ElasticError",
    "ForbiddenError",
    "NotFoundError",
    "OverloadedError",
    "UnreachableError",
    "connection",
]
