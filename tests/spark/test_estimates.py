"""What a run says of itself: recall by an audit, false matches and the cutoff by calibration."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession

from jobs.auditing import audit, recall_line
from jobs.calibrate import calibrate as calibrate_job
from jobs.calibrating import Judged, calibration_lines, estimate_lines, judge
from jobs.errors import LowRecallError, UserError
from jobs.progress import Progress
from jobs.request import parse_calibrate_request
from jobs.run import Run
from jobs.sampling import Compared, compare_sample, cost_lines
from jobs.searching import plan_pairs, search_pairs
from jobs.settings import read_settings
from jobs.signing import Corpus
from jobs.stages.schema import spark_schema
from matching import signature_ids
from matching.calibration import Ranked, calibrate, known_graph, matches_in_block
from signature import signature_version
from store import Store
from store.__main__ import main as store_command
from store.schemas import IMAGES, SIGNATURES, SIGNED
from tests.conftest import PROJECT
from tests.unit.matching.examples import brute_force, signatures

pytestmark = pytest.mark.spark

VERSION = signature_version()
COUNT = 900
MANY = 1000
LEVELS = signatures(COUNT + 1)[1:]
IDS = signature_ids(LEVELS, VERSION)
ALL_PAIRS = {"matching.rules": "exhaustive"}
ONE_CELL_OF_MANY = {"matching.rules": "cells", "matching.cells": 110, "matching.nearest": 1}
ONE_CELL_OF_MANY |= {"matching.reach": 40}

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run(spark: SparkSession, tmp_path: Path) -> Iterator[MakeRun]:
    """Return a function that starts a run on one store, with settings."""
    (tmp_path / "store").mkdir()
    with Progress(lambda: (0, 0), io.StringIO()) as progress:

        def make(values: dict[str, Any], job: str = "test") -> Run:
            settings = read_settings(None, {"partitions": 2, **values})
            return Run(spark, job, str(tmp_path / "store"), settings, progress)

        yield make


@pytest.fixture(scope="module")
def corpus(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Return signatures as images, one each, of falling size."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [(i, v.tobytes(), VERSION) for i, v in zip(IDS, LEVELS, strict=True)]
    spark.createDataFrame(rows, spark_schema(SIGNATURES)).write.parquet(str(folder / "s"))
    known = [
        {"image_id": f"{row:05d}", "path": f"/{row}", "status": SIGNED, "signature_id": i}
        | {"width": 2 * COUNT - row, "height": 100, "bytes": 1}
        for row, i in enumerate(IDS)
    ]
    values = [tuple(row.get(name) for name in IMAGES.names) for row in known]
    spark.createDataFrame(values, spark_schema(IMAGES)).write.parquet(str(folder / "i"))
    images, signed = (spark.read.parquet(str(folder / name)) for name in ("i", "s"))
    return Corpus(images, signed, COUNT, VERSION)


def compared(run: Run, corpus: Corpus) -> Compared:
    sample = compare_sample(run, corpus)
    assert sample is not None
    return sample


def audited(run: Run, corpus: Corpus) -> list[str]:
    """Search and audit, as a job does."""
    sample = compared(run, corpus)
    pairs = search_pairs(run, plan_pairs(run, corpus.distinct))
    return audit(run, sample, pairs, MANY)


def report(run: Run, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(run.files.read(f"{run.layout.report(run.run_id)}/{name}.json"))


def test_the_whole_corpus_for_a_sample_gives_what_plain_calibration_gives(
    make_run: MakeRun, corpus: Corpus
) -> None:
    """Rank 0 is the largest picture; ids, partitions and Spark change nothing."""
    run = make_run({"cutoff": 0.4})
    judged = judged_by(run, compared(run, corpus))
    every = Ranked(LEVELS, np.arange(COUNT))
    plain = calibrate(known_graph(every.rank, COUNT, matches_in_block(every, every)), 1)
    assert judged.calibration.removals.removed.tolist() == plain.removals.removed.tolist()
    assert judged.calibration.removals.high.tolist() == plain.removals.high.tolist()
    for name, values in plain.pairs._asdict().items():
        np.testing.assert_array_equal(getattr(judged.calibration.pairs, name), values)
    assert judged.calibration.pairs.real.sum() > 400
    assert (judged.images, judged.scale) == (COUNT, 1.0)


def test_a_sample_foretells_the_corpus(make_run: MakeRun, corpus: Corpus) -> None:
    """With rivals' matches its removals are those of the whole, as far as chance allows."""
    whole_run = make_run({})
    whole = judged_by(whole_run, compared(whole_run, corpus)).calibration
    run = make_run({"sample.calibrated": 400, "sample.audited": 10})
    part = judged_by(run, compared(run, corpus))
    assert (part.images, part.scale) == (400, COUNT / 400)
    removed = part.calibration.removals.removed[-11] * part.scale
    assert removed == pytest.approx(whole.removals.removed[-11], rel=0.15)
    assert part.calibration.pairs.real.sum() == pytest.approx(whole.pairs.real.sum(), rel=0.2)
    assert run.counts["sample_rivals_left_out"] == run.counts["sample_matches_left_out"] == 0


def test_too_many_matches_and_rivals_are_left_out_and_counted(
    make_run: MakeRun, corpus: Corpus
) -> None:
    run = make_run({"sample.calibrated": 300, "sample.matches_per_image": 1, "sample.rivals": 5})
    sample = compared(run, corpus)
    assert sample.matches.groupBy("asked").count().where("count > 1").head() is None
    assert run.counts["sample_matches_left_out"] > 100
    assert run.counts["sample_rivals_left_out"] > 5
    judge(run, sample, recalibrate=False)


def test_the_same_sample_gives_the_same_report(make_run: MakeRun, corpus: Corpus) -> None:
    told = []
    for partitions in (1, 5):
        values = {"partitions": partitions, "sample.calibrated": 300}
        run = make_run(values)
        judge(run, compared(run, corpus), recalibrate=False)
        told.append((report(run, "calibration"), run.estimates))
    assert told[0] == told[1]


def test_a_report_says_all_that_was_estimated(make_run: MakeRun, corpus: Corpus) -> None:
    run = make_run({"cutoff": 0.4, "sample.calibrated": 500})
    judged = judged_by(run, compared(run, corpus))
    written = report(run, "calibration")
    assert written["sample"] == 500
    assert written["choice"] is None
    assert len(written["pairs"]["real"]) == len(written["pairs"]["below"]) == 9
    assert written["removals"]["removed"] == judged.calibration.removals.removed.tolist()
    assert [ahead["times"] for ahead in written["predictions"]] == [10, 100]
    at = written["removals"]["cutoffs"].index(0.4)
    assert run.estimates["false_removals_high"] == written["removals"]["share_high"][at]
    folder = Path(run.layout.report(run.run_id))
    assert (folder / "calibration.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (folder / "calibration.svg").read_bytes()
    lines = "\n".join(calibration_lines(run, judged))
    assert "cutoff 0.4, as it was asked for" in lines
    assert "cannot tell" in lines


def test_all_is_found_where_all_is_compared(make_run: MakeRun, corpus: Corpus) -> None:
    run = make_run({"cutoff": 0.4, **ALL_PAIRS, "sample.audited": 200})
    lines = audited(run, corpus)
    assert run.estimates["recall"] == 1.0
    assert run.estimates["recall_low"] < 1.0  # of a part of the corpus, nothing is certain
    assert run.ending is None
    assert "100.0%" in recall_line(run)[0]
    assert lines[0] == "audit: 200 images compared with all"
    written = report(run, "audit")
    assert written["images"] == 200
    assert written["every"]["neighbours"] == written["every"]["found"]
    assert sum(written["by_distance"]["neighbours"]) == written["every"]["neighbours"][0] > 50


def true_recall(pairs: set[tuple[bytes, bytes]], cutoff: float) -> float:
    """Per image, over the images that have a neighbour."""
    neighbours, found = np.zeros(COUNT), np.zeros(COUNT)
    for a, b in brute_force(LEVELS, cutoff):
        hit = tuple(sorted((IDS[a], IDS[b]))) in pairs
        for row in (a, b):
            neighbours[row] += 1
            found[row] += hit
    some = neighbours > 0
    return float((found[some] / neighbours[some]).mean())


def test_a_poor_model_is_caught_and_the_interval_holds_the_truth(
    make_run: MakeRun, corpus: Corpus
) -> None:
    run = make_run({"cutoff": 0.4, **ONE_CELL_OF_MANY})
    pairs = search_pairs(run, plan_pairs(run, corpus.distinct))
    rows = pairs.select("signature_id_a", "signature_id_b").collect()
    truth = true_recall({(bytes(a), bytes(b)) for a, b in rows}, 0.4)
    assert 0.3 < truth < 0.9
    inside = []
    for seed in range(4):
        again = make_run({"cutoff": 0.4, "sample.audited": 250, "sample.seed": seed})
        audit(again, compared(again, corpus), pairs, MANY)
        inside.append(again.estimates["recall_low"] <= truth <= again.estimates["recall_high"])
        assert again.estimates["recall_high"] - again.estimates["recall_low"] < 0.2
        assert isinstance(again.ending, LowRecallError)
        assert "below sample.min_recall" in str(again.ending)
    assert sum(inside) >= 3


def test_nothing_is_said_where_nothing_is_asked(
    make_run: MakeRun, corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run({"sample.audited": 0, "sample.calibrated": 0})
    assert compare_sample(run, corpus) is None
    assert cost_lines(run, COUNT) == []
    assert recall_line(run) == estimate_lines(run) == []
    one = Corpus(corpus.images, corpus.signatures.limit(1), 1, VERSION)
    assert compare_sample(make_run({}), one) is None
    unaudited = make_run({"sample.audited": 0, "sample.calibrated": 100})
    assert audit(unaudited, compared(unaudited, corpus), corpus.signatures, MANY) == []
    capsys.readouterr()
    uncalibrated = make_run({"sample.audited": 100, "sample.calibrated": 0})
    judged = judge(uncalibrated, compared(uncalibrated, corpus), recalibrate=False)
    uncalibrated.tell(calibration_lines(uncalibrated, judged))
    assert judged is None
    assert capsys.readouterr().out == ""
    assert uncalibrated.estimates == {}


def judged_by(run: Run, sample: Compared, recalibrate: bool = False) -> Judged:
    judged = judge(run, sample, recalibrate)
    assert judged is not None
    return judged


def choose(run: Run, corpus: Corpus, recalibrate: bool = False) -> Judged:
    """Calibrate and commit, as a job does between which it searches."""
    judged = judged_by(run, compared(run, corpus), recalibrate)
    run.commit("model", VERSION)
    return judged


def test_a_cutoff_is_chosen_once_and_never_changed_silently(
    make_run: MakeRun, corpus: Corpus
) -> None:
    few = {"cutoff": "fdr:0.05", "sample.calibrated": 40}
    first = make_run(few)
    judged = choose(first, corpus)
    assert judged.choice is not None
    chosen = judged.choice.cutoff
    assert 0 < first.settings.cutoff == chosen < 0.45
    assert report(first, "calibration")["choice"]["verdict"] == judged.choice.verdict.value
    (logged,) = Store(first.layout.root).runs()
    assert (logged.cutoff, logged.settings["fdr"]) == (chosen, 0.05)
    # Another sample supports another cutoff; the store's stays, and the run says so.
    many = {"cutoff": "fdr:0.05"}
    later = make_run(many)
    judged = choose(later, corpus)
    assert judged.choice is not None
    assert later.settings.cutoff == chosen != judged.choice.cutoff
    lines = "\n".join(calibration_lines(later, judged))
    assert f"cutoff {chosen:g} for fdr:0.05, as an earlier run of this store chose it" in lines
    assert "--recalibrate" in lines
    anew = make_run(many)
    judged = choose(anew, corpus, recalibrate=True)
    assert judged.choice is not None
    assert anew.settings.cutoff == judged.choice.cutoff != chosen
    another = make_run({"cutoff": "fdr:0.3"})
    assert choose(another, corpus).choice is not None
    assert another.settings.fdr == 0.3


def test_where_nothing_is_certain_nothing_is_found(
    make_run: MakeRun, spark: SparkSession, corpus: Corpus
) -> None:
    """Pictures drawn by lot: few removals, most of them by chance."""
    rng = np.random.default_rng(1)
    levels = np.unique(rng.integers(-1, 2, (60, 272)).astype(np.int8), axis=0)
    ids = signature_ids(levels, VERSION)
    rows = [(i, v.tobytes(), VERSION) for i, v in zip(ids, levels, strict=True)]
    signed = spark.createDataFrame(rows, spark_schema(SIGNATURES))
    known = [
        {"image_id": f"{n:03d}", "status": SIGNED, "signature_id": i} for n, i in enumerate(ids)
    ]
    values = [tuple(row.get(name) for name in IMAGES.names) for row in known]
    strangers = Corpus(
        spark.createDataFrame(values, spark_schema(IMAGES)), signed, len(ids), VERSION
    )
    run = make_run({"cutoff": "fdr:0.01"})
    sample = compared(run, strangers)
    judged = judged_by(run, sample)
    assert judged.choice is not None
    assert run.settings.cutoff == judged.choice.cutoff == 0.0
    pairs = search_pairs(run, plan_pairs(run, strangers.distinct))
    assert pairs.head() is None
    assert audit(run, sample, pairs, MANY) == []
    assert run.estimates["false_removals"] == 0.0
    assert "only exact copies" in "\n".join(calibration_lines(run, judged))
    # Nothing is a choice too, which later runs keep.
    run.commit("model", VERSION)
    later = make_run({"cutoff": "fdr:0.01"})
    judged = judged_by(later, compared(later, corpus))
    assert judged.choice is not None
    assert judged.choice.cutoff > later.settings.cutoff == 0.0


def test_a_cutoff_is_not_chosen_without_a_sample(make_run: MakeRun, corpus: Corpus) -> None:
    """Or the run would search up to the ceiling."""
    run = make_run({"cutoff": "fdr:0.01", "sample.calibrated": 0, "sample.audited": 0})
    with pytest.raises(UserError, match=r"sample\.calibrated is 0"):
        compare_sample(run, corpus)


def test_the_job_calibrates_on_a_store_and_changes_nothing(
    make_run: MakeRun, corpus: Corpus, capsys: pytest.CaptureFixture[str]
) -> None:
    built = make_run({"cutoff": 0.35}, "build_index")
    for name in ("images", "signatures"):
        built.write(name, getattr(corpus, name))
    judge(built, compared(built, corpus), recalibrate=False)
    built.commit("model", VERSION)
    arguments = ["--store", built.layout.root, "--sample", "300"]
    request = parse_calibrate_request("calibrate", arguments, PROJECT)
    run = make_run(request.settings.model_dump(exclude_unset=True), "calibrate")
    lines = calibrate_job(run, request)
    assert lines[0].startswith("calibration: 300 images")
    assert "cutoff 0.35, as it was asked for" in lines
    assert report(run, "calibration")["sample"] == 300
    by_rate = parse_calibrate_request("calibrate", [*arguments, "--cutoff", "fdr:0.05"], PROJECT)
    run = make_run(by_rate.settings.model_dump(exclude_unset=True), "calibrate")
    assert any("for fdr:0.05: " in line for line in calibrate_job(run, by_rate))
    assert len(Store(built.layout.root).runs()) == 1
    off = parse_calibrate_request("calibrate", [*arguments[:2], "--sample", "0"], PROJECT)
    off_run = make_run({"sample.calibrated": 0}, "calibrate")
    with pytest.raises(UserError, match="nothing to calibrate on"):
        calibrate_job(off_run, off)
    # What the runs kept is shown as a history.
    capsys.readouterr()
    assert store_command(["runs", built.layout.root]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[-4:] == ["recall", "false", "at", "most"]
    shares = [f"{built.estimates[n]:.1%}" for n in ("false_removals", "false_removals_high")]
    assert row.split()[-3:] == ["-", *shares]


def test_a_log_that_older_code_wrote_is_read_and_carried_on(
    make_run: MakeRun, corpus: Corpus
) -> None:
    first = make_run({})
    first.commit("model", VERSION)
    runs = first.spark.read.format("delta").load(first.layout.runs)
    older = runs.drop("estimates").write.format("delta").mode("overwrite")
    older.option("overwriteSchema", "true").save(first.layout.runs)
    assert Store(first.layout.root).run().estimates == {}
    second = make_run({})
    second.estimates["recall"] = 0.99
    second.commit("model", VERSION)
    assert [run.estimates for run in Store(first.layout.root).runs()] == [{}, {"recall": 0.99}]
