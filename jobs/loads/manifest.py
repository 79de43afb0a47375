"""A manifest signed chunk by chunk into an empty store, for a backfill."""

from functools import partial
from hashlib import blake2b

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.counting import ManifestCounts, check_failures, count_manifest, count_states
from jobs.errors import UserError
from jobs.loads.chunks import Chunks
from jobs.model import Distinct, fit_model, save_model
from jobs.request import Request, read_corpus
from jobs.run import Run
from jobs.signing import signing_task, signing_tasks
from jobs.sinks.run_log import RunLog, settings_text
from jobs.stages.admit_images import admit_images
from jobs.stages.find_pairs import find_cells
from jobs.stages.schema import conform, no_rows
from jobs.stages.sign_images import distinct_signatures, image_rows, rejected_rows, sign_images
from store.schemas import CELLS, CLUSTERS, PAIRS, REJECTS


def sign_manifest(run: Run, request: Request) -> None:
    """Sign every image of a source and commit the run: images, signatures and cells, no pairs.

    Chunks that an earlier start has signed are not signed again.

    Parameters
    ----------
    run : Run
        The run at work.
    request : Request
        With a source.

    Raises
    ------
    UserError
        If the store has a run already.
    TooManyFailuresError
        If more images failed than the settings allow.
    """
    if RunLog(run.spark, run.layout).newest() is not None:
        raise UserError(
            f"the store {request.store} has a run already: leave --source out to load it, or name "
            "another store"
        )
    chunks = Chunks(run, f"signing-{_wish(request)}")
    with run.stage("listing images"):
        admitted = chunks.stash(admit_images(read_corpus(run, request)), "admitted")
        counted = count_manifest(admitted)
    signed = _sign(run, chunks, admitted, counted)
    _commit(run, admitted, signed, counted)
    chunks.remove()


def _sign(run: Run, chunks: Chunks, admitted: DataFrame, counted: ManifestCounts) -> DataFrame:
    size = run.settings.backfill.chunk_documents
    number = max(1, -(-counted.to_sign // size))
    chunks.write(admitted, number)
    task = signing_task(run.settings)
    names = [f"signed-{chunk}" for chunk in range(number)]
    for chunk, name in enumerate(names):
        part = chunks.read(chunk, admitted)
        done = run.spark.sparkContext.accumulator(0)
        count = part.where("admitted and reason is null").count()
        signed = sign_images(part, task, signing_tasks(run, count), done.add)
        with run.stage(f"signing {chunk + 1}/{number}", count, partial(getattr, done, "value")):
            chunks.stash(signed, name)
    return chunks.joined(names, signed)


def _commit(run: Run, admitted: DataFrame, signed: DataFrame, counted: ManifestCounts) -> None:
    version = signing_task(run.settings).version
    images = image_rows(signed, admitted, run.run_id)
    with run.stage("writing images"):
        rejects = run.report("rejects", rejected_rows(images, admitted), REJECTS)
        run.counts |= count_states(rejects, images, counted)
        check_failures(run.counts, run.settings, f"{run.layout.report(run.run_id)}/rejects.parquet")
        run.write("images", images)
        signatures = run.write("signatures", distinct_signatures(signed, version))
        run.counts["signatures"] = signatures.count()
    with run.stage("fitting the model"):
        model = fit_model(Distinct(signatures, run.counts["signatures"], version), run.settings)
        save_model(model, run.layout, run.files)
    with run.stage("finding cells"):
        found = find_cells(signatures, model)
        run.write("cells", conform(found.withColumn("model_id", F.lit(model.model_id)), CELLS))
    for name, schema in (("pairs", PAIRS), ("clusters", CLUSTERS)):
        run.write(name, no_rows(run.spark, schema))
    run.commit(model.model_id, version)


def _wish(request: Request) -> str:
    """A name for what was asked: the same wish goes on with what an earlier start did."""
    asked = request.settings.model_dump(mode="json", exclude={"elasticsearch"})
    text = f"{request.source}\0{request.source_format}\0{settings_text(asked)}"
    return blake2b(text.encode(), digest_size=8).hexdigest()
