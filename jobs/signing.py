"""From a source to the table ``images``, every row of the manifest accounted for."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from jobs.counting import check_failures, count_manifest, count_states
from jobs.errors import UserError
from jobs.model import Distinct
from jobs.run import Run
from jobs.session import cores
from jobs.settings import Settings
from jobs.stages.admit_images import admit_images
from jobs.stages.sign_images import distinct_signatures, image_rows, rejected_rows, sign_images
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
        admitted = run.stash(admit_images(manifest), "admitted")
        counted = count_manifest(admitted)
    task = signing_task(run.settings)
    done = run.spark.sparkContext.accumulator(0)
    with run.stage("signing", counted.to_sign, lambda: done.value):
        tasks = signing_tasks(run, counted.to_sign)
        signed = run.stash(sign_images(admitted, task, tasks, done.add), "signed")
    # What is signed lies in staging: read from there, images cost less than from their table.
    images = image_rows(signed, admitted, run.run_id)
    with run.stage("writing images"):
        rejects = run.report("rejects", rejected_rows(images, admitted), REJECTS)
        run.counts |= count_states(rejects, images, counted)
        check_failures(run.counts, run.settings, f"{run.layout.report(run.run_id)}/rejects.parquet")
        run.write("images", images)
        signatures = run.write("signatures", distinct_signatures(signed, task.version))
        run.counts["signatures"] = signatures.count()
    return Corpus(images, signatures, run.counts["signatures"], task.version)


def stored_corpus(run: Run) -> Corpus:
    """Return what the newest run of a store signed.

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
