"""How many shards an index gets."""

import pytest

from jobs.loads.sizes import BYTES_PER_DOCUMENT, SHARD_BYTES, SHARD_DOCUMENTS, shards_for


@pytest.mark.parametrize("documents", [0, 1, 10**6, 8 * 10**7, 10**9, 5 * 10**9])
@pytest.mark.parametrize("profile", ["full", "lean"])
def test_shards_stay_within_both_limits_and_are_as_few_as_can_be(
    documents: int, profile: str
) -> None:
    shards = shards_for(documents, profile)
    size = documents * BYTES_PER_DOCUMENT[profile]
    assert documents / shards <= SHARD_DOCUMENTS
    assert size / shards <= SHARD_BYTES
    if shards > 1:
        fewer = shards - 1
        assert documents / fewer > SHARD_DOCUMENTS or size / fewer > SHARD_BYTES


def test_small_documents_are_limited_by_their_number() -> None:
    assert shards_for(10**9, "lean", bytes_each=10) == 5
    assert shards_for(10**9, "lean", bytes_each=100) == 5
    assert shards_for(10**9, "lean", bytes_each=300) == 10
