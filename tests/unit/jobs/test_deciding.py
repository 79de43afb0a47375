"""Decisions as people write them down."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.deciding import _checked
from jobs.errors import UserError

HEADER = "decision,image_id,other_image_id,source\n"


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "decisions.csv"
    file.write_text(text)
    return str(file)


def test_the_three_decisions_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        HEADER + "not_duplicates,01,2,\nnever_remove,7,,\nprefer_source,,,/mnt/originals\n",
    )
    assert [tuple(row.values()) for row in _checked(file)] == [
        ("not_duplicates", "01", "2", None),
        ("never_remove", "7", None, None),
        ("prefer_source", None, None, "/mnt/originals"),
    ]


def test_columns_that_are_not_needed_may_be_missing_and_others_be_there(tmp_path: Path) -> None:
    file = str(tmp_path / "decisions.parquet")
    pq.write_table(
        pa.table({"note": ["why"], "decision": ["never_remove"], "image_id": ["7"]}), file
    )
    assert [tuple(row.values()) for row in _checked(file)] == [("never_remove", "7", None, None)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEADER + "never_remove,7,,\nkeep,7,,\n",
            "row 2: there is no decision 'keep', but",
        ),
        (HEADER + ",7,,\n", "row 1: there is no decision None"),
        (HEADER + "not_duplicates,7,,\n", "row 1: not_duplicates needs other_image_id"),
        (HEADER + "prefer_source,7,,\n", "row 1: prefer_source needs source"),
        ("image_id\n7\n", "row 1: there is no decision None"),
        ("", "it cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        list(_checked(written(tmp_path, text)))
    assert "\n" not in str(caught.value)


def test_what_is_no_parquet_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("never_remove 7")
    with pytest.raises(UserError, match="it cannot be read"):
        list(_checked(str(tmp_path / "list")))
