"""From a source to the table ``images``, every row of the manifest accounted for."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.counting import check_failures, count_manifest, count_states
from jobs.errors import UserError
from jobs.forgetting import bury, forgotten_ids
from jobs.model import Distinct
from jobs.resuming import signed_before, staged_name
from jobs.run import Run
from jobs.session import cores
from jobs.settings import Settings
from jobs.stages.admit_images import admit_images
from jobs.stages.sign_images import distinct_signatures, image_rows, rejected_rows, sign_images
from jobs.stages.tell_changes import without_forgotten
from signature import signature_version
from store.schemas import REJECTS
from udfs.signing import SigningTask

_IMAGES_PER_TASK = 4_000
"""Some seconds of work; a task that fails is done again from its beginning."""

_TASKS_PER_CORE = 4
"""In a small corpus, so that cores end together and the progress line moves. A task costs about a
tenth of a second by itself."""


@dataclass(frozen=True)
class Corpus:
    """What is known of the images after signing.

    Attributes
    ----------
    images : DataFrame
        The rows of the table ``images``.
    signatures : DataFrame
        The table ``signatures``.
    count : int
        Number of distinct signatures.
    version : str
        Their signature version.
    """

    images: DataFrame
    signatures: DataFrame
    count: int
    version: str

    @property
    def distinct(self) -> Distinct:
        """The distinct signatures alone."""
        return Distinct(self.signatures, self.count, self.version)


def sign_corpus(run: Run, manifest: DataFrame) -> Corpus:
    """Sign every image of a manifest and write the tables ``images`` and ``signatures``.

    Parameters
    ----------
    run : Run
        The run at work.
    manifest : DataFrame
        What `jobs.sources.read_manifest` returns.

    Returns
    -------
    Corpus
        The tables as this run wrote them.

    Raises
    ------
    TooManyFailuresError
        If more images failed than the settings allow; the rejects are written.
    CountsError
        If a row of the manifest ended in no state, or in two.
    """
    with run.stage("listing images"):
        rows, forgotten = admit_images(manifest), forgotten_ids(run)
        if run.parent_versions:
            rows = without_forgotten(rows, forgotten)
        admitted = run.stash(rows, "admitted")
        counted = count_manifest(admitted)
    task = signing_task(run.settings)
    signed = sign_listed(run, admitted, task, counted.to_sign)
    # What is signed lies in staging: read from there, images cost less than from their table.
    images = image_rows(signed, admitted, run.run_id)
    with run.stage("writing images"):
        rejects = run.report("rejects", rejected_rows(images, admitted), REJECTS)
        run.counts |= count_states(rejects, images, counted)
        check_failures(run.counts, run.settings, f"{run.layout.report(run.run_id)}/rejects.parquet")
        written = run.write("images", images)
        if run.parent_versions:
            bury(run, written, forgotten)
        signatures = run.write("signatures", distinct_signatures(signed, task.version))
        run.unpin("retired")
        run.counts["signatures"] = signatures.count()
    return Corpus(images, signatures, run.counts["signatures"], task.version)


def sign_listed(
    run: Run, admitted: DataFrame, task: SigningTask, count: int, contents: bool = False
) -> DataFrame:
    """Sign the admitted images of a list, with a line that shows how far it is.

    What a run that died since the newest one had signed is taken over.

    Parameters
    ----------
    run : Run
        The run at work.
    admitted : DataFrame
        What `jobs.stages.admit_images.admit_images` returns, or some of it.
    task : SigningTask
        How to sign.
    count : int
        How many there are to sign.
    contents : bool
        Whether what was signed before is told by equal bytes, and not by equal size and time.

    Returns
    -------
    DataFrame
        Of `udfs.signing.SIGNED_ROWS`, written down.
    """
    before = signed_before(run, admitted, task, contents)
    if before is not None:
        admitted = admitted.join(before.select("image_id"), "image_id", how="left_anti")
        count -= run.counts["images_taken_over"]
    done = run.spark.sparkContext.accumulator(0)
    with run.stage("signing", count, lambda: done.value):
        tasks = signing_tasks(run, count)
        rows = sign_images(admitted, task, tasks, done.add)
        signed = run.staging.stash(rows, staged_name(task), piecewise=True)
    return signed if before is None else signed.unionByName(before)


def stored_corpus(run: Run) -> Corpus:
    """Return what the newest run of a store holds: images, and the signatures that they need.

    Parameters
    ----------
    run : Run
        The run at work.

    Returns
    -------
    Corpus
        The tables as that run pins them.

    Raises
    ------
    UserError
        If the store has no run, or its signatures are of another version than the settings ask
        for.
    """
    images, signatures = run.read("images"), run.read("signatures")
    version = signing_task(run.settings).version
    if run.parent_signature_version != version:
        raise UserError(
            f"the store's signatures have version {run.parent_signature_version}, and these "
            f"settings make {version}: use the profile that the store was built with"
        )
    if "retired" in run.parent_versions:
        signatures = signatures.join(run.read("retired"), "signature_id", how="left_anti")
    return Corpus(images, signatures, signatures.count(), version)


def signing_task(settings: Settings) -> SigningTask:
    """Return what executors must know to sign as the settings say.

    Parameters
    ----------
    settings : Settings
        Of the run.

    Returns
    -------
    SigningTask
        Shipped with the function that signs.
    """
    parameters, policy = settings.signature.parameters(), settings.decoding.policy()
    return SigningTask(
        parameters,
        policy,
        signature_version(parameters, policy),
        settings.decoding.max_image_bytes,
        settings.decoding.limits(),
    )


def signing_tasks(run: Run, images: int) -> int:
    """Return into how many tasks signing is cut.

    Parameters
    ----------
    run : Run
        The run at work.
    images : int
        How many are to be signed.

    Returns
    -------
    int
        What the settings say, or what keeps a task to some seconds of work; at least 1.
    """
    if run.settings.partitions:
        return run.settings.partitions
    few = min(images, _TASKS_PER_CORE * cores(run.spark))
    return max(1, few, -(-images // _IMAGES_PER_TASK))
