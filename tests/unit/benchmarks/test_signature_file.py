"""A file of signatures is read as a run would compare them."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.signature_file import Corpus, first_of_each, joined, load

from .examples import corpus, signatures


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.npz"


def test_of_equal_signatures_the_first_in_path_order_stays(file: Path) -> None:
    levels = signatures(3)
    np.savez(file, sig=levels[[2, 0, 1, 0]], path=["c/3", "b/2", "a/1", "b/1"])
    read = load(file)
    assert read.paths.tolist() == ["a/1", "b/1", "c/3"]
    np.testing.assert_array_equal(read.levels, levels[[1, 0, 2]])


def test_featureless_signatures_are_left_out(file: Path) -> None:
    levels = np.zeros((3, 272), np.int8)
    levels[1, :24], levels[2, :25] = 1, 1
    np.savez(file, sig=levels, path=["none", "24", "25"])
    assert load(file).paths.tolist() == ["25"]


def test_paths_may_be_python_objects(file: Path) -> None:
    np.savez(file, sig=signatures(2), path=np.array(["b", "a"], object))
    assert load(file).paths.tolist() == ["a", "b"]


def test_equal_paths_keep_the_order_of_the_file(file: Path) -> None:
    levels = signatures(40)[::-1]
    np.savez(file, sig=levels, path=["same"] * len(levels))
    np.testing.assert_array_equal(load(file).levels, levels)


@pytest.mark.parametrize(
    "arrays",
    [
        {"sig": np.ones((2, 272), np.int8)},
        {"sig": np.ones((2, 271), np.int8), "path": ["a", "b"]},
        {"sig": np.ones((2, 272), np.int16), "path": ["a", "b"]},
        {"sig": np.ones((2, 272), np.int8), "path": ["a"]},
    ],
)
def test_another_file_is_refused_in_a_sentence(
    file: Path, arrays: dict[str, np.ndarray[tuple[int], np.dtype[np.int8]]]
) -> None:
    np.savez(file, **arrays)
    with pytest.raises(SystemExit, match=r"some\.npz has"):
        load(file)


def test_prefixes_match_the_beginning_of_paths() -> None:
    some = Corpus(signatures(4)[:3], np.array(["ab/1", "b/a", "c/1"], object))
    assert some.matches(["a", "c/"]).tolist() == [True, False, True]
    assert some.matches([]).tolist() == [False] * 3
    assert some.matches([""]).tolist() == [False] * 3


def test_parts_are_joined_in_order() -> None:
    whole = corpus(20)
    parts = joined([whole.take(np.arange(5, 12)), whole.take(np.arange(5))])
    assert len(parts) == 12
    assert parts.paths.tolist() == [*whole.paths[5:12], *whole.paths[:5]]
    np.testing.assert_array_equal(parts.levels[7], whole.levels[0])


def test_first_of_each() -> None:
    levels = signatures(4)
    assert first_of_each(levels[[1, 0, 1, 2, 0, 3]]).tolist() == [0, 1, 3, 5]
