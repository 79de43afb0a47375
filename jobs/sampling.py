"""A sample of the corpus compared with all of it: what audit and calibration rest on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.errors import UserError
from jobs.run import Run
from jobs.session import cores
from jobs.signing import Corpus
from jobs.stages.choose_keepers import representatives
from jobs.stages.rank_images import rank_images
from jobs.stages.scan_sample import (
    IS_MATCH,
    nearest_matches,
    ranked_signatures,
    sample_rows,
    scan,
)
from jobs.summary import count_line
from matching.calibration import (
    CEILING,
    Graph,
    Matches,
    Ranked,
    concatenated,
    known_graph,
    rivals_to_ask,
)
from store.schemas import SIGNED
from udfs.scanning import rival_scanner, sample_scanner

_COMPARISONS_PER_SECOND = 1.2e8
"""Of one core: 384-row products with thousands of signatures, and what is near looked at."""

_COMPARISONS_PER_TASK = 2_000_000_000
_TURNS = 3
"""A picture, its mirror and its flip."""

Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """A sample's nearest matches in the whole corpus.

    Attributes
    ----------
    ids : DataFrame
        ``asked`` (rank) and ``asked_id`` of the sample's images, in the order of the draw.
    matches : DataFrame
        Their matches, real and decoy, with the ids of the others.
    graph : Graph or None
        What they and their rivals' matches show of the corpus; None where nothing is calibrated.
    count : int
        Signatures of the corpus.
    ceiling : float
        Matches are below it.
    """

    ids: pd.DataFrame
    matches: DataFrame
    graph: Graph | None
    count: int
    ceiling: float


def sample_size(run: Run, count: int) -> int:
    """Return how many images are compared with all.

    Parameters
    ----------
    run : Run
        Brings the settings.
    count : int
        Distinct signatures of the corpus.

    Returns
    -------
    int
        0 where there is nothing to compare with, or where it is turned off.
    """
    wanted = run.settings.sample
    return 0 if count <= 1 else min(count, max(wanted.calibrated, wanted.audited))


def cost_lines(run: Run, count: int) -> list[str]:
    """Say what comparing the sample will take.

    Parameters
    ----------
    run : Run
        Brings the settings.
    count : int
        Distinct signatures of the corpus.

    Returns
    -------
    list of str
        Lines without line ends.
    """
    size = sample_size(run, count)
    if not size:
        return []
    work = _work(run, count)
    seconds = work / _COMPARISONS_PER_SECOND / cores(run.spark)
    note = f"at most, about {seconds:,.0f} s on {cores(run.spark)} cores"
    return [
        f"a sample of {size:,} beside all {count:,} (audit and calibration)",
        count_line("comparisons", work, note, 1),
    ]


def compare_sample(run: Run, corpus: Corpus) -> Compared | None:
    """Compare a sample of the corpus with all of it, by brute force.

    Parameters
    ----------
    run : Run
        The run at work.
    corpus : Corpus
        What was signed.

    Returns
    -------
    Compared or None
        None where `sample_size` is 0. The driver holds the sample and its rivals (280 bytes
        each), and for each at most ``sample.matches_per_image`` matches of 41 bytes.

    Raises
    ------
    UserError
        If a cutoff is to be chosen, and the sample that it rests on is turned off.
    """
    count, wanted = corpus.count, run.settings.sample
    if run.settings.fdr is not None and not wanted.calibrated:
        raise UserError("a cutoff by its false share needs a sample, and sample.calibrated is 0")
    size = sample_size(run, count)
    if not size:
        return None
    ceiling = max(CEILING, run.settings.cutoff)
    with run.stage("comparing a sample"):
        signed = corpus.images.where(F.col("status") == SIGNED)
        ranks = representatives(rank_images(signed, run.protected))
        ranked = run.stash(ranked_signatures(corpus.signatures, ranks), "ranked")
        drawn = sample_rows(ranked, size, wanted.seed).toPandas()
        scanner = sample_scanner(
            _ranked(drawn), ceiling, run.settings.grid, wanted.matches_per_image
        )
        scanned = run.stash(scan(ranked, scanner, _tasks(run, count)), "scanned")
        matches = run.stash(nearest_matches(scanned, wanted.matches_per_image), "matches")
        _count_dropped(run, scanned, matches)
        calibrated = drawn["rank"].to_numpy()[: wanted.calibrated]
        graph = _graph(run, ranked, calibrated, matches, count) if len(calibrated) else None
    ids = drawn.rename(columns={"rank": "asked", "signature_id": "asked_id"})
    return Compared(ids[["asked", "asked_id"]], matches, graph, count, ceiling)


def _graph(run: Run, ranked: DataFrame, sample: Ranks, matches: DataFrame, count: int) -> Graph:
    """Of the sample's matches, and in a large corpus of those of their rivals too."""
    known = _collected(matches)
    known = known.where(np.isin(known.asked, sample))
    if len(sample) < count:
        rivals = _rivals(run, sample, known)
        known = concatenated([known, _of_rivals(run, ranked, rivals, count)])
    return known_graph(sample, count, known)


def _rivals(run: Run, sample: Ranks, known: Matches) -> Ranks:
    """The nearest of them first: where there are too many, the others count as keepers."""
    rivals = rivals_to_ask(sample, known, CEILING)
    most = run.settings.sample.rivals
    run.counts["sample_rivals_left_out"] = max(0, len(rivals) - most)
    if len(rivals) <= most:
        return rivals
    nearest = np.full(len(rivals), np.inf)
    at = np.searchsorted(rivals, known.other).clip(0, len(rivals) - 1)
    np.minimum.at(nearest, at, np.where(rivals[at] == known.other, known.real, np.inf))
    return np.sort(rivals[np.lexsort((rivals, nearest))[:most]])


def _of_rivals(run: Run, ranked: DataFrame, rivals: Ranks, count: int) -> Matches:
    if not len(rivals):
        return concatenated([])
    wanted = run.spark.createDataFrame(pd.DataFrame({"rank": rivals}))
    asked = ranked.join(F.broadcast(wanted), "rank").toPandas()
    most = run.settings.sample.matches_per_image
    scanner = rival_scanner(_ranked(asked), CEILING, most)
    scanned = scan(ranked, scanner, _tasks(run, count))
    return _collected(nearest_matches(scanned, most))


def _collected(matches: DataFrame) -> Matches:
    table = matches.select(*Matches._fields).toPandas()
    columns: Any = (table[name].to_numpy() for name in Matches._fields)  # of several types
    every = Matches(*columns)
    return every._replace(usable=every.usable.astype(np.uint8))


def _ranked(rows: pd.DataFrame) -> Ranked:
    levels = np.frombuffer(b"".join(rows["signature"]), np.int8)
    return Ranked(levels.reshape(len(rows), -1), rows["rank"].to_numpy())


def _count_dropped(run: Run, scanned: DataFrame, matches: DataFrame) -> None:
    found = scanned.where(f"not ({IS_MATCH})").agg(F.sum("found")).head()
    run.counts["sample_matches_left_out"] = int((found and found[0]) or 0) - matches.count()


def _work(run: Run, count: int) -> int:
    return (_TURNS * sample_size(run, count) + run.settings.sample.rivals) * count


def _tasks(run: Run, count: int) -> int:
    if run.settings.partitions:
        return run.settings.partitions
    by_work = -(-_work(run, count) // _COMPARISONS_PER_TASK)
    return max(cores(run.spark), by_work)
