import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jobs.sample import corpus as making
from jobs.sample import make_sample_corpus, read_truth
from jobs.sample.recipes import RECIPES
from jobs.sources import SourceError

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        Image.fromarray(rng.integers(0, 256, (40, 60, 3), np.uint8)).save(folder / name)
    return folder


def content(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_truth_names_every_picture(photos: Path, tmp_path: Path) -> None:
    out = make_sample_corpus(photos, tmp_path / "out", seed=1)
    table = read_truth(out / "truth.tsv").to_pylist()
    assert sorted(row["path"] for row in table) == sorted(
        str(file) for file in out.glob("pictures/*/*")
    )
    assert {row["original_path"] for row in table} == {
        f"{out}/pictures/originals/{name}.jpg" for name in "abc"
    }
    for row in table:
        with Image.open(row["path"]) as opened:
            opened.load()
    copies = [row for row in table if row["transform"] == "copy"]
    assert copies
    for row in copies:
        assert Path(row["path"]).read_bytes() == Path(row["original_path"]).read_bytes()


def test_the_same_seed_gives_the_same_bytes(photos: Path, tmp_path: Path) -> None:
    first = content(make_sample_corpus(photos, tmp_path / "1", seed=1))
    assert content(make_sample_corpus(photos, tmp_path / "2", seed=1)) == first
    other = content(make_sample_corpus(photos, tmp_path / "3", seed=2))
    differing = {name for name in first if first[name] != other[name]}
    assert differing == {"complete.json", *(n for n in first if "watermark" in n or "noise" in n)}


def test_a_corpus_that_is_there_is_left_alone(photos: Path, tmp_path: Path) -> None:
    out = make_sample_corpus(photos, tmp_path / "out", seed=1)
    before = out.stat().st_ino
    assert make_sample_corpus(photos, out, seed=1).stat().st_ino == before
    (out / "pictures" / "derived" / "a.jpg__copy.jpeg").unlink()
    make_sample_corpus(photos, out, seed=1)
    assert (out / "pictures" / "derived" / "a.jpg__copy.jpeg").is_file()
    make_sample_corpus(photos, out, seed=2)
    assert json.loads((out / "complete.json").read_text())["seed"] == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "photos"]


def test_an_interruption_leaves_nothing_and_the_next_call_works(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(making, "write_truth", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            make_sample_corpus(photos, tmp_path / "out", seed=1)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["photos"]
    assert (make_sample_corpus(photos, tmp_path / "out", seed=1) / "truth.tsv").is_file()


def test_what_is_not_ours_is_never_replaced(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(SourceError, match="left alone"):
        make_sample_corpus(photos, tmp_path / "out", seed=1)
    assert (tmp_path / "out" / "mine.txt").exists()


def test_no_photographs(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No photographs"):
        make_sample_corpus(tmp_path / "none", tmp_path / "out", seed=1)


def test_a_slower_process_takes_the_other_ones_corpus(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    real = making._put_in_place

    def late(made: Path, target: Path, made_with: dict[str, object]) -> None:
        monkeypatch.setattr(making, "_put_in_place", real)
        make_sample_corpus(photos, target, seed=1)
        monkeypatch.setattr(Path, "exists", lambda _: False)
        real(made, target, made_with)

    monkeypatch.setattr(making, "_put_in_place", late)
    assert (make_sample_corpus(photos, out, seed=1) / "complete.json").is_file()


def test_the_shipped_photographs(tmp_path: Path) -> None:
    out = make_sample_corpus(PROJECT / "sample" / "photos", tmp_path / "out", seed=1)
    counts = Counter(read_truth(out / "truth.tsv").column("transform").to_pylist())
    assert counts.pop("original") == 36
    assert counts == {recipe.name: 18 for recipe in RECIPES}
    listed = (PROJECT / "sample" / "README.md").read_text()
    for file in (PROJECT / "sample" / "photos").iterdir():
        assert f"| `{file.name}` |" in listed
        assert hashlib.sha256(file.read_bytes()).hexdigest() in listed
