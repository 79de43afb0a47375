import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs.sample.truth import Copy, read_truth, write_truth

NAMES = st.binary(min_size=1, max_size=20).map(
    lambda name: os.fsdecode(name.replace(b"\0", b"0").replace(b"/", b"_").replace(b".", b"_"))
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAMES, NAMES)))
@example([("tab\tnew\nback\\slash", "\\n"), ("cr\r", "\u2028"), ("file:", "s3:")])
def test_any_name_survives(tmp_path: Path, names: list[tuple[str, str]]) -> None:
    write_truth([Copy(f"d/{file}", f"o/{made}", "grey") for file, made in names], tmp_path / "t")
    table = read_truth(tmp_path / "t")
    assert table.column("transform").to_pylist() == ["grey"] * len(names)

    def spelled(folder: str, name: str) -> str:
        raw = os.fsencode(f"{tmp_path}/{folder}/{name}")
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return "file://" + "".join(
                chr(b) if (chr(b).isalnum() and b < 128) or chr(b) in "/_.-~" else f"%{b:02X}"
                for b in raw
            )

    assert table.column("path").to_pylist() == [spelled("d", file) for file, _ in names]
    assert table.column("original_path").to_pylist() == [spelled("o", made) for _, made in names]


def test_what_is_written(tmp_path: Path) -> None:
    write_truth([Copy("a\tb", "c\\d", "flip")], tmp_path / "t")
    assert (tmp_path / "t").read_text() == "file\toriginal\ttransform\na\\tb\tc\\\\d\tflip\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "columns"), ("a\tb\n", "columns"), ("file\toriginal\ttransform\nx\ty\n", "line 2")],
)
def test_what_is_no_truth_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "t").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_truth(tmp_path / "t")
