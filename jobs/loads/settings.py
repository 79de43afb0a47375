"""Settings of Elasticsearch. Secrets are named by their place, never by their value."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

_REFERENCE = r"^(env|file):.+$"

Reference = Annotated[str, Field(pattern=_REFERENCE)]
"""``env:NAME`` or ``file:PATH``."""

SECRETS = ("elasticsearch.password", "elasticsearch.api_key")
"""A user may have put the secret itself here: what was given is not shown."""


class BackfillSettings(BaseModel):
    """How a backfill goes about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Minutes of work at some thousands a second: what a crash costs at most.
    chunk_documents: Annotated[int, Field(ge=1)] = 1_000_000
    # Segments that each shard is merged into at the end; 0 leaves that to Elasticsearch.
    merge_segments: Annotated[int, Field(ge=0)] = 0
    # Whether the index that the alias meant is deleted with the swap.
    remove_old: bool = False
    # How long copies of shards may take to be made, at the end.
    green_timeout_s: Annotated[float, Field(gt=0)] = 3_600.0
    # Documents of the trial load that --dry-run estimates from.
    sample_documents: Annotated[int, Field(ge=1)] = 2_000


class ElasticsearchSettings(BaseModel):
    """Where the index is, and how it is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    index: str | None = None
    user: str | None = None
    password: Reference | None = None
    api_key: Reference | None = None
    ca_file: str | None = None
    wan_only: bool = False
    profile: Literal["full", "lean"] = "full"
    # Shards of 10 to 50 GB and fewer than 200 M documents; 0 chooses.
    shards: Annotated[int, Field(ge=0, le=1024)] = 0
    # None: 1, and 0 where there is only one data node.
    replicas: Annotated[int, Field(ge=0, le=20)] | None = None
    # About 2,000 documents with _source.
    batch_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 5_000_000
    # A task sends a batch so many times more while the server is busy, and waits in between:
    # eight minutes. Then it sets the batch aside.
    retries: Annotated[int, Field(ge=1)] = 50
    retry_wait_s: Annotated[float, Field(gt=0)] = 10.0
    # Share of refused documents above which a load fails.
    max_rejected: Annotated[float, Field(ge=0, le=1)] = 0.01
