"""``python -m store``: what it prints, and its exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from store.__main__ import main

from .logs import run_row, three_runs, write_log

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(three_runs(tmp_path))


def test_runs_lists_the_runs_in_order(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"recall": 0.9876, "false_removals": 0.0123, "false_removals_high": 0.02}
    counts = {"images": 12_345, "removable": 678}
    write_log(Path(root), run_row(4, 3, counts=counts, estimates=known))
    assert main(["runs", root]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert " ".join(header.split()) == (
        "run job committed (UTC) cutoff images removable recall false at most"
    )
    assert [line.split()[0] for line in lines] == ["run-1", "run-2", "run-3", "run-4"]
    assert " ".join(lines[3].split()) == (
        "run-4 build_index 2026-03-01 08:00 0.4 12,345 678 98.8% 1.2% 2.0%"
    )
    assert len({len(line) for line in (header, *lines)}) == 1


def test_show_tells_all_of_the_newest_or_the_named_run(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", root]) == 0
    newest = capsys.readouterr().out
    assert main(["show", root, "run-1"]) == 0
    first = capsys.readouterr().out
    assert newest.splitlines()[0].split() == ["run_id", "run-3"]
    assert first.splitlines()[0].split() == ["run_id", "run-1"]
    shown = {tuple(line.split()) for line in newest.splitlines()}
    assert {("clusters", "2"), ("images", "30"), ("signing", "1.5"), ("model_id", "00ff")} <= shown


def test_files_prints_those_of_the_pinned_version(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for run in ("run-1", "run-2", "run-3"):
        assert main(["files", root, "clusters", run]) == 0
        (file,) = capsys.readouterr().out.splitlines()
        assert Path(file.removeprefix("file://")).is_file()
        printed.append(file)
    assert len(set(printed)) == 3
    assert main(["files", root, "clusters"]) == 0
    assert capsys.readouterr().out.splitlines() == printed[2:]


@pytest.mark.parametrize(
    "words", [["runs", "/no/such/store"], ["show", "{root}", "run-9"], ["check", "/no/such/list"]]
)
def test_a_mistake_is_one_sentence_and_code_2(
    root: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.format(root=root) for word in words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("store: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["files", "s", "clusterz"], ["run", "s"]])
def test_unknown_words_end_with_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_check_says_1_while_a_line_is_not_safe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "list.csv"
    header = "path,keeper_path,kind,distance,bytes,content_sha256,keeper_content_sha256\n"
    listed.write_text(f"{header}/lost,/gone,near,0.1,3,aa,bb\n")
    assert main(["check", str(listed), "--safe", str(tmp_path / "safe.csv")]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["copy", "unreadable", "1"]
    assert lines[1].endswith("safe.csv")
    assert main(["check", str(tmp_path / "safe.csv")]) == 0


def test_a_reader_that_has_seen_enough_is_no_error(root: str) -> None:
    # 900 lines are more than a pipe's buffer and the reader's one line.
    write_log(Path(root), run_row(5, counts={f"count {n}" * 9: n for n in range(900)}))
    command = [sys.executable, "-m", "store", "show", root]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 0
    assert said == ""
