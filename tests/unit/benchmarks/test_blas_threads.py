"""Products take one thread for a while, and then as many as before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import blas_threads as module
from benchmarks.blas_threads import blas_threads, one_blas_thread


@pytest.fixture
def two() -> Iterator[int]:
    """More than one thread, or a reason why that cannot be."""
    if blas_threads() is None:
        pytest.skip("this numpy does not bring OpenBLAS along")
    before = blas_threads()
    module._set(2)
    yield 2
    module._set(before)


def test_one_thread_inside_and_as_before_outside(two: int) -> None:
    with one_blas_thread():
        assert blas_threads() == 1
    assert blas_threads() == two


def test_as_before_after_an_error_too(two: int) -> None:
    with pytest.raises(ValueError, match="inside"), one_blas_thread():
        raise ValueError("inside")
    assert blas_threads() == two


def test_another_numpy_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_FOLDER", tmp_path)
    with one_blas_thread():
        assert blas_threads() is None
