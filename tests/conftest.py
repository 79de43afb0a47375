"""What all tests share: the Spark session, and where the larger test data may be."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# One thread to a product, as executors have it (conf/spark-defaults.conf): many on few cores wait
# for each other, seconds for what takes milliseconds. numpy looks once, when it is loaded.
for _library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from pyspark.sql import SparkSession  # noqa: E402 - brings numpy
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

from tests.elastic.server import archive, elastic_url, own_server  # noqa: E402

__all__ = ["archive", "elastic_url", "own_server"]  # fixtures: one server for all folders

PROJECT = Path(__file__).resolve().parent.parent
SHARED_DATA = PROJECT.parent / "shared" / "data"

_SLOW = ("e2e", "elastic", "lookup", "ship", "spark")
_SHARING = {
    "elasticsearch": ("tests/elastic/", "tests/lookup/"),
    "machine code": (
        "tests/unit/door/test_code_zip.py",
        "tests/unit/lookup/test_kernels.py",
        "tests/unit/udfs/test_kernels.py",
    ),
}
"""What takes long to make, and who needs it."""

# A test's jobs are short: the JVM's second compiler would only take the cores away. Without it a
# JVM keeps room for 48 MB of machine code; a dozen jobs fill that, and then it compiles no more.
QUICK_JVM = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"


class _ByFile(LoadScopeScheduling):  # type: ignore[misc] # it brings no types
    """Gives each file to one process, and files that share something to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((what for what, who in _SHARING.items() if file.startswith(who)), file)


@pytest.hookimpl(optionalhook=True)  # only where there are several processes
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile:  # noqa: ANN401
    """Tell which process runs which tests."""
    return _ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the slow folders begin, so that no test of theirs is left alone at the end."""
    items.sort(key=lambda item: not any(part in _SLOW for part in item.path.parts))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the larger test data, or skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs shared/data beside the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Return one small local session with Delta, of the door's making, for the whole run."""
    if "PYSPARK_SUBMIT_ARGS" not in os.environ:  # pytest was called by itself
        os.environ.update(_door_environment())
    session = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.sql.shuffle.partitions", "3")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.extraJavaOptions", QUICK_JVM)
        # The plans of one job are hundreds of classes, and the next test's are the same ones:
        # with room for 100, Spark's default, all are compiled anew.
        .config("spark.sql.codegen.cache.maxEntries", "5000")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Return the environment of a user: nothing that tests or development brought along."""
    ours = ("PYTHON", "SPARK", "PYSPARK", "COV", "PYTEST", "DELTA", "OMP_", "OPENBLAS_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)}


def _door_environment() -> dict[str, str]:
    script = 'eval "$(./spark-submit.sh --print-env)" && env -0'
    printed = subprocess.run(
        ["bash", "-c", script], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout
    pairs = (entry.split("=", 1) for entry in printed.split("\0") if "=" in entry)
    wanted = ("PYSPARK", "SPARK", "JAVA_HOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONHASHSEED")
    return {name: value for name, value in pairs if name.startswith(wanted)}
