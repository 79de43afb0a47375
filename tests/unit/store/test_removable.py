"""The last look before a user deletes."""

import csv
import os
from hashlib import sha256
from pathlib import Path

import pytest

from fetch.location import canonical_of_name
from store import StoreError
from store.removable import check_removable
from store.schemas import REMOVABLE

COPY, KEEPER = b"the copy's bytes", b"the keeper's bytes"


def line(
    path: Path | str, keeper: Path | str, copied: bytes = COPY, kept: bytes = KEEPER
) -> list[str]:
    hashes = [sha256(content).hexdigest() for content in (copied, kept)]
    return [str(path), str(keeper), "near", "0.25", str(len(copied)), *hashes]


def write_list(path: Path, *lines: list[str]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([REMOVABLE.names, *lines])
    return str(path)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "copy.jpg"
    path.write_bytes(COPY)
    return path


@pytest.fixture
def keeper(tmp_path: Path) -> Path:
    path = tmp_path / "keeper.jpg"
    path.write_bytes(KEEPER)
    return path


def state(tmp_path: Path, *given: list[str]) -> dict[str, int]:
    return check_removable(write_list(tmp_path / "list.csv", *given))


def test_untouched_files_are_safe(tmp_path: Path, copy: Path, keeper: Path) -> None:
    assert state(tmp_path, line(copy, keeper)) == {"safe": 1}


def test_a_keeper_that_is_gone_or_changed_saves_its_copy(
    tmp_path: Path, copy: Path, keeper: Path
) -> None:
    keeper.write_bytes(KEEPER + b"!")
    assert state(tmp_path, line(copy, keeper)) == {"keeper changed": 1}
    keeper.unlink()
    assert state(tmp_path, line(copy, keeper)) == {"keeper unreadable": 1}


def test_a_copy_that_is_gone_or_changed_is_not_safe(
    tmp_path: Path, copy: Path, keeper: Path
) -> None:
    copy.write_bytes(COPY[::-1])
    assert state(tmp_path, line(copy, keeper)) == {"copy changed": 1}
    copy.unlink()
    assert state(tmp_path, line(copy, keeper)) == {"copy unreadable": 1}


@pytest.mark.parametrize("linked", ["symbolic", "hard", "the same path"])
def test_one_file_under_two_names_is_no_copy(tmp_path: Path, keeper: Path, linked: str) -> None:
    link = tmp_path / "link.jpg"
    if linked == "symbolic":
        link.symlink_to(keeper)
    elif linked == "hard":
        link.hardlink_to(keeper)
    else:
        link = keeper
    given = line(link, keeper, KEEPER)
    assert state(tmp_path, given) == {"same file as its keeper": 1}
    assert state(tmp_path, line(keeper, link, KEEPER)) == {"same file as its keeper": 1}


def test_a_real_copy_of_equal_bytes_is_safe(tmp_path: Path, keeper: Path) -> None:
    twin = tmp_path / "twin.jpg"
    twin.write_bytes(KEEPER)
    assert state(tmp_path, line(twin, keeper, KEEPER)) == {"safe": 1}


def test_a_remembered_keeper_is_not_taken_for_another(
    tmp_path: Path, copy: Path, keeper: Path
) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(b"other bytes")
    given = [line(copy, keeper), line(copy, other), line(copy, keeper)]
    assert state(tmp_path, *given) == {"safe": 2, "keeper changed": 1}


def test_awkward_names_survive(tmp_path: Path, keeper: Path) -> None:
    names = [b'qu"ote, comma.jpg', b"new\nline.jpg", b"carriage\rreturn.jpg", b"b\xffytes.jpg"]
    paths = []
    for name in names:
        full = os.fsencode(tmp_path) + b"/" + name
        Path(os.fsdecode(full)).write_bytes(COPY)
        paths.append(canonical_of_name(full))
    assert state(tmp_path, *(line(path, keeper) for path in paths)) == {"safe": 4}


def test_safe_lines_are_written_as_they_came(tmp_path: Path, copy: Path, keeper: Path) -> None:
    lost = line(tmp_path / "lost, and gone.jpg", keeper)
    odd = tmp_path / 'an "odd"\nname.jpg'
    odd.write_bytes(COPY)
    good = [line(copy, keeper), line(odd, keeper)]
    safe = tmp_path / "safe.csv"
    listed = write_list(tmp_path / "list.csv", good[0], lost, good[1])
    assert check_removable(listed, str(safe)) == {"safe": 2, "copy unreadable": 1}
    with safe.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [REMOVABLE.names, *good]
    assert check_removable(str(safe)) == {"safe": 2}
    assert copy.read_bytes() == COPY


def test_the_list_is_not_overwritten_by_its_own_safe_lines(
    tmp_path: Path, copy: Path, keeper: Path
) -> None:
    listed = write_list(tmp_path / "list.csv", line("/lost", keeper), line(copy, keeper))
    before = Path(listed).read_bytes()
    with pytest.raises(StoreError):
        check_removable(listed, listed)
    assert Path(listed).read_bytes() == before


HEADER = ",".join(REMOVABLE.names).encode()
NO_LISTS = {
    "empty": b"",
    "another table": b"path\n/a\n",
    "text": b"no list at all",
    "binary": b"\xff\xfe\x00binary",
    "columns in another order": ",".join(REMOVABLE.names[::-1]).encode(),
    "cut short inside of quotes": HEADER + b'\n"/cut in the midd',
    "a name that is not UTF-8": HEADER + b"\n/a\xff,/k,near,0.1,3,aa,bb\n",
}


@pytest.mark.parametrize("kind", NO_LISTS)
def test_what_is_no_list_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(NO_LISTS[kind])
    with pytest.raises(StoreError, match=r"list\.csv"):
        check_removable(str(path), str(tmp_path / "safe.csv"))


@pytest.mark.parametrize("columns", range(1, 7))
def test_a_line_cut_short_is_not_safe(
    tmp_path: Path, copy: Path, keeper: Path, columns: int
) -> None:
    assert "safe" not in state(tmp_path, line(copy, keeper)[:columns])


def test_a_line_with_more_columns_is_refused(tmp_path: Path, copy: Path, keeper: Path) -> None:
    listed = write_list(tmp_path / "list.csv", [*line(copy, keeper), "more"])
    with pytest.raises(StoreError, match=r"list\.csv"):
        check_removable(listed, str(tmp_path / "safe.csv"))


def test_a_list_or_target_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="absent"):
        check_removable(str(tmp_path / "absent"))
    listed = write_list(tmp_path / "list.csv")
    with pytest.raises(StoreError, match="no_folder"):
        check_removable(listed, str(tmp_path / "no_folder" / "safe.csv"))


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert state(tmp_path) == {}
