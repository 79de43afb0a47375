import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetch.pattern import EVERYTHING, Pattern, is_glob, split_glob


def matches(pattern: Pattern, path: str) -> bool:
    states = pattern.start
    for name in path.split("/"):
        states = pattern.step(states, name)
    return pattern.accepts(states)


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.jpg", "a.jpg", True),
        ("*.jpg", ".hidden.jpg", True),
        ("*.jpg", "A.JPG", False),
        ("*.jpg", "a/b.jpg", False),
        ("*", "new\nline", True),
        ("?.jpg", "é.jpg", True),
        ("?.jpg", "\udcff.jpg", True),
        ("[ab].jpg", "b.jpg", True),
        ("[!ab].jpg", "b.jpg", False),
        ("[[]1].jpg", "[1].jpg", True),
        ("{a,b}.jpg", "a.jpg", False),
        ("**", "a", True),
        ("**", "a/b/c", True),
        ("**/*.jpg", "a.jpg", True),
        ("**/*.jpg", "a/b/c.jpg", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**/z", "b/z", False),
        ("a/**", "a", False),
        ("**/**/x", "x", True),
        ("a*/b?/*", "aa/bb/c", True),
        ("a*/b?/*", "aa/bb", False),
    ],
)
def test_match(pattern: str, path: str, expected: bool) -> None:
    assert matches(Pattern(tuple(pattern.split("/"))), path) is expected


@given(
    st.lists(st.sampled_from(["**", "*", "a", "b", "a*"]), min_size=1, max_size=5),
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=5),
)
def test_match_equals_one_regular_expression(segments: list[str], names: list[str]) -> None:
    translated = {"**": r"(?:[^/]+/)*", "*": "[^/]+/", "a": "a/", "b": "b/", "a*": "a[^/]*/"}
    # A ** at the end stands for at least the file's own name.
    closing = "[^/]+/" if segments[-1] == "**" else ""
    expression = "".join(translated[segment] for segment in segments) + closing
    expected = re.fullmatch(expression, "/".join(names) + "/") is not None
    assert matches(Pattern(tuple(segments)), "/".join(names)) is expected


def test_folders_that_cannot_match_are_not_entered() -> None:
    pattern = Pattern(("a", "*.jpg"))
    inside = pattern.step(pattern.start, "a")
    assert pattern.continues(inside)
    assert not pattern.continues(pattern.step(pattern.start, "b"))
    assert not pattern.continues(pattern.step(inside, "x.jpg"))
    assert EVERYTHING.continues(EVERYTHING.step(EVERYTHING.start, "anything"))


@pytest.mark.parametrize(
    ("path", "folder", "segments"),
    [
        ("/data/*.jpg", "/data", ("*.jpg",)),
        ("/da*/x/*", "/", ("da*", "x", "*")),
        ("/data/a/**/[ab]", "/data/a", ("**", "[ab]")),
        ("/data/a.jpg", "/data/a.jpg", ()),
    ],
)
def test_split_glob(path: str, folder: str, segments: tuple[str, ...]) -> None:
    assert split_glob(path) == (folder, Pattern(segments))


def test_is_glob() -> None:
    assert [path for path in ("a*", "a?", "[a]", "a{b}", "a\\b", "a]") if is_glob(path)] == [
        "a*",
        "a?",
        "[a]",
    ]
