import os
import socket
from pathlib import Path

import pytest

from fetch import (
    InvalidPathError,
    NotAFileError,
    NotFoundError,
    TooManyBytesError,
    UnreadableError,
    local,
)
from fetch.location import canonical_of_name


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"0123456789")
    os.utime(file, ns=(0, 1_700_000_000_123_456_789))
    return file


def test_fetch_gives_bytes_size_and_microseconds(photo: Path) -> None:
    fetched = local.fetch(str(photo), 100)
    assert fetched.data == b"0123456789"
    assert (fetched.size, fetched.mtime, fetched.etag) == (10, 1_700_000_000_123_456, None)


def test_stat_agrees_with_fetch(photo: Path) -> None:
    fetched, found = local.fetch(str(photo), 100), local.stat(str(photo))
    assert (found.size, found.mtime, found.etag) == (fetched.size, fetched.mtime, fetched.etag)


def test_the_limit_is_the_largest_size_that_is_read(photo: Path) -> None:
    assert local.fetch(str(photo), 10).size == 10
    with pytest.raises(TooManyBytesError):
        local.fetch(str(photo), 9)


def test_an_empty_file_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert local.fetch(f"{tmp_path}/empty", 10).data == b""


def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.jpg"
    Path(os.fsdecode(name)).write_bytes(b"x")
    assert local.fetch(canonical_of_name(name), 10).data == b"x"


def test_links_are_followed(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(photo)
    assert local.fetch(f"{tmp_path}/link", 10).size == 10


@pytest.mark.parametrize("said", [0, 3, 10, 5000])
@pytest.mark.parametrize("size", [0, 7, 10, 200_000])
def test_a_file_that_changed_size_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: int, size: int
) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    real = os.fstat

    def earlier(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        return os.stat_result((*found[:6], said, *found[7:]), {"st_mtime_ns": found.st_mtime_ns})

    monkeypatch.setattr(os, "fstat", earlier)
    fetched = local.fetch(f"{tmp_path}/a", 300_000)
    assert (len(fetched.data), fetched.size) == (size, size)


def test_a_file_that_grows_above_the_limit_is_refused() -> None:
    # A file of the kernel's says 0 bytes and gives thousands.
    with pytest.raises(TooManyBytesError):
        local.fetch("/proc/self/smaps", 1000)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for read in (
        lambda: local.fetch(f"{tmp_path}/pipe", 10),
        lambda: local.stat(f"{tmp_path}/pipe"),
    ):
        with pytest.raises(NotAFileError):
            read()


def test_folders_devices_and_sockets_are_no_files(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/socket")
        for path in (str(tmp_path), "/dev/null", f"{tmp_path}/socket"):
            with pytest.raises(NotAFileError):
                local.fetch(path, 10)
            with pytest.raises(NotAFileError):
                local.stat(path)


def test_nothing_there(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    for path in (f"{tmp_path}/no", f"{photo}/below", f"{tmp_path}/broken", f"{tmp_path}/circle"):
        with pytest.raises(NotFoundError):
            local.fetch(path, 10)
        with pytest.raises(NotFoundError):
            local.stat(path)


def test_a_name_too_long_is_invalid() -> None:
    with pytest.raises(InvalidPathError):
        local.fetch("/" + "x" * 300, 10)


def test_a_read_that_breaks_off_may_be_tried_again() -> None:
    # Linux answers EIO to who reads another's memory at address 0.
    with pytest.raises(UnreadableError) as caught:
        local.fetch("/proc/self/mem", 10)
    assert caught.value.transient


def test_nothing_stays_open(photo: Path, tmp_path: Path) -> None:
    before = open_descriptors()
    for _ in range(5):
        local.fetch(str(photo), 100)
        for path, limit in ((str(photo), 1), (str(tmp_path), 1)):
            with pytest.raises((TooManyBytesError, NotAFileError)):
                local.fetch(path, limit)
    with local.open_stream(str(photo)) as stream:
        assert stream.read(4) == b"0123"
        assert stream.seek(8) == 8
    assert open_descriptors() == before


def test_open_stream_refuses_what_fetch_refuses(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        local.open_stream(f"{tmp_path}/no")
    with pytest.raises(NotAFileError):
        local.open_stream(str(tmp_path))
