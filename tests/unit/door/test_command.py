"""What the door makes of its command line, seen through --dry-run."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import Run

DryRun = Callable[..., "Command"]


@dataclass(frozen=True)
class Command:
    """A printed command, read back by the shell itself."""

    environment: dict[str, str]
    options: list[str]  # spark-submit's, without the program
    job: list[str]  # the job file and its options

    def value(self, option: str) -> str:
        """The last value of an option, the one that spark-submit heeds."""
        return self.options[len(self.options) - self.options[::-1].index(option)]

    def settings(self) -> list[str]:
        """The values of --conf, in order."""
        pairs = zip(self.options, self.options[1:], strict=False)
        return [value for option, value in pairs if option == "--conf"]


@pytest.fixture
def dry_run(project: Path, run: Run) -> DryRun:
    def read(*arguments: str | Path, door: Path | None = None, **more: str | Path) -> Command:
        # The Python of this test is one that the door accepts, whatever PATH offers.
        more.setdefault("PYTHON", sys.executable)
        printed = run(door or project / "spark-submit.sh", "--dry-run", *arguments, **more)
        assert printed.returncode == 0, printed.stderr
        words = run("bash", "-c", f"set -- {printed.stdout}\nprintf '%s\\0' \"$@\"").stdout
        return split(words.split("\0")[1:-1])

    return read


def split(words: list[str]) -> Command:
    start = next(i for i, word in enumerate(words) if word.endswith("/bin/spark-submit"))
    end = next(i for i, word in enumerate(words) if word.endswith(".py") and i > start)
    environment = dict(word.split("=", 1) for word in words[:start])
    return Command(environment, words[start + 1 : end], words[end:])


def test_options_keep_their_side_their_order_and_every_character(
    dry_run: DryRun, project: Path
) -> None:
    odd = ["--name", "a b", "", "it's", '"quoted"', "$HOME", "*", "a\nb", "--master", "é\\"]
    command = dry_run("--conf", "x.y=1 2", "--num-executors", "3", "jobs/count.py", *odd)
    assert command.job == [str(project / "jobs/count.py"), *odd]
    assert command.settings()[-1] == "x.y=1 2"
    assert command.options[-2:] == ["--num-executors", "3"]


def test_dry_run_prepares_nothing(dry_run: DryRun, project: Path) -> None:
    command = dry_run("jobs/count.py")
    assert not (project / ".venv").exists()
    assert not (project / "build/jars").exists()
    assert command.value("--packages").startswith("io.delta:delta-spark_2.12:")


def test_the_job_file_is_looked_for_here_first_then_in_the_project(
    dry_run: DryRun, project: Path, tmp_path: Path
) -> None:
    here = tmp_path / "elsewhere" / "jobs" / "count.py"
    assert dry_run("jobs/count.py").job == [str(project / "jobs/count.py")]
    here.parent.mkdir()
    here.write_text("")
    assert dry_run("jobs/count.py").job == [str(here)]
    assert dry_run("count.py", folder=here.parent).job == [str(here)]


def test_works_through_a_symbolic_link(dry_run: DryRun, project: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "door"
    link.symlink_to("../" + project.name + "/spark-submit.sh")
    command = dry_run("jobs/count.py", door=link)
    assert command.value("--properties-file") == str(project / "conf/spark-defaults.conf")
    assert command.environment["PYSPARK_DRIVER_PYTHON"] == str(project / ".venv/bin/python")


@pytest.mark.parametrize("given", [["--jars", "mine.jar"], ["--jars=mine.jar"],
                                   ["--conf", "spark.jars=mine.jar"]])  # fmt: skip
def test_the_users_jars_are_added_to_ours(dry_run: DryRun, project: Path, given: list[str]) -> None:
    ready = dry_run("jobs/count.py")
    assert "--jars" not in ready.options
    jars = fetched_jars(project)
    command = dry_run(*given, "jobs/count.py")
    assert command.value("--jars") == f"{jars / 'a.jar'},{jars / 'b.jar'},mine.jar"
    assert "--packages" not in command.options


def test_a_connector_that_the_user_brings_is_not_fetched(dry_run: DryRun) -> None:
    assert ":elasticsearch-spark-30_2.12:" in dry_run("jobs/count.py").value("--packages")
    mine = "/jars/elasticsearch-spark-30_2.12-9.5.6.jar"
    command = dry_run("--jars", mine, "jobs/count.py")
    assert command.value("--packages") == dry_run("jobs/count.py").value("--packages").split(",")[0]
    assert command.value("--jars") == mine


def fetched_jars(project: Path) -> Path:
    """The state after set-up: the door's own name for the folder, two empty jars."""
    script = f'ROOT="$1" BUILD="$1/build"; . "{project}/launch/jars.sh"; jars_folder'
    folder = Path(
        subprocess.run(
            ["bash", "-c", script, "bash", str(project)], capture_output=True, text=True, check=True
        ).stdout
    )
    (folder / "jars").mkdir(parents=True)
    for name in ("b.jar", "a.jar"):
        (folder / "jars" / name).touch()
    (folder / "complete").touch()
    return folder / "jars"


def test_the_users_py_files_are_added_to_ours(dry_run: DryRun, project: Path) -> None:
    code, mine = dry_run("--py-files", "mine.zip", "jobs/count.py").value("--py-files").split(",")
    assert Path(code).parent == project / "build/code"
    assert Path(code).is_file()
    assert mine == "mine.zip"


def test_the_users_properties_file_replaces_ours(dry_run: DryRun, tmp_path: Path) -> None:
    mine = tmp_path / "mine.conf"
    mine.write_text("spark.master  spark://far:7077\nspark.jars=x.jar\n")
    command = dry_run("--properties-file", str(mine), "jobs/count.py", SPARK_MASTER="local[3]")
    assert command.options.count("--properties-file") == 1
    assert command.value("--properties-file") == str(mine)
    assert "--master" not in command.options
    assert "SPARK_LOCAL_IP" not in command.environment
    assert command.value("--jars") == "x.jar"


@pytest.mark.parametrize(
    ("options", "more", "address"),
    [
        ([], {}, "127.0.0.1"),
        (["--master", "local[2]"], {}, "127.0.0.1"),
        (["--master=local-cluster[1,1,1024]"], {}, "127.0.0.1"),
        (["--conf", "spark.master=yarn"], {}, None),
        (["--master", "yarn"], {"SPARK_MASTER": "local"}, None),
        ([], {"SPARK_MASTER": "yarn"}, None),
        ([], {"SPARK_LOCAL_IP": "10.0.0.7"}, "10.0.0.7"),
    ],
)
def test_only_a_local_master_is_tied_to_this_machine(
    dry_run: DryRun, options: list[str], more: dict[str, str], address: str | None
) -> None:
    command = dry_run(*options, "jobs/count.py", **more)
    assert command.environment.get("SPARK_LOCAL_IP") == address


def test_spark_master_holds_where_no_master_is_given(dry_run: DryRun) -> None:
    assert dry_run("jobs/count.py", SPARK_MASTER="yarn").value("--master") == "yarn"
    given = dry_run("--master", "local", "jobs/count.py", SPARK_MASTER="yarn")
    assert given.options.count("--master") == 1
    assert given.value("--master") == "local"


def test_executors_take_their_python_from_an_archive(dry_run: DryRun, project: Path) -> None:
    command = dry_run("--archives", "packed.tar.gz#environment", "jobs/count.py")
    assert command.environment["PYSPARK_PYTHON"] == "./environment/bin/python"
    assert command.environment["PYSPARK_DRIVER_PYTHON"] == str(project / ".venv/bin/python")


def test_the_executors_python_does_not_become_the_drivers(dry_run: DryRun, project: Path) -> None:
    command = dry_run("--conf", "spark.pyspark.python=/opt/python", "jobs/count.py")
    assert f"spark.pyspark.driver.python={project}/.venv/bin/python" in command.settings()


def test_only_what_is_shipped_can_be_imported(dry_run: DryRun) -> None:
    command = dry_run("jobs/count.py", PYTHONPATH="/elsewhere")
    assert command.environment["PYTHONPATH"] == ""
    assert command.environment["PYTHONSAFEPATH"] == "1"
    assert "spark.executorEnv.PYTHONSAFEPATH=1" in command.settings()


def test_the_users_java_options_come_last_and_so_win(dry_run: DryRun) -> None:
    command = dry_run("jobs/count.py", SPARK_SUBMIT_OPTS="-Dmine=1")
    options = command.environment["SPARK_SUBMIT_OPTS"]
    assert "my%20project" in options.split("log4j2.configurationFile=")[1]
    assert options.endswith(" -Dmine=1")
