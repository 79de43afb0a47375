"""Which signatures a corpus needs now, and did not before: facts are added, never changed."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.errors import UserError
from jobs.model import load_model
from jobs.newcoming import Turnover
from jobs.run import Run
from jobs.signing import signing_task
from jobs.stages.find_pairs import find_cells
from jobs.stages.schema import conform, no_rows
from jobs.stages.sign_images import distinct_signatures
from matching import Model
from store.schemas import CELLS, RETIRED
from udfs.assigning import ASSIGNED_ROWS


def stored_model(run: Run) -> Model:
    """Return the model of the newest run, under which everything is compared.

    Parameters
    ----------
    run : Run
        The run at work; it takes the model's cutoff.

    Returns
    -------
    Model
        From the store.

    Raises
    ------
    UserError
        If the store has no run, was written by an older version of the code, or has signatures of
        another version.
    """
    if run.parent_model is None:
        raise UserError(
            f"no committed run at {run.layout.root}: make the store with build_index.py first"
        )
    version = signing_task(run.settings).version
    if run.parent_signature_version != version:
        raise UserError(
            f"the store's signatures have version {run.parent_signature_version}, and these "
            f"settings make {version}: use the profile that the store was built with"
        )
    try:
        model = load_model(run.parent_model, run.layout, run.files)
    except UserError as error:
        raise UserError(f"{error}; build_index.py makes the store anew") from error
    if "signature" not in run.read("cells").columns:
        raise UserError(
            "the store was written by an older version of the code: build_index.py makes it anew"
        )
    run.fix_cutoff(model.cutoff)
    return model


def turn_over(
    run: Run, model: Model, images: DataFrame, signed: DataFrame, left: DataFrame
) -> Turnover:
    """Add what is new to ``signatures`` and ``cells``, and say who came and who went.

    Parameters
    ----------
    run : Run
        The run at work.
    model : Model
        Of the run before.
    images : DataFrame
        The table ``images`` of this run.
    signed : DataFrame
        What was signed by this run: ``status``, ``signature_id``, ``signature``.
    left : DataFrame
        ``signature_id`` of the images that vanished or changed; each once, without nulls.

    Returns
    -------
    Turnover
        For `jobs.newcoming.search_newcomers`.
    """
    with run.stage("adding signatures"):
        named = run.stash(distinct_signatures(signed, model.signature_version), "named")
        ids = named.select("signature_id")
        known = run.read("signatures").join(ids, "signature_id", how="left_semi")
        retired = run.read_or_none("retired", RETIRED)
        back = ids.join(retired, "signature_id", how="left_semi")
        new = run.stash(named.join(known, "signature_id", how="left_anti"), "new_signatures")
        came, any_back = new.select("signature_id"), back.head() is not None
        if any_back:
            came = run.stash(came.unionByName(back), "came")
        went = run.stash(_went(images, left), "went") if left.head() is not None else left
        if new.head() is not None:
            fresh = run.stash(find_cells(new, model), "fresh")
            cells = _add(run, model, new, fresh)
        else:
            fresh, cells = no_rows(run.spark, ASSIGNED_ROWS), run.read("cells")
        now_retired = retired
        if any_back or went.head() is not None:
            still = retired.join(ids, "signature_id", how="left_anti")
            now_retired = run.write("retired", still.unionByName(went))
    living = cells.join(now_retired, "signature_id", how="left_anti")
    lived = run.read("cells").join(retired, "signature_id", how="left_anti")
    count = cells.count() - now_retired.count()
    run.counts |= {
        "signatures": count,
        "signatures_came": came.count(),
        "signatures_went": went.count(),
    }
    return Turnover(model, cells, living, lived, fresh, came, went, count)


def _went(images: DataFrame, left: DataFrame) -> DataFrame:
    """Signatures of images that left, and that no other image has."""
    still = images.select("signature_id").join(left, "signature_id", how="left_semi")
    return left.join(still, "signature_id", how="left_anti")


def _add(run: Run, model: Model, new: DataFrame, fresh: DataFrame) -> DataFrame:
    """The table ``cells`` with the new signatures, which ``signatures`` has then too."""
    run.append("signatures", new)
    rows = fresh.withColumn("model_id", F.lit(model.model_id))
    return run.append("cells", conform(rows, CELLS))
