import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from elasticsearch import Elasticsearch

from lookup import SearchTimedOutError
from lookup.index_facts import Index, IndexFacts
from lookup.time_left import TimeLeft

FACTS = IndexFacts("i", {}, None)


@pytest.fixture
def index() -> Index:
    """An index that is never asked: looking at it is replaced."""
    return Index(Elasticsearch("http://127.0.0.1:9"), "i", "version", None)


def test_threads_that_come_at_once_look_together(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def look(_: Index, __: TimeLeft) -> IndexFacts:
        looks.append(time.monotonic())
        time.sleep(0.3)
        return FACTS

    monkeypatch.setattr(Index, "_read", look)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: index.facts(TimeLeft(60)), range(16)))
    assert found == [FACTS] * 16
    # The first began before others came, who may want to know what is so since then.
    assert len(looks) <= 2
    assert index.facts(TimeLeft(60)) is FACTS
    assert len(looks) <= 2
    before = time.monotonic()
    index.facts(TimeLeft(60), fresh=True)
    assert looks[-1] >= before


def test_nobody_waits_for_another_longer_than_he_has_time(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, enough = threading.Event(), threading.Event()

    def look(_: Index, __: TimeLeft) -> IndexFacts:
        looking.set()
        enough.wait(30)
        return FACTS

    monkeypatch.setattr(Index, "_read", look)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(index.facts, TimeLeft(60))
        assert looking.wait(30)
        start = time.monotonic()
        with pytest.raises(SearchTimedOutError, match=r"0\.2 s"):
            index.facts(TimeLeft(0.2))
        assert time.monotonic() - start < 15
        enough.set()
        assert first.result() is FACTS
