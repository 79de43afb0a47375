"""What is compiled ahead is all that a search runs."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).parents[3]

SEARCHES = """
import sys
from pathlib import Path

from lookup import SignatureStore
from lookup.records import record_of
from signature import expand
from tests.unit.lookup.examples import Content, random_levels, write_store

for rules in (("cells",), ("exhaustive",), ("words",)):
    folder = Path(sys.argv[1]) / rules[0]
    levels = random_levels(300)
    write_store(folder, levels, Content(rules))
    store = SignatureStore(str(folder))
    records = [record_of(row, None, 16, 63) for row in expand(levels[:3])]
    assert all(store.search_records([record]) for record in records)
    assert store.search_records(records)
"""


def test_a_search_compiles_nothing(
    machine_code: Path, snapshot: Callable[[Path], object], tmp_path: Path
) -> None:
    kernels = {file.name.partition("-")[0] for file in machine_code.glob("*/*.nbc")}
    assert kernels >= {"postings._fill", "postings._meet", "scan._nearest_forms"}
    before = snapshot(machine_code)
    program = tmp_path / "searches.py"
    program.write_text(SEARCHES)
    subprocess.run(
        [sys.executable, "-P", program, tmp_path],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_CACHE_DIR": str(machine_code)},
        check=True,
    )
    assert snapshot(machine_code) == before
