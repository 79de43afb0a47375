"""A codebook projects in whole numbers, and survives being written down."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from matching import Codebook
from matching.codebook import COMPONENT_LENGTH, RADIUS, Vectors, to_radius

from .examples import Levels, codebook_of, random_levels, signatures
from .literal import literal_projection

EXACT = 2**24
"""Whole numbers up to here are exact in float32."""

LEVELS = signatures(90)
CODEBOOK = codebook_of(LEVELS, (7, 1, 12))


def same(a: Codebook, b: Codebook) -> bool:
    names = ("components", "coarse", "fine", "offsets")
    parts = [(getattr(a, name), getattr(b, name)) for name in names]
    return all(p.dtype == q.dtype and np.array_equal(p, q) for p, q in parts)


def extremes(components: Vectors) -> Levels:
    """Signatures of one level, and those that make products with a component the largest."""
    width = len(components)
    single = np.zeros((4, width), np.int8)
    single[:, [0, 0, width - 1, width - 1]] = np.diag([-2, 2, 1, -2])
    level = np.stack([np.full(width, value, np.int8) for value in (-2, -1, 0, 1, 2)])
    worst = 2 * np.sign(components.T).astype(np.int8)
    return np.concatenate([single, level, worst, -worst])


@pytest.mark.parametrize("width", [24, 272, 16_002])
def test_projections_are_exact_whatever_the_order_of_their_sums(width: int) -> None:
    sample = random_levels(np.random.default_rng(width), 10, width)
    codebook = codebook_of(sample, (3,))
    levels = np.concatenate([sample[:3], extremes(codebook.components)[::3]])
    # No partial sum is larger than the sum of what is in it, without signs.
    most = np.abs(levels.astype(np.int64)) @ np.abs(codebook.components).astype(np.int64)
    assert most.max() < EXACT
    projected = codebook.project(levels)
    assert projected.tolist() == [literal_projection(row, codebook) for row in levels.tolist()]


def test_products_with_centroids_are_exact_whatever_the_order_of_their_sums() -> None:
    vectors = CODEBOOK.project(np.concatenate([LEVELS, extremes(CODEBOOK.components)]))
    for centroids in (CODEBOOK.fine, CODEBOOK.coarse, vectors, -vectors):
        most = np.abs(vectors).astype(np.int64) @ np.abs(centroids).astype(np.int64).T
        assert most.max() < EXACT
        exact = vectors.astype(np.int64) @ centroids.astype(np.int64).T
        assert np.array_equal(vectors @ centroids.T, exact)


def test_projections_are_whole_numbers_of_one_length() -> None:
    vectors = CODEBOOK.project(LEVELS)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, np.rint(vectors))
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    assert not LEVELS[0].any()
    assert lengths[0] == 0
    # Each of 16 numbers was rounded by a half at most.
    assert np.abs(lengths[1:] - RADIUS).max() <= 2


def test_what_is_left_of_no_component_is_projected_to_zeros() -> None:
    first = np.zeros((272, 1), np.float32)
    first[0] = COMPONENT_LENGTH
    none = np.zeros((0, 1), np.float32)
    codebook = Codebook(first, none, none, np.zeros(1, np.int64))
    levels = np.zeros((3, 272), np.int8)
    levels[1, 0], levels[2, 1:] = -1, 2
    assert codebook.project(levels).tolist() == [[0], [-RADIUS], [0]]


@settings(deadline=None)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(0, 5), st.integers(1, 64)),
        elements=st.floats(-1e6, 1e6, allow_subnormal=False),
    )
)
def test_any_vectors_get_the_radius_and_keep_their_direction(vectors: np.ndarray) -> None:
    scaled = to_radius(vectors)
    assert scaled.shape == vectors.shape
    assert np.array_equal(scaled, np.rint(scaled))
    for vector, whole in zip(vectors, scaled.astype(np.float64), strict=True):
        length = np.sqrt(vector @ vector)
        expected = vector * (RADIUS / length) if length else np.zeros_like(vector)
        assert np.abs(whole - expected).max() <= 0.5 + 1e-9


def test_content_comes_back_equal_in_two_bytes_a_number() -> None:
    content = CODEBOOK.content()
    again = Codebook.from_content(content)
    assert same(again, CODEBOOK)
    assert again.content() == content
    numbers = 16 * (272 + 3 + 20)
    assert 2 * numbers < len(content) <= 2 * numbers + 8 * 4 + 4 * 128
    assert again.cells == CODEBOOK.cells == 20


def test_the_largest_numbers_that_occur_come_back() -> None:
    components = np.array([[COMPONENT_LENGTH], [-COMPONENT_LENGTH]], np.float32)
    ends = np.array([[RADIUS], [-RADIUS - 1]], np.float32)
    codebook = Codebook(components, ends, ends, np.array([0, 1, 2], np.int64))
    assert same(Codebook.from_content(codebook.content()), codebook)


def test_equal_codebooks_have_equal_content_whatever_their_layout_in_memory() -> None:
    turned = Codebook(
        np.asfortranarray(CODEBOOK.components),
        CODEBOOK.coarse[::-1][::-1],
        np.repeat(CODEBOOK.fine, 2, axis=0)[::2],
        CODEBOOK.offsets.astype(">i8"),
    )
    assert turned.content() == CODEBOOK.content()


def test_a_codebook_travels_as_its_content() -> None:
    sent = pickle.dumps(CODEBOOK)
    assert CODEBOOK.content() in sent
    assert len(sent) < len(CODEBOOK.content()) + 200
    assert same(pickle.loads(sent), CODEBOOK)  # noqa: S301 - its own


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_content_cut_short_is_an_error_of_reading(length: int) -> None:
    content = CODEBOOK.content()
    with pytest.raises((ValueError, EOFError)):
        Codebook.from_content(content[: length % len(content)])


def test_an_archive_is_an_error_of_reading() -> None:
    file = io.BytesIO()
    np.savez(file, CODEBOOK.fine)
    for content in (file.getvalue(), b"PK\x03\x04 cut short"):
        with pytest.raises(ValueError, match="magic"):
            Codebook.from_content(content)
