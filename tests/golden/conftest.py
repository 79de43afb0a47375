"""Golden values: a small set that is shipped, and the full set where it lies beside the project."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

SHIPPED = Path(__file__).resolve().parents[1] / "fixtures"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Expected:
    """One row of a manifest of fixtures."""

    file: str
    outcome: str
    note: str
    folder: Path

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return (self.folder / self.file).read_bytes()


@dataclass(frozen=True)
class Golden:
    """A folder of fixtures and a table of golden arrays."""

    folder: Path
    arrays: dict[str, np.ndarray]

    def fixtures(self) -> Iterator[Expected]:
        """Every file that the manifest names."""
        text = (self.folder / "MANIFEST.tsv").read_text(encoding="utf-8")
        for line in text.splitlines()[1:]:
            fields = line.split("\t")
            yield Expected(_unescape(fields[0]), fields[7], fields[8], self.folder)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as table:
        return {name: table[name] for name in table.files}


@pytest.fixture(scope="session", params=["shipped", "shared"])
def golden(request: pytest.FixtureRequest) -> Golden:
    """Both sets, one after the other; a test must hold on each."""
    if request.param == "shipped":
        return Golden(SHIPPED, _arrays(SHIPPED / "golden.npz"))
    if not SHARED.is_dir():
        pytest.skip("needs shared/data beside the project")
    return Golden(SHARED / "fixtures", _arrays(SHARED / "golden" / "grey.npz"))


@pytest.fixture(scope="session")
def shipped() -> dict[str, np.ndarray]:
    """The shipped arrays alone."""
    return _arrays(SHIPPED / "golden.npz")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the full set."""
    if not SHARED.is_dir():
        pytest.skip("needs shared/data beside the project")
    return SHARED
