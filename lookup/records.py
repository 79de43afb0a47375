"""Records of pictures as image-match keeps them, and the functions on words around them.

Names, arguments and results are image-match's; so are the errors that a caller may rely on.
"""

from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from signature import ImageSignature
from signature.distance import distances
from signature.image_signature import ImageSource
from signature.levels import Levels

WORD = "simple_word_"
"""A word's field is this and its number."""

Record = dict[str, Any]
Matrix = npt.NDArray[np.integer[Any]]


class Signer(Protocol):
    """What makes a signature of a picture: image-match's ``gis``."""

    def generate_signature(self, path_or_image: ImageSource, bytestream: bool = False) -> Levels:
        """Full signature; see `signature.ImageSignature.generate_signature`."""


def make_record(
    path: ImageSource,
    gis: Signer | ImageSignature,
    k: int,
    N: int,  # noqa: N803
    img: ImageSource | None = None,
    bytestream: bool = False,
    metadata: Any = None,  # noqa: ANN401 - whatever the database can hold
) -> Record:
    """Make the record of a picture.

    Parameters
    ----------
    path : str or picture
        Path or URL; or, if ``img`` is None, the picture itself.
    gis : Signer
        Makes the signature.
    k, N : int
        Levels in a word, and number of words.
    img : str, bytes or array, optional
        The picture, where it does not lie at ``path``; ``path`` is then only kept.
    bytestream : bool
        Whether ``img`` is the bytes of a file.
    metadata : any, optional
        Kept with the picture.

    Returns
    -------
    dict
        ``path``; ``signature``, a list of 648 whole numbers; ``simple_word_0`` and so on, a whole
        number each; ``metadata``, if there is any.

    Raises
    ------
    FetchError
        If the picture cannot be had.
    SignatureError
        If it cannot be signed.
    """
    levels = gis.generate_signature(path if img is None else img, bytestream and img is not None)
    return record_of(levels, path, k, N, metadata)


def record_of(
    levels: Levels,
    path: Any,  # noqa: ANN401 - kept as it is
    k: int,
    N: int,  # noqa: N803
    metadata: Any = None,  # noqa: ANN401
) -> Record:
    """Make a record of a signature.

    Parameters
    ----------
    levels : (m,) int8
        Full signature.
    path : any
        Kept as it is.
    k, N : int
        Levels in a word, and number of words.
    metadata : any, optional
        Kept with the picture.

    Returns
    -------
    dict
        See `make_record`.
    """
    record: Record = {"path": path, "signature": levels.tolist()}
    if metadata:
        record["metadata"] = metadata
    words = get_words(levels, k, N)
    max_contrast(words)
    for number, word in enumerate(words_to_int(words).tolist()):
        record[f"{WORD}{number}"] = word
    return record


def levels_of(record: Record) -> Levels:
    """Return a record's signature as an array.

    Parameters
    ----------
    record : dict
        See `make_record`.

    Returns
    -------
    (m,) int8
        Full signature.
    """
    return np.asarray(record["signature"], np.int8)


def get_words(array: Matrix, k: int, N: int) -> Levels:  # noqa: N803
    """Cut a signature into words, which may overlap.

    Parameters
    ----------
    array : (m,) integers
        Full signature.
    k : int
        Levels in a word.
    N : int
        Number of words, spread evenly.

    Returns
    -------
    (N, k) int8
        A word a row; zeros where it runs past the end.

    Raises
    ------
    ValueError
        If the signature is shorter than ``k`` or ``N``.
    """
    length = array.shape[0]
    if k > length:
        raise ValueError("Word length cannot be longer than array length")
    if length < N:
        raise ValueError("Number of words cannot be more than array length")
    starts = np.linspace(0, length, N, endpoint=False).astype(np.intp)
    padded = np.concatenate([np.asarray(array, np.int8), np.zeros(k, np.int8)])
    words: Levels = padded[starts[:, np.newaxis] + np.arange(k)]
    return words


def max_contrast(array: Levels) -> None:
    """Reduce levels to their signs, in place.

    Parameters
    ----------
    array : array of integers
        Becomes -1, 0 and 1.
    """
    np.sign(array, out=array)


def words_to_int(word_array: Matrix) -> npt.NDArray[np.int64]:
    """Read words of signs as whole numbers.

    Parameters
    ----------
    word_array : (N, k) integers
        -1, 0 or 1: the digits 0, 1 and 2 of base 3, the lowest first.

    Returns
    -------
    (N,) int64
        A number for each word.

    Examples
    --------
    >>> words_to_int(np.array([[-1, -1, -1], [0, 0, 0], [0, 1, 0]]))
    array([ 0, 13, 16])
    """
    places = 3 ** np.arange(word_array.shape[1], dtype=np.int64)
    numbers: npt.NDArray[np.int64] = (word_array.astype(np.int64) + 1) @ places
    return numbers


def normalized_distance(
    _target_array: Matrix, _vec: Matrix, nan_value: float = 1.0
) -> npt.NDArray[np.float64]:
    """Distances of many signatures from one.

    Parameters
    ----------
    _target_array : (n, m) integers
        The many.
    _vec : (m,) integers
        The one.
    nan_value : float
        Where both are all zero: such pictures are out of contention.

    Returns
    -------
    (n,) float64
        In [0, 1], image-match's to the last bit.
    """
    many, one = _target_array.astype(np.int64), _vec.astype(np.int64)
    # Any whole numbers will do, as they did for image-match.
    found = distances(cast("Levels", one[np.newaxis]), cast("Levels", many))[0]
    return np.where(np.isnan(found), nan_value, found)
