"""The limits that CONTRIBUTING.md states and no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from .conftest import PROJECT

PACKAGES = (
    *("signature", "matching", "fetch", "store", "elastic", "udfs"),
    *("jobs", "lookup", "launch"),
)
FILE_LINES, FUNCTION_LINES = 400, 60
FORBIDDEN = {"utils", "helpers", "common", "manager", "base"}


def sources() -> list[Path]:
    """Every Python and shell file of the application."""
    files = [path for name in PACKAGES for path in (PROJECT / name).rglob("*.py")]
    return [*files, *(PROJECT / "launch").glob("*.sh"), PROJECT / "spark-submit.sh"]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_too_long() -> None:
    lengths = {str(path): len(path.read_text().splitlines()) for path in sources()}
    assert len(lengths) > 5
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path.name}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in sources()
        if path.suffix == ".py"
        for node in functions(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_no_module_is_named_for_nothing() -> None:
    assert [path for path in sources() if path.stem in FORBIDDEN] == []


def test_delta_has_one_version() -> None:
    required = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    package = next(line for line in required if line.startswith("delta-spark=="))
    jar = re.search(r"io\.delta:delta-spark_2\.12:(\S+)", (PROJECT / "launch/jars.sh").read_text())
    assert jar is not None
    assert package == f"delta-spark=={jar[1]}"


def test_both_locks_name_the_same_versions() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==.*?(?= \\$)", (PROJECT / name).read_text(), re.MULTILINE))

    assert pins("requirements.lock")
    assert pins("requirements.lock") <= pins("requirements-dev.lock")
