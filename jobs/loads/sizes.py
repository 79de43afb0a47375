"""How many shards and replicas an index gets."""

from typing import Final

from elastic import Client
from jobs.loads.settings import ElasticsearchSettings

BYTES_PER_DOCUMENT: Final = {"full": 1_306, "lean": 422}
"""Measured on 70,000 documents in one segment (docs/elasticsearch.md); without replicas."""

DOCUMENTS_PER_SECOND: Final = 4_000
"""Measured on two cores that server and job shared (docs/elasticsearch.md), and used only before
anything is signed (`--source` with `--dry-run`)."""

SHARD_BYTES: Final = 30 * 10**9
"""In the middle of Elasticsearch's own advice, 10 to 50 GB."""

SHARD_DOCUMENTS: Final = 200_000_000
"""Elasticsearch's own advice; Lucene's limit is ten times as much."""


def shards_for(documents: int, profile: str, bytes_each: float | None = None) -> int:
    """Return how many primary shards an index of a size should have.

    Parameters
    ----------
    documents : int
        How many there will be.
    profile : str
        Of the index.
    bytes_each : float, optional
        Of a document on disk; a measured default of the profile's.

    Returns
    -------
    int
        The fewest that keep a shard within 30 GB and 200 million documents.
    """
    each = bytes_each or BYTES_PER_DOCUMENT[profile]
    by_bytes = -(-int(documents * each) // SHARD_BYTES)
    return max(1, by_bytes, -(-documents // SHARD_DOCUMENTS))


def replicas_for(client: Client, settings: ElasticsearchSettings) -> int:
    """Return how many copies each shard shall have.

    Parameters
    ----------
    client : Client
        The server.
    settings : ElasticsearchSettings
        May say so.

    Returns
    -------
    int
        By default 1, and 0 where one data node would have to hold both.
    """
    if settings.replicas is not None:
        return settings.replicas
    nodes = int(client.get("/_cluster/health")["number_of_data_nodes"])
    return 1 if nodes > 1 else 0
