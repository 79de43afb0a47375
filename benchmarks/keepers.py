"""Choosing keepers in Spark, beside connected components in one process.

``python benchmarks/keepers.py --edges 10000000`` makes a graph of pairs with the group sizes of
real pictures (`benchmarks.pair_graphs`) and chooses keepers through the job's stages on
``local[2]``, from rows of ``pairs`` to the keeper of each removed signature; beside it SciPy's
connected components of the same arrays. The outcome is compared with the sequential rule. Prints
one JSON object as its last line.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
sys.path[0] = str(_PROJECT)  # also when run as a file

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from scipy.sparse import coo_array  # type: ignore[import-untyped]  # noqa: E402
from scipy.sparse.csgraph import (  # type: ignore[import-untyped]  # noqa: E402
    connected_components,
)

from benchmarks.pair_graphs import PairGraph, grouped_pairs  # noqa: E402
from benchmarks.processes import PeakMemory, cpu_seconds, peak_bytes  # noqa: E402
from benchmarks.spark_search import session  # noqa: E402
from jobs.settings import KeeperSettings  # noqa: E402
from jobs.stages.choose_keepers import (  # noqa: E402
    assign_keepers,
    ranked_edges,
    settle_edges,
)
from jobs.stages.number_signatures import number_signatures  # noqa: E402
from jobs.summary import table_lines  # noqa: E402
from matching import greedy_removals  # noqa: E402
from udfs.arrow import binary_column  # noqa: E402

_SEED = 7
_FILES = 8
_RANKED_BY = "0" * 80
"""A rank is as long as the default criteria make it, and ends with the image's id."""

Ids = npt.NDArray[np.uint8]


class Scratch:
    """A folder for what stages write down; knows how long each of it took."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        self.seconds: dict[str, float] = {}

    def write(self, rows: DataFrame, name: str) -> DataFrame:
        """Write rows down and read them back, as a run does."""
        start, path = time.perf_counter(), str(self.folder / name)
        rows.write.mode("overwrite").parquet(path)
        self.seconds[name] = time.perf_counter() - start
        return self.spark.read.schema(rows.schema).parquet(path)


def write_tables(graph: PairGraph, folder: Path) -> Ids:
    """Write the pairs, and the best image of each signature."""
    rng = np.random.default_rng(_SEED)
    ids = np.frombuffer(rng.bytes(16 * graph.nodes), np.uint8).reshape(-1, 16)
    distance = pa.array(rng.random(len(graph.better)) * 0.4)
    ends = [binary_column(ids[end]) for end in (graph.better, graph.worse)]
    pairs = pa.table([*ends, distance], ["signature_id_a", "signature_id_b", "distance"])
    ranks = pa.array([f"{_RANKED_BY}{place:012d}" for place in range(graph.nodes)])
    best = pa.table([binary_column(ids), ranks], ["signature_id", "rank"])
    best = best.take(rng.permutation(graph.nodes))
    for name, table in (("pairs", pairs), ("best", best)):
        (folder / name).mkdir()
        step = -(-table.num_rows // _FILES)
        for number in range(_FILES):
            pq.write_table(table.slice(number * step, step), folder / name / f"{number}.parquet")
    return ids


def choose(spark: SparkSession, folder: Path, edges_in_one_task: int) -> dict[str, Any]:
    """Choose keepers from the tables, and return what it took."""
    with TemporaryDirectory() as room:
        scratch = Scratch(spark, Path(room))
        pairs, best = (spark.read.parquet(str(folder / name)) for name in ("pairs", "best"))
        start, spent = time.perf_counter(), cpu_seconds()
        places = number_signatures(best, best.count(), scratch.write)
        edges = ranked_edges(pairs, places)
        settled = settle_edges(edges, pairs.count(), edges_in_one_task, scratch.write)
        scratch.write(assign_keepers(settled.rows, places), "keepers")
        seconds, spent = time.perf_counter() - start, cpu_seconds() - spent
        found = pq.read_table(f"{room}/keepers", columns=["signature_id", "keeper_signature_id"])
    return {
        "wall_s": seconds,
        "core_s": spent,
        "rounds": settled.rounds,
        "stages_s": scratch.seconds,
        "found": found,
    }


def sequential(graph: PairGraph) -> npt.NDArray[np.int64]:
    """Return the keeper of each removed node, by the rule as it is written; else -1."""
    order = np.argsort(graph.better, kind="stable")
    better, worse = graph.better[order], graph.worse[order]
    removed = greedy_removals(better, worse, graph.nodes)
    keeper = np.full(graph.nodes, graph.nodes)
    stays = ~removed[better]
    np.minimum.at(keeper, worse[stays], better[stays])
    return np.where(removed, keeper, -1)


def components(graph: PairGraph) -> int:
    """Return how many nodes would go if one of each connected component stayed."""
    ends, shape = (graph.better, graph.worse), (graph.nodes, graph.nodes)
    matrix = coo_array((np.ones(len(graph.better), np.bool_), ends), shape).tocsr()
    count, _ = connected_components(matrix, directed=False)
    return graph.nodes - int(count)


def are_equal(found: pa.Table, ids: Ids, keeper: npt.NDArray[np.int64]) -> bool:
    """Tell whether the keepers that Spark wrote are those of the sequential rule."""
    removed = np.flatnonzero(keeper >= 0)
    expected = pa.table(
        [binary_column(ids[rows]) for rows in (removed, keeper[removed])], found.schema
    )
    by_id = [(name, "ascending") for name in found.column_names]
    return bool(found.sort_by(by_id).equals(expected.sort_by(by_id)))


def timed(work: Callable[[PairGraph], Any], graph: PairGraph) -> tuple[Any, float]:
    """Return what some work gives, and its seconds."""
    start = time.perf_counter()
    given = work(graph)
    return given, time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> None:
    """Choose keepers, compare them with the sequential rule, and print all times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, default=10_000_000, help="about how many")
    parser.add_argument(
        "--edges-in-one-task",
        type=int,
        nargs="+",
        default=[KeeperSettings().edges_in_one_task, 1_000_000],
        help="about so many edges are a range of the ranking",
    )
    options = parser.parse_args(arguments)
    graph = grouped_pairs(options.edges, _SEED)
    sequential(grouped_pairs(1_000, _SEED))  # compiles
    joined, component_seconds = timed(components, graph)
    keeper, sequential_seconds = timed(sequential, graph)
    with TemporaryDirectory() as name, session() as spark, PeakMemory() as peak:
        ids = write_tables(graph, Path(name))
        chosen = {limit: choose(spark, Path(name), limit) for limit in options.edges_in_one_task}
        jvm = peak_bytes(_jvm(spark))
    for row in chosen.values():
        row["as_sequential"] = are_equal(row.pop("found"), ids, keeper)
    result = {
        "benchmark": "keepers",
        "nodes": graph.nodes,
        "edges": len(graph.better),
        "removed": int(np.count_nonzero(keeper >= 0)),
        "removed_by_components": joined,
        "components_s": component_seconds,
        "sequential_s": sequential_seconds,
        "spark": {str(limit): row for limit, row in chosen.items()},
        "jvm_peak_bytes": jvm,
        "worker_peak_bytes": peak.worker,
    }
    for line in _lines(result):
        print(line)
    print(json.dumps(result))


def _jvm(spark: SparkSession) -> int:
    gateway: Any = spark.sparkContext._jvm  # noqa: SLF001 - Spark has no public way
    return int(gateway.java.lang.ProcessHandle.current().pid())


def _lines(result: dict[str, Any]) -> list[str]:
    removed = f"{result['removed']:,}"
    by_components = f"{result['removed_by_components']:,}"
    rows = [
        _cells("connected components (SciPy)", result["components_s"], None, by_components),
        _cells("greedy, one process", result["sequential_s"], None, removed),
    ]
    for limit, row in result["spark"].items():
        said = removed if row["as_sequential"] else "others"
        name = f"greedy, Spark, ranges of {int(limit):,}"
        rows.append(_cells(name, row["wall_s"], row, said))
    title = f"{result['nodes']:,} signatures, {result['edges']:,} pairs"
    return [title, *table_lines(("", "seconds", "core s", "rounds", "removed"), rows)]


def _cells(
    name: str, seconds: float, spark: dict[str, Any] | None, removed: str
) -> tuple[str, ...]:
    core, rounds = (f"{spark['core_s']:.1f}", str(spark["rounds"])) if spark else ("-", "-")
    return (name, f"{seconds:.1f}", core, rounds, removed)


if __name__ == "__main__":
    main()
