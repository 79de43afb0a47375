"""The codebook: where signatures are projected to, and the centroids of the cells there.

All of it is whole numbers, so that an image gets the same cells on every machine: products of
whole numbers are exact in float32 as long as no sum leaves 24 bits, and the lengths chosen here
keep every sum below that (Cauchy-Schwarz), whatever order a library adds in.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.format import read_array

COMPONENT_LENGTH = 2**14
"""Length of a principal component: a signature of 272 levels projects to at most 2**20."""

RADIUS = 2048
"""Length of a projected signature and of a centroid: their product is at most 2**22."""

Vectors = npt.NDArray[np.float32]
"""Whole numbers, held as float32 for matrix products."""


@dataclass(frozen=True)
class Codebook:
    """Principal components, and centroids in two levels.

    Attributes
    ----------
    components : (w, d) float32
        Whole numbers; column i is the i-th principal component, `COMPONENT_LENGTH` long.
    coarse : (c, d) float32
        Whole numbers; coarse centroids, `RADIUS` long. One if there is one level only.
    fine : (k, d) float32
        Whole numbers; the centroids of the cells, those of a coarse centroid together.
    offsets : (c + 1,) int64
        The cells of coarse centroid i are ``offsets[i]`` to ``offsets[i + 1]``, exclusive.
    """

    components: Vectors
    coarse: Vectors
    fine: Vectors
    offsets: npt.NDArray[np.int64]

    @property
    def cells(self) -> int:
        """The number of cells."""
        return len(self.fine)

    def project(self, levels: npt.NDArray[np.int8]) -> Vectors:
        """Project signatures on the components, and bring them to one length.

        Parameters
        ----------
        levels : (n, w) int8
            Compact signatures.

        Returns
        -------
        (n, d) float32
            Whole numbers, `RADIUS` long but for rounding; zeros where nothing is left.
        """
        projected = (levels.astype(np.float32) @ self.components).astype(np.float64)
        return to_radius(projected)

    def __reduce__(self) -> tuple[Callable[[bytes], "Codebook"], tuple[bytes]]:
        """Travel to executors as two bytes a number."""
        return Codebook.from_content, (self.content(),)

    def content(self) -> bytes:
        """Return the codebook as the bytes of a file: two for each number.

        Returns
        -------
        bytes
            The same for equal codebooks.
        """
        parts = (self.components, self.coarse, self.fine)
        file = io.BytesIO()
        for part in parts:
            np.save(file, np.ascontiguousarray(part, "<i2"), allow_pickle=False)
        np.save(file, self.offsets.astype("<i8"), allow_pickle=False)
        return file.getvalue()

    @classmethod
    def from_content(cls, content: bytes) -> "Codebook":
        """Read what `content` returned.

        Parameters
        ----------
        content : bytes
            Of the file.

        Returns
        -------
        Codebook
            Equal to the one that was written.
        """
        file = io.BytesIO(content)
        parts = [read_array(file, allow_pickle=False) for _ in range(4)]
        components, coarse, fine = (part.astype(np.float32) for part in parts[:3])
        return cls(components, coarse, fine, parts[3].astype(np.int64))


def to_radius(vectors: npt.NDArray[np.float64]) -> Vectors:
    """Bring vectors to the length `RADIUS`, in whole numbers.

    Parameters
    ----------
    vectors : (n, d) float64
        Any; rows of zeros stay.

    Returns
    -------
    (n, d) float32
        Whole numbers.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    scale = RADIUS / np.where(lengths > 0, lengths, 1)
    return np.rint(vectors * scale[:, np.newaxis]).astype(np.float32)
