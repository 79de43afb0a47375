"""One committed run of a store in memory, ready to be searched."""

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lookup.columns import bytes_matrix, int_matrix, rows_of
from lookup.errors import NoSuchDatabaseError, VersionError
from lookup.pictures import PictureSignature, Reading
from lookup.postings import Postings, PostingsBuilder
from matching import Model
from matching.cells import Cells, assign_cells
from matching.errors import ModelError
from matching.model import CELLS
from signature import ParameterError, SignatureParameters, signature_version
from signature.levels import Levels
from store import Run, Store, StoreError

_PICTURE: Final = ("image_id", "path", "metadata")
_SQUARES_AT_ONCE: Final = 65_536


@dataclass(frozen=True)
class Snapshot:
    """What a search needs of a run.

    Attributes
    ----------
    run : Run
        Which.
    model : Model
        Of the run.
    levels : (n, c) int8
        Distinct signatures.
    squares : (n,) int32
        Sum of the squares of each.
    postings : Postings or None
        Who stands in which cell; None where the rule of the model is not cells, and all are
        compared.
    pictures : pyarrow.Table
        Id, path and metadata of every signed image, those of one signature together.
    starts : (n + 1,) int64
        The images of signature i are ``starts[i]`` to ``starts[i + 1]``, exclusive.
    """

    run: Run
    model: Model
    levels: Levels
    squares: npt.NDArray[np.int32]
    postings: Postings | None
    pictures: pa.Table
    starts: npt.NDArray[np.int64]

    def candidates(self, forms: Levels, nearest: int, reach: int) -> npt.NDArray[np.int32] | None:
        """Find the signatures that are to be compared with a picture.

        Parameters
        ----------
        forms : (f, c) int8
            Its compact signatures.
        nearest : int
            In how many cells to look for each form.
        reach : int
            How far beyond the model's.

        Returns
        -------
        (m,) int32 or None
            Rows; None for all of them.
        """
        codebook = self.model.codebook
        if self.postings is None or codebook is None:
            return None
        nearest = min(nearest, codebook.cells)
        probes = max(self.model.probes, nearest)
        met = assign_cells(np.ascontiguousarray(forms), codebook, nearest, probes)
        return self.postings.met_by(met, reach)

    def pictures_of(self, row: int) -> list[dict[str, Any]]:
        """Return the images of a signature.

        Parameters
        ----------
        row : int
            Of the signature.

        Returns
        -------
        list of dict
            ``image_id``, ``path`` and ``metadata``, as it was in the manifest.
        """
        start, end = int(self.starts[row]), int(self.starts[row + 1])
        found: list[dict[str, Any]] = self.pictures.slice(start, end - start).to_pylist()
        return [{**one, "metadata": _parsed(one["metadata"])} for one in found]

    def signer(self, reading: Reading | None) -> PictureSignature:
        """Make what signs pictures as the run did.

        Parameters
        ----------
        reading : Reading, optional
            Limits of files and URLs.

        Returns
        -------
        PictureSignature
            With the run's own parameters.
        """
        return _signer(self.run, reading)


def open_snapshot(store: Store) -> Snapshot:
    """Read the newest run of a store.

    Parameters
    ----------
    store : Store
        Where it is.

    Returns
    -------
    Snapshot
        In memory: levels, 5 bytes for each cell of a signature, and the images' names.

    Raises
    ------
    NoSuchDatabaseError
        If there is no store, or it is damaged.
    VersionError
        If its signatures are of another version than this code makes.
    """
    try:
        run = store.run()
        _signer(run, None)
        model = Model.from_files(store.model_files(run.model_id))
        return _read(store, run, model)
    except (StoreError, ModelError) as error:
        raise NoSuchDatabaseError(f"{store.layout.root}: {error}") from error


def _read(store: Store, run: Run, model: Model) -> Snapshot:
    table = store.table("signatures", run.run_id, ["signature_id", "signature"])
    levels = bytes_matrix(table["signature"], model.width).view(np.int8)
    ids = table["signature_id"]
    del table
    postings = _postings(store, run, model, ids) if CELLS in model.rules else None
    pictures, starts = _pictures(store, run, ids)
    return Snapshot(run, model, levels, _squares(levels), postings, pictures, starts)


def _postings(store: Store, run: Run, model: Model, ids: pa.ChunkedArray) -> Postings:
    table = store.table("cells", run.run_id, ["signature_id", "cells", "costs"])
    found = Cells(int_matrix(table["cells"]), np.empty((0, 0), np.uint8))
    found = Cells(found.cells, bytes_matrix(table["costs"], found.cells.shape[1]))
    rows = rows_of(table["signature_id"], ids)
    del table
    builder = PostingsBuilder(model.codebook.cells if model.codebook else 0, len(ids))
    known = rows >= 0
    if not known.all():
        rows, found = rows[known], Cells(found.cells[known], found.costs[known])
    builder.count(found.cells)
    builder.fill(rows, found.cells, found.costs)
    return builder.built()


def _pictures(
    store: Store, run: Run, ids: pa.ChunkedArray
) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    table = store.table("images", run.run_id, [*_PICTURE, "signature_id"])
    rows = rows_of(table["signature_id"], ids)
    order = np.argsort(rows, kind="stable")[np.count_nonzero(rows < 0) :]
    starts = np.zeros(len(ids) + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(rows[order], minlength=len(ids)))
    pictures = table.select(_PICTURE).take(pa.array(order))
    return pictures.combine_chunks(), starts


def _squares(levels: Levels) -> npt.NDArray[np.int32]:
    squares = np.empty(len(levels), np.int32)
    for start in range(0, len(levels), _SQUARES_AT_ONCE):
        part = levels[start : start + _SQUARES_AT_ONCE].astype(np.int32)
        squares[start : start + len(part)] = np.einsum("ij,ij->i", part, part)
    return squares


def _signer(run: Run, reading: Reading | None) -> PictureSignature:
    """A signer with the parameters of a run, whose version must be that of the run."""
    try:
        given = run.settings["signature"]
        parameters = SignatureParameters(**given)
    except (KeyError, TypeError, ParameterError) as error:
        raise VersionError(f"run {run.run_id} has no parameters of signatures: {error}") from error
    signer = PictureSignature(reading=reading)
    signer.parameters = parameters
    version = signature_version(parameters, signer.policy)
    if version != run.signature_version:
        raise VersionError(
            f"the store's signatures are of version {run.signature_version}, this code makes "
            f"{version}: build the index anew, or use the code that built it ({run.code_version})"
        )
    return signer


def _parsed(metadata: str | None) -> Any:  # noqa: ANN401 - what the manifest had
    if metadata is None:
        return None
    try:
        return json.loads(metadata)
    except ValueError:
        return metadata
