import datetime as dt
import io

import pyarrow as pa
import pyarrow.parquet as pq

from udfs.manifest_parquet import parquet_rows
from udfs.manifest_row import ManifestRow


def written(table: pa.Table, rows: int = 1000) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=rows)
    file.seek(0)
    return file


def test_only_the_row_group_that_is_asked_for() -> None:
    file = written(pa.table({"path": [f"{i}" for i in range(10)]}), rows=4)
    assert [row.path for row in parquet_rows(file, 2)] == ["8", "9"]


def test_columns_of_all_types() -> None:
    names = pa.array([b"a", b"\xff", None])
    table = pa.table(
        {
            "unused": pa.array([1, 2, 3], pa.timestamp("ns")),
            "metadata": [{"b": 1, "on": dt.date(2024, 1, 2)}, None, None],
            "image_id": pa.array([7, None, 9], pa.int64()),
            "path": names,
        }
    )
    assert list(parquet_rows(written(table), 0)) == [
        ManifestRow("a", "7", '{"b":1,"on":"2024-01-02"}'),
        ManifestRow("\udcff"),
        ManifestRow(None, "9"),
    ]


def test_maps_and_dictionaries() -> None:
    table = pa.table(
        {
            "path": pa.array(["a", "a"]).dictionary_encode(),
            "image_id": pa.array(["x", "y"]).dictionary_encode(),
            "metadata": pa.array([[("k", "v")], []], pa.map_(pa.string(), pa.string())),
        }
    )
    assert list(parquet_rows(written(table), 0)) == [
        ManifestRow("a", "x", '{"k":"v"}'),
        ManifestRow("a", "y", "{}"),
    ]
