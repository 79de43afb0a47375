"""What an index takes on disk."""

import time
from typing import Final
from urllib.parse import quote

from elastic.client import Client

_RECOVERY_S: Final = 35.0
"""The server tells shards every 30 s what they need no longer keep."""


def merge_whole(client: Client, name: str) -> None:
    """Merge each shard into one segment, without what the server keeps for recoveries.

    Of documents whose ``_source`` is not whole it keeps another, whole one for half a minute, and a
    merge within that time carries it along.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of an index that is not written any more.
    """
    path = f"/{quote(name, safe='')}"
    mapping = client.get(f"{path}/_mapping")[name]["mappings"]
    if "_source" in mapping:
        time.sleep(_RECOVERY_S)
        client.post(f"{path}/_flush")
    client.post(f"{path}/_forcemerge", max_num_segments=1)


def bytes_of(client: Client, name: str) -> int:
    """Return what the segments of an index's primary shards take on disk.

    The server's statistics of the store are some seconds old, and hold merged segments for a while.

    Parameters
    ----------
    client : Client
        The server.
    name : str
        Of the index.

    Returns
    -------
    int
        Bytes, without replicas; of what a search sees.
    """
    shards = client.get(f"/{quote(name, safe='')}/_segments")["indices"][name]["shards"]
    primaries = [
        copy for copies in shards.values() for copy in copies if copy["routing"]["primary"]
    ]
    segments = [segment for copy in primaries for segment in copy["segments"].values()]
    return sum(int(segment["size_in_bytes"]) for segment in segments if segment["search"])
