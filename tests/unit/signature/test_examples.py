"""The examples in the docstrings give what they say."""

import doctest
import importlib
import pkgutil

import pytest

import signature

MODULES = [name for _, name, _ in pkgutil.iter_modules(signature.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(f"signature.{name}")
    assert doctest.testmod(module, raise_on_error=False).failed == 0
