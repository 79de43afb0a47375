"""image-match's own client, as its users have it, on indices of ours."""

from pathlib import Path

import pytest
from PIL import Image

from benchmarks.image_match_client import search
from elastic import Client
from tests.elastic.session import Loader
from tests.elastic.test_load import contents

pytestmark = [pytest.mark.spark, pytest.mark.elastic]


def test_it_finds_pictures_their_copies_and_their_changed_copies(
    loader: Loader, client: Client, store: Path, photos: Path, tmp_path: Path
) -> None:
    loader.load(store)
    loader.backfill(store)  # behind the alias there is another index now
    originals = sorted(photos.glob("*.jpg"))
    copied = next(path for path in originals if path.name != "a copy.jpg")
    smaller = tmp_path / "smaller.png"
    with Image.open(originals[4]) as picture:
        picture.resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(smaller)
    found = search(loader.url, loader.alias, [*originals, smaller])
    documents = contents(client, loader.alias)
    for path, hits in zip(originals, found[:-1], strict=True):
        own = [hit for hit in hits if hit["path"] == str(path)]
        assert len(own) == 1, path
        assert own[0]["dist"] == 0
        assert documents[own[0]["id"]]["path"] == str(path)
        assert own[0]["score"] >= 63
    same = [hit["path"] for hit in found[originals.index(copied)] if hit["dist"] == 0]
    assert {str(copied), str(photos / "a copy.jpg")} == set(same)
    nearest = min(found[-1], key=lambda hit: float(hit["dist"]))
    assert nearest["path"] == str(originals[4])
    assert 0 < nearest["dist"] < 0.3
