"""Machine code goes by the content of its source, and no damage to it matters."""

import importlib
import os
import pwd
import stat
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, cast
from zipimport import zipimporter

import pytest

from signature import kernel_cache
from signature.kernel_cache import SHIPPED, cache_folder, content_key

SOURCE = b"""from signature.compiled import compiled

@compiled
def double(x: int) -> int:
    return x + x
"""
KEY = content_key(SOURCE)


class Kernel(Protocol):
    """A compiled function, as numba makes it."""

    stats: Any

    def __call__(self, x: int) -> int: ...


Load = Callable[..., Kernel]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder for machine code, empty."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder))
    cache_folder.cache_clear()
    yield folder
    cache_folder.cache_clear()


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import the module of a folder or a zip anew, as another process does."""

    def loaded(path: Path, name: str = "kernel") -> Kernel:
        monkeypatch.syspath_prepend(path)
        sys.modules.pop(name, None)
        return cast("Kernel", importlib.import_module(name).double)

    return loaded


@pytest.fixture
def shipped(tmp_path: Path, kept: Path, load: Load) -> bytes:
    """The zip of machine code that fits; the folder is empty again."""
    assert load(_module(tmp_path / "home"))(2) == 4
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file in sorted((kept / KEY).iterdir()):
            archive.writestr(f"{KEY}/{file.name}", file.read_bytes())
            file.unlink()
    (kept / KEY).rmdir()
    return stream.getvalue()


def _module(folder: Path, source: bytes = SOURCE, name: str = "kernel") -> Path:
    folder.mkdir()
    (folder / f"{name}.py").write_bytes(source)
    return folder


def _code_zip(folder: Path, shipped: bytes | None) -> Path:
    path = folder / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kernel.py", SOURCE)
        if shipped is not None:
            archive.writestr(SHIPPED, shipped)
    return path


def _was_found(double: Kernel) -> bool:
    """Call, and say whether its machine code came from the disk."""
    assert double(3) == 6
    stats = double.stats
    assert sum(stats.cache_hits.values()) + sum(stats.cache_misses.values()) == 1
    return bool(stats.cache_hits)


def _chosen(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Path | None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cache_folder.cache_clear()
    found = cache_folder()
    cache_folder.cache_clear()
    return found


def test_the_first_folder_that_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c, d = (str(tmp_path / name) for name in "abcd")
    monkeypatch.setattr(tempfile, "tempdir", d)
    in_d = Path(d, f"spark-image-match-{os.getuid()}")
    every = {"NUMBA_CACHE_DIR": a, "XDG_CACHE_HOME": b, "HOME": c}
    assert _chosen(monkeypatch, **every) == Path(a)
    (tmp_path / "file").write_text("")
    no_a = every | {"NUMBA_CACHE_DIR": str(tmp_path / "file")}
    assert _chosen(monkeypatch, **no_a) == Path(b, "spark-image-match")
    assert _chosen(monkeypatch, HOME=c) == Path(c, ".cache", "spark-image-match")
    assert _chosen(monkeypatch, HOME=os.devnull) == in_d
    in_d.rmdir()
    in_d.write_text("")
    assert _chosen(monkeypatch, HOME=os.devnull) is None


def test_a_user_whom_the_system_does_not_know_has_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_number: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert _chosen(monkeypatch) == tmp_path / f"spark-image-match-{os.getuid()}"


def test_nowhere_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    assert _chosen(monkeypatch, HOME=os.devnull) is None


def test_the_folder_is_private_and_nobody_elses(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == kept
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    me = os.getuid()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert _chosen(monkeypatch, NUMBA_CACHE_DIR=str(kept), HOME=os.devnull) is None


def test_equal_sources_share_machine_code_wherever_they_lie(
    tmp_path: Path, kept: Path, load: Load
) -> None:
    assert not _was_found(load(_module(tmp_path / "one")))
    assert [folder.name for folder in kept.iterdir()] == [KEY]
    assert _was_found(load(_module(tmp_path / "two")))
    assert _was_found(load(_code_zip(tmp_path, None)))
    changed = SOURCE.replace(b"x + x", b"2 * x")
    assert not _was_found(load(_module(tmp_path / "three", changed)))
    assert {folder.name for folder in kept.iterdir()} == {KEY, content_key(changed)}


def test_functions_of_one_name_in_one_file_are_told_apart(
    tmp_path: Path, kept: Path, load: Load
) -> None:
    # Of equal bytecode, which is all that numba itself compares: only a constant differs.
    more = "\nfirst = double\n@compiled\ndef double(x: int) -> int:\n    return x + {}\n"
    source = SOURCE.replace(b"x + x", b"x + 4") + more.format(5).encode()
    for folder in ("one", "two"):
        second = load(_module(tmp_path / folder, source))
        assert (sys.modules["kernel"].first(3), second(3)) == (7, 8)


def test_the_codes_zip_brings_machine_code(
    tmp_path: Path, kept: Path, load: Load, shipped: bytes
) -> None:
    assert _was_found(load(_code_zip(tmp_path, shipped)))
    assert [folder.name for folder in kept.iterdir()] == [KEY]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def _unknown_method(data: bytes) -> bytes:
    entry = data.index(b"PK\x01\x02")
    return data[: entry + 10] + b"\x63\x00" + data[entry + 12 :]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda _: b"no zip",
        lambda data: data[: len(data) // 2],
        _flipped,
        _unknown_method,
        lambda data: data.replace(KEY.encode(), b"0123456789abcdef"),
        lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x03"),
    ],
)
def test_damaged_machine_code_in_the_zip_is_made_anew(
    tmp_path: Path, kept: Path, load: Load, shipped: bytes, damaged: Callable[[bytes], bytes]
) -> None:
    assert damaged(shipped) != shipped
    code = _code_zip(tmp_path, damaged(shipped))
    assert not _was_found(load(code))
    assert _was_found(load(code))
    assert [folder.name for folder in kept.iterdir()] == [KEY]


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04nonsense", b"\x80\x05N."])
def test_damaged_machine_code_on_the_disk_is_made_anew(
    tmp_path: Path, kept: Path, load: Load, ending: str, content: bytes
) -> None:
    module = _module(tmp_path / "one")
    assert not _was_found(load(module))
    (file,) = (kept / KEY).glob(f"*.{ending}")
    file.write_bytes(content)
    assert not _was_found(load(module))
    assert _was_found(load(module))


def test_machine_code_that_cannot_be_kept_is_used_all_the_same(
    tmp_path: Path, kept: Path, load: Load
) -> None:
    kept.mkdir(mode=0o700)
    (kept / KEY).write_text("in the way")
    for folder in ("one", "two"):
        assert not _was_found(load(_module(tmp_path / folder)))
    assert (kept / KEY).read_text() == "in the way"


def _full(*_arguments: object) -> None:
    raise OSError("no space left on device")


def test_a_full_disk_is_passed_over(
    tmp_path: Path, kept: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", _full)  # the last step in which numba writes a file
    assert not _was_found(load(_module(tmp_path / "one")))
    assert not list((kept / KEY).iterdir())


def test_damage_that_cannot_be_mended_is_passed_over(
    tmp_path: Path, kept: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = _module(tmp_path / "one")
    assert not _was_found(load(module))
    (index,) = (kept / KEY).glob("*.nbi")
    index.write_bytes(b"nonsense")
    monkeypatch.setattr(os, "replace", _full)
    assert not _was_found(load(module))
    assert index.read_bytes() == b"nonsense"


def test_who_comes_second_leaves_the_folder_as_it_is(
    tmp_path: Path, kept: Path, shipped: bytes
) -> None:
    loader = zipimporter(str(_code_zip(tmp_path, shipped)))
    barrier = threading.Barrier(8)

    def unpack() -> None:
        barrier.wait()
        kernel_cache._unpack(loader, KEY, kept)

    threads = [threading.Thread(target=unpack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with zipfile.ZipFile(BytesIO(shipped)) as archive:
        expected = {Path(name).name: archive.read(name) for name in archive.namelist()}
    assert {file.name: file.read_bytes() for file in (kept / KEY).iterdir()} == expected
    assert [folder.name for folder in kept.iterdir()] == [KEY]
