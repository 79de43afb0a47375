import pytest

from lookup import RequestError, SearchTimedOutError
from lookup.time_left import TimeLeft, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("500ms", 0.5), ("1m", 60), ("2", 2), (3, 3), (0.25, 0.25)]
)
def test_times_are_read(text: str | float, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0s", "-1s", "10h", "1e3", "nan"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(RequestError, match="timeout"):
        seconds_of(text)


def test_time_runs_out() -> None:
    assert 0 < TimeLeft(60).seconds() <= 60
    with pytest.raises(SearchTimedOutError, match="within 0 s"):
        TimeLeft(0).seconds()
