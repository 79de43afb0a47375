"""A store as a database of signatures: no server, no Spark; read only."""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import numpy as np

from lookup.database import SIZE, SignatureDatabaseBase
from lookup.errors import DatabaseError, NoSuchDatabaseError, ReadOnlyError, RequestError
from lookup.filters import Filter, filter_of
from lookup.forms import FORMS
from lookup.matches import Match
from lookup.pictures import PictureSignature, Reading
from lookup.records import Record, levels_of
from lookup.scan import near
from lookup.snapshot import Snapshot, open_snapshot
from signature import compact
from signature.errors import ArrayError
from store import Store

_LOG = logging.getLogger(__name__)

_NEAREST: Final = (2, 4)
"""A picture is looked for in so many times the cells that the model gives it; a thorough search
in more (docs/lookup.md has the measurements)."""

_REACH: Final = (50, 130)
"""How much farther than two signatures of the store it reaches in a cell."""


class SignatureStore(SignatureDatabaseBase):
    """A store that jobs wrote, to be searched where it lies.

    The newest committed run is read into memory at the first use: docs/lookup.md says what that
    takes. A newer one is noticed by itself, read beside it, and takes its place.

    Parameters
    ----------
    path : str
        The store's folder.
    size : int
        How many matches a search returns at most, the nearest.
    distance_cutoff : float
        A match is strictly nearer.
    reading : Reading, optional
        Limits of files and URLs.
    look_again_s : float
        Seconds after which a search looks whether there is a newer run.
    """

    def __init__(
        self,
        path: str,
        size: int = SIZE,
        distance_cutoff: float = 0.45,
        *,
        reading: Reading | None = None,
        look_again_s: float = 1.0,
    ) -> None:
        super().__init__(distance_cutoff=distance_cutoff, reading=reading)
        self.path, self.size = path, size
        self._store = Store(path)
        self._reading, self._look_again_s = reading, look_again_s
        self._snapshot: Snapshot | None = None
        self._position = ""
        self._looked_at = 0.0
        self._opening = threading.Lock()
        self._reloading = threading.Lock()

    def refresh(self) -> str:
        """Read the newest run now, if it is not yet here.

        Returns
        -------
        str
            The id of the run that is searched.

        Raises
        ------
        DatabaseError
            If it cannot be read; the run before is still searched.
        """
        with self._opening:
            position = self._position_of_log()
            if self._snapshot is None or position != self._position:
                snapshot = open_snapshot(self._store)
                self.gis: PictureSignature = snapshot.signer(self._reading)
                self._snapshot, self._position = snapshot, position
            self._looked_at = time.monotonic()
            return self._snapshot.run.run_id

    def search_image(self, path: Any, *arguments: Any, **named: Any) -> list[Match]:  # noqa: ANN401
        """Search for the pictures that look like one; see `SignatureDatabaseBase.search_image`."""
        self._newest()  # it brings the parameters by which the picture is signed
        return super().search_image(path, *arguments, **named)

    def search_single_record(self, rec: Record, pre_filter: Any = None) -> list[Match]:  # noqa: ANN401
        """Search for the pictures near a record.

        Parameters
        ----------
        rec : dict
            What `make_record` returns.
        pre_filter : mapping, list or function, optional
            See `lookup.filters`.

        Returns
        -------
        list of dict
            ``id``, ``dist``, ``path``, ``metadata`` and ``score`` (1 - dist: no server scores),
            nearest first.
        """
        return self.search_records([rec], pre_filter)

    def search_records(
        self,
        records: Sequence[Record],
        pre_filter: Any = None,  # noqa: ANN401
        thorough: bool = False,
    ) -> list[Match]:
        """Search for the pictures near any of the forms of a picture.

        Parameters
        ----------
        records : sequence of dict
            One, or all forms.
        pre_filter : mapping, list or function, optional
            See `lookup.filters`.
        thorough : bool
            Whether to look into more cells.

        Returns
        -------
        list of dict
            The nearest ``size``.
        """
        wanted = filter_of(pre_filter)
        snapshot = self._newest()
        forms = self._compact(records, snapshot)
        model = snapshot.model
        nearest, reach = model.nearest * _NEAREST[thorough], model.reach + _REACH[thorough]
        rows = snapshot.candidates(forms, nearest, reach)
        found = near(snapshot.levels, snapshot.squares, forms, rows, self.distance_cutoff)
        matches: list[Match] = []
        for at in np.argsort(found.distances, kind="stable"):
            form = FORMS[int(found.forms[at])].label if len(forms) > 1 else None
            distance = float(found.distances[at])
            matches += _matches(snapshot, int(found.rows[at]), distance, form, wanted)
            if len(matches) >= self.size:
                break
        return matches[: self.size]

    def count(self, pre_filter: Any = None) -> int:  # noqa: ANN401
        """Count the signed images.

        Parameters
        ----------
        pre_filter : mapping, list or function, optional
            See `lookup.filters`.

        Returns
        -------
        int
            How many.
        """
        wanted = filter_of(pre_filter)
        snapshot = self._newest()
        if wanted is None:
            return int(snapshot.pictures.num_rows)
        rows = range(len(snapshot.levels))
        return sum(wanted(one) for row in rows for one in snapshot.pictures_of(row))

    def insert_single_record(self, rec: Record, refresh_after: bool = False) -> NoReturn:  # noqa: ARG002
        """Refuse: jobs write stores.

        Parameters
        ----------
        rec : dict
            Is not added.
        refresh_after : bool
            Has no meaning here.

        Raises
        ------
        ReadOnlyError
            Always.
        """
        raise _read_only()

    def delete_duplicates(self, path: str) -> NoReturn:  # noqa: ARG002
        """Refuse: jobs write stores; see `SignatureStore.insert_single_record`."""
        raise _read_only()

    def delete_by_path(self, path: str) -> NoReturn:  # noqa: ARG002
        """Refuse: jobs write stores; see `SignatureStore.insert_single_record`."""
        raise _read_only()

    def delete_by_id(self, image_id: Any) -> NoReturn:  # noqa: ANN401, ARG002
        """Refuse: jobs write stores; see `SignatureStore.insert_single_record`."""
        raise _read_only()

    def _record(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401
        raise _read_only()  # before a picture is read for nothing

    def _newest(self) -> Snapshot:
        """The newest run that is in memory; whether there is a newer one is looked up aside."""
        snapshot = self._snapshot
        if snapshot is None:
            self.refresh()
            return self._newest()
        if time.monotonic() - self._looked_at > self._look_again_s:
            self._looked_at = time.monotonic()
            if self._reloading.acquire(False):
                threading.Thread(target=self._reload, name="newer run").start()
        return snapshot

    def _position_of_log(self) -> str:
        try:
            return self._store.log_position()
        except OSError as error:
            raise NoSuchDatabaseError(f"{self.path}: {error}") from error

    def _reload(self) -> None:
        try:
            self.refresh()
        except DatabaseError as error:
            _LOG.warning("%s: the newest run cannot be read: %s", self.path, error)
        finally:
            self._reloading.release()

    @staticmethod
    def _compact(records: Sequence[Record], snapshot: Snapshot) -> np.ndarray[Any, Any]:
        model = snapshot.model
        full = np.stack([levels_of(record) for record in records])
        try:
            return compact(full, model.n, model.diagonal_neighbors)
        except ArrayError as error:
            raise RequestError(f"The record is of another kind of signature: {error}") from error


def _matches(
    snapshot: Snapshot, row: int, distance: float, form: str | None, wanted: Filter | None
) -> list[Match]:
    return [
        {
            "id": one["image_id"],
            "score": 1.0 - distance,
            "metadata": one["metadata"],
            "path": one["path"],
            "dist": distance,
        }
        | ({"orientation": form} if form else {})
        for one in snapshot.pictures_of(row)
        if wanted is None or wanted(one)
    ]


def _read_only() -> ReadOnlyError:
    return ReadOnlyError("A store is read only here: jobs/build_index.py writes it.")
