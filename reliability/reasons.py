"""What docs/store.md promises about an image that is not signed."""

import re
from pathlib import Path
from typing import Final

from store.schemas import FAILED, SIGNED, SKIPPED

_PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "store.md"
_ROW: Final = re.compile(r"^\| (skipped|failed, the \w+) \| (.+) \|$", re.MULTILINE)

#: Reasons that tell of a child process that had to be replaced.
ACCIDENTS: Final = frozenset({"decoder_crashed", "timeout", "out_of_memory"})


def documented_reasons() -> dict[str, frozenset[str]]:
    """Read the table of reasons.

    Returns
    -------
    dict of str to frozenset of str
        Reasons by the first column of their row, such as ``"failed, the bytes"``.
    """
    rows = _ROW.findall(_PAGE.read_text(encoding="utf-8"))
    return {title: frozenset(re.findall(r"`(\w+)`", codes)) for title, codes in rows}


def reasons_of_content() -> dict[str, frozenset[str | None]]:
    """Return what may become of a file that can be read.

    Returns
    -------
    dict of str to frozenset
        Allowed reasons of each status; None where there is none.
    """
    documented = documented_reasons()
    failed = documented["failed, the bytes"] | documented["failed, the decoder"]
    return {SIGNED: frozenset({None}), SKIPPED: documented["skipped"], FAILED: failed}
