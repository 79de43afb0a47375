import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signature.percentile import sorted_percentiles

VALUES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60)


@given(VALUES, st.one_of(st.sampled_from([0, 5, 50, 95, 100]), st.floats(0, 100)))
def test_is_that_of_numpy_to_the_last_bit(values: list[float], percent: float) -> None:
    ordered = np.sort(np.array(values))
    found = sorted_percentiles(ordered, np.array([percent], np.float64))
    assert found.tolist() == [np.percentile(ordered, percent)]


def test_every_length_at_the_percentiles_in_use() -> None:
    random = np.random.default_rng(5)
    for length in range(1, 400):
        values = np.sort(random.random(length))
        percents = np.array([5, 50, 95, 100 / 3])
        found = sorted_percentiles(values, percents)
        np.testing.assert_array_equal(found, np.percentile(values, percents))
