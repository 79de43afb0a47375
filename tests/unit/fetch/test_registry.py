from pathlib import Path

import pytest

from fetch import UnsupportedSchemeError, fetch, open_stream, stat


def test_any_spelling_of_a_local_path_is_read(tmp_path: Path) -> None:
    (tmp_path / "a b.jpg").write_bytes(b"x")
    for path in (f"{tmp_path}/./a b.jpg", f"file://{tmp_path}/a%20b.jpg"):
        assert fetch(path, 10).data == b"x"
        assert stat(path).size == 1
        with open_stream(path) as stream:
            assert stream.read() == b"x"


@pytest.mark.parametrize("path", ["s3a://b/k", "https://h/x", "gs://b/k"])
def test_a_scheme_that_nobody_reads_yet(path: str) -> None:
    with pytest.raises(UnsupportedSchemeError):
        fetch(path, 10)
    with pytest.raises(UnsupportedSchemeError):
        stat(path)
