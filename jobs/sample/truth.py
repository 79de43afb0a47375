r"""truth.tsv: which file of a corpus was made from which.

Columns ``file``, ``original``, ``transform``, tabs between, a header; names are relative to the
file's own folder. A backslash, tab or newline in a name is written ``\\``, ``\\t``, ``\\n``;
bytes that are not UTF-8 stand as they are. An original is its own original, and its transform
is ``original``.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from fetch import canonical

ORIGINAL = "original"
HEADER = ("file", "original", "transform")
TRUTH = pa.schema(
    [("path", pa.string()), ("original_path", pa.string()), ("transform", pa.string())]
)

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}
_ESCAPED = re.compile(r"\\[\\tn]")


class Copy(NamedTuple):
    """One file and what it was made from, as truth.tsv says it.

    Attributes
    ----------
    file, original : str
        Names relative to the folder of truth.tsv.
    transform : str
        A recipe's name, or ``original``.
    """

    file: str
    original: str
    transform: str


def read_truth(path: Path) -> pa.Table:
    """Read a truth.tsv.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    pyarrow.Table
        String columns ``path``, ``original_path`` and ``transform``, a row per file in the
        file's order. Paths are canonical: those that a listing of the folder gives.

    Raises
    ------
    ValueError
        If the header or a line does not have the three columns.
    OSError
        If the file cannot be read.
    """
    # Neither read_text nor splitlines: they would also end lines at a name's \r or \u2028.
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    header, *lines = text.removesuffix("\n").split("\n")
    if tuple(header.split("\t")) != HEADER:
        raise ValueError(f"{path} does not begin with the columns {', '.join(HEADER)}.")
    folder = canonical(str(path.absolute().parent))
    copies = [_copy_of(line, f"{path}, line {number}") for number, line in enumerate(lines, 2)]
    return pa.table(
        {
            "path": [_beneath(folder, copy.file) for copy in copies],
            "original_path": [_beneath(folder, copy.original) for copy in copies],
            "transform": [copy.transform for copy in copies],
        },
        schema=TRUTH,
    )


def write_truth(copies: Iterable[Copy], path: Path) -> None:
    """Write a truth.tsv.

    Parameters
    ----------
    copies : iterable of Copy
        With names relative to the folder of ``path``.
    path : Path
        The file; it is overwritten.
    """
    rows = [HEADER, *copies]
    text = "".join("\t".join(map(_escaped, row)) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8", errors="surrogateescape", newline="")


def _copy_of(line: str, where: str) -> Copy:
    fields = [_ESCAPED.sub(lambda found: _PLAIN[found[0]], field) for field in line.split("\t")]
    if len(fields) != len(HEADER):
        raise ValueError(f"{where}: {len(fields)} columns instead of {len(HEADER)}.")
    return Copy(*fields)


def _beneath(folder: str, name: str) -> str:
    return canonical(f"./{name}", folder)  # "./": no name is taken for a URI


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
