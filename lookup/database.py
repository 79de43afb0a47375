"""image-match's database of signatures, for any way to keep them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from fetch import FetchError
from lookup.errors import RequestError
from lookup.forms import forms_of, labelled
from lookup.matches import Match, nearest_of_each
from lookup.pictures import PictureSignature, Reading
from lookup.records import Record, make_record, record_of
from signature import SignatureError
from signature.image_signature import ImageSource

SIZE: Final = 100
"""How many matches a search returns at most; image-match's default."""

_AT_ONCE: Final = 500
"""Pictures of a bulk that are held, some 5 MB of records."""


class Added(NamedTuple):
    """What became of one picture of a bulk.

    Attributes
    ----------
    path : str
        As it was given.
    image_id : str or None
        Under which it now is, where the database says.
    error : Exception or None
        Why it was not added.
    """

    path: Any
    image_id: Any = None
    error: Exception | None = None


class SignatureDatabaseBase:
    """A database of signatures; a subclass gives `search_single_record` and `insert_single_record`.

    One object may be used by many threads at once.

    Parameters
    ----------
    k : int
        Levels in a word.
    N : int
        Number of words.
    n_grid : int
        Grid points in each direction.
    crop_percentile : (float, float) or None
        Percentiles between which a picture is looked at.
    distance_cutoff : float
        A match is strictly nearer.
    *signature_args : any
        Further ones of `signature.ImageSignature`.
    reading : Reading, optional
        Limits of files and URLs; image-match has none.
    **signature_kwargs : any
        Of `signature.ImageSignature`.

    Raises
    ------
    TypeError
        If ``k``, ``N`` or ``n_grid`` is no int, or the cutoff no float.
    ValueError
        If the cutoff is negative.
    """

    size: int = SIZE

    def __init__(
        self,
        k: int = 16,
        N: int = 63,  # noqa: N803
        n_grid: int = 9,
        crop_percentile: tuple[float, float] | None = (5, 95),
        distance_cutoff: float = 0.45,
        *signature_args: Any,  # noqa: ANN401
        reading: Reading | None = None,
        **signature_kwargs: Any,  # noqa: ANN401
    ) -> None:
        for name, value in (("k", k), ("N", N), ("n_grid", n_grid)):
            if type(value) is not int:
                raise TypeError(f"{name} should be an integer")
        if type(distance_cutoff) is not float:
            raise TypeError("distance_cutoff should be a float")
        if not distance_cutoff >= 0.0:
            raise ValueError(f"distance_cutoff should be > 0 (got {distance_cutoff!r})")
        self.k, self.N, self.n_grid = k, N, n_grid
        self.crop_percentile = crop_percentile
        self.distance_cutoff = distance_cutoff
        self.gis = PictureSignature(
            n_grid, crop_percentile, *signature_args, reading=reading, **signature_kwargs
        )

    def search_single_record(self, rec: Record, pre_filter: Any = None) -> list[Match]:  # noqa: ANN401
        """Search for the pictures near a record; to be given by a subclass.

        Parameters
        ----------
        rec : dict
            What `make_record` returns; it is not changed.
        pre_filter : any, optional
            Which pictures come into question, in the database's own words.

        Returns
        -------
        list of dict
            ``id`` and ``dist`` at least; in any order, perhaps some twice.
        """
        raise NotImplementedError

    def insert_single_record(self, rec: Record, refresh_after: bool = False) -> Any:  # noqa: ANN401
        """Add a record; to be given by a subclass.

        Parameters
        ----------
        rec : dict
            What `make_record` returns, with ``image_id`` if an id was given.
        refresh_after : bool
            Whether searches must see it on return.

        Returns
        -------
        any
            Its id.
        """
        raise NotImplementedError

    def search_records(
        self,
        records: Sequence[Record],
        pre_filter: Any = None,  # noqa: ANN401
        thorough: bool = False,  # noqa: ARG002 - a subclass may know how
    ) -> list[Match]:
        """Search for the pictures near any of the forms of a picture.

        This one asks for each on its own; a subclass that can asks once.

        Parameters
        ----------
        records : sequence of dict
            One, or all forms in the order of `lookup.forms.FORMS`.
        pre_filter : any, optional
            Which pictures come into question.
        thorough : bool
            Whether to look farther than usual.

        Returns
        -------
        list of dict
            See `search_single_record`; with ``orientation`` if there are several records.
        """
        found: list[Match] = []
        for form, record in enumerate(records):
            matches = self.search_single_record(dict(record), pre_filter=pre_filter)
            found += [labelled(match, form, len(records)) for match in matches]
        return found

    def add_image(
        self,
        path: Any,  # noqa: ANN401
        img: ImageSource | None = None,
        bytestream: bool = False,
        metadata: Any = None,  # noqa: ANN401
        refresh_after: bool = False,
        *,
        image_id: str | None = None,
    ) -> Any:  # noqa: ANN401
        """Add a picture; twice, if it is added twice, unless it has an id.

        Parameters
        ----------
        path : str
            Path or URL; with ``img`` only a name.
        img : str, bytes or array, optional
            The picture, where it does not lie at ``path``.
        bytestream : bool
            Whether ``img`` is the bytes of a file.
        metadata : any, optional
            Kept with the picture.
        refresh_after : bool
            Whether searches must see it on return.
        image_id : str, optional
            Its id, under which it replaces what is there.

        Returns
        -------
        any
            Its id.

        Raises
        ------
        FetchError, SignatureError
            If the picture cannot be had, or not be signed.
        DatabaseError
            If it cannot be added.
        """
        record = self._record(path, img, bytestream, metadata, image_id)
        return self.insert_single_record(record, refresh_after=refresh_after)

    def add_images(
        self, pictures: Iterable[Mapping[str, Any]], refresh_after: bool = False
    ) -> Iterator[Added]:
        """Add many pictures; a bad one does not stop the others.

        Parameters
        ----------
        pictures : iterable of mapping
            The arguments of `add_image` by name; ``path`` at least.
        refresh_after : bool
            Whether searches must see all of them at the end.

        Yields
        ------
        Added
            One for each picture, in their order, as soon as it is known. A fault of the database
            itself is raised.
        """
        waiting: list[Added | Record] = []
        for picture in pictures:
            waiting.append(self._record_or_error(picture))
            if len(waiting) == _AT_ONCE:
                yield from self._settled(waiting, refresh_after=False)
                waiting = []
        yield from self._settled(waiting, refresh_after)

    def insert_records(self, records: Sequence[Record], refresh_after: bool = False) -> list[Added]:
        """Add many records; a subclass that can does so in one request.

        Parameters
        ----------
        records : sequence of dict
            See `insert_single_record`.
        refresh_after : bool
            Whether searches must see them on return.

        Returns
        -------
        list of Added
            One for each record, in their order.
        """
        return [
            Added(record["path"], self.insert_single_record(record, refresh_after=refresh_after))
            for record in records
        ]

    def search_image(
        self,
        path: ImageSource,
        all_orientations: bool = False,
        bytestream: bool = False,
        pre_filter: Any = None,  # noqa: ANN401
        *,
        thorough: bool = False,
    ) -> list[Match]:
        """Search for the pictures that look like one.

        Parameters
        ----------
        path : str, bytes or array
            Path, URL, bytes of a file, or pixels.
        all_orientations : bool
            Whether to look for all 16 forms: turned, mirrored, inverted (`lookup.forms.FORMS`).
        bytestream : bool
            Says that ``path`` is bytes.
        pre_filter : any, optional
            Which pictures come into question, in the database's own words.
        thorough : bool
            Whether to look farther than usual: docs/lookup.md has figures.

        Returns
        -------
        list of dict
            One for each picture found, nearest first.

        Raises
        ------
        FetchError, SignatureError
            If the picture cannot be had, or not be signed.
        DatabaseError
            If the database cannot be searched, or was searched in part.
        """
        levels = self.gis.generate_signature(path, bytestream)
        self.gis.require_features(levels)
        forms = forms_of(levels, self.gis.parameters) if all_orientations else levels[np.newaxis]
        name = path if isinstance(path, str) else None
        records = [record_of(form, name, self.k, self.N) for form in forms]
        return nearest_of_each(self.search_records(records, pre_filter, thorough))

    def delete_duplicates(self, path: str) -> int:
        """Delete all but one of the entries of a path; to be given by a subclass.

        Parameters
        ----------
        path : str
            As it was added.

        Returns
        -------
        int
            How many went.
        """
        raise NotImplementedError

    def delete_by_path(self, path: str) -> int:
        """Delete all entries of a path; to be given by a subclass.

        Parameters
        ----------
        path : str
            As it was added.

        Returns
        -------
        int
            How many went.
        """
        raise NotImplementedError

    def delete_by_id(self, image_id: Any) -> bool:  # noqa: ANN401
        """Delete an entry; to be given by a subclass.

        Parameters
        ----------
        image_id : any
            The ``id`` of a match.

        Returns
        -------
        bool
            Whether it was there.
        """
        raise NotImplementedError

    def count(self, pre_filter: Any = None) -> int:  # noqa: ANN401
        """Count the entries; to be given by a subclass.

        Parameters
        ----------
        pre_filter : any, optional
            Which, in the database's own words.

        Returns
        -------
        int
            How many.
        """
        raise NotImplementedError

    def _record(
        self,
        path: Any,  # noqa: ANN401
        img: ImageSource | None = None,
        bytestream: bool = False,
        metadata: Any = None,  # noqa: ANN401
        image_id: str | None = None,
    ) -> Record:
        record = make_record(path, self.gis, self.k, self.N, img, bytestream, metadata)
        self.gis.require_features(np.asarray(record["signature"], np.int8))
        return record if image_id is None else {**record, "image_id": image_id}

    def _record_or_error(self, picture: Mapping[str, Any]) -> Added | Record:
        try:
            return self._record(**picture)
        except (FetchError, SignatureError) as error:
            return Added(picture["path"], error=error)
        except TypeError as error:
            raise RequestError(f"These are not the arguments of a picture: {error}.") from error

    def _settled(self, waiting: Sequence[Added | Record], refresh_after: bool) -> Iterator[Added]:
        records = [record for record in waiting if isinstance(record, dict)]
        added = iter(self.insert_records(records, refresh_after) if records else ())
        for one in waiting:
            yield next(added) if isinstance(one, dict) else one
