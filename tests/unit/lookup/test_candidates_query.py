from dataclasses import replace

import numpy as np

from lookup.candidates_query import candidates_query, filtered
from lookup.index_facts import IndexFacts
from lookup.records import record_of
from matching import WordStatistics
from matching.rules import word_keys
from signature import expand
from tests.unit.lookup.examples import model_of, random_levels

LEVELS = random_levels(300)
RECORD = record_of(expand(LEVELS[:1])[0], None, 16, 63)
KEYS = np.sort(word_keys(LEVELS[:1])[0])


def clauses(facts: IndexFacts) -> list[dict[str, dict[str, object]]]:
    """What a document may share with the first signature, and what that is worth."""
    query = candidates_query([RECORD], LEVELS[:1], facts, thorough=False)
    return [clause["term"] for clause in query["bool"]["should"]]


def test_without_a_model_every_word_is_worth_the_same() -> None:
    found = clauses(IndexFacts("i", {}, None))
    assert found == [{f"simple_word_{k}": str(RECORD[f"simple_word_{k}"])} for k in range(63)]


def test_nearer_cells_and_rarer_words_are_worth_more() -> None:
    # 1,000 signatures were counted: word 0 stands in 5 %, word 1 in 1 %, the others in 0.1 %.
    counts = np.array([50, 10, *[1] * 61])
    model = replace(model_of(LEVELS, ("cells",)), words=WordStatistics(1000, KEYS, counts))
    found = clauses(IndexFacts("i", {}, model))
    cells = [one["cells"]["boost"] for one in found if "cells" in one]
    assert len(cells) == 8
    assert cells == sorted(cells, reverse=True)
    assert cells[0] > cells[-1]
    words = {
        name: value["boost"] for one in found for name, value in one.items() if name != "cells"
    }
    assert "simple_word_0" not in words
    assert words["simple_word_1"] < words["simple_word_2"]
    assert len(words) == 62


def test_of_words_that_all_have_the_rarest_eight_stay() -> None:
    counts = np.arange(100, 163)
    model = replace(model_of(LEVELS, ("cells",)), words=WordStatistics(1000, KEYS, counts))
    words = [name for one in clauses(IndexFacts("i", {}, model)) for name in one if name != "cells"]
    assert words == [f"simple_word_{number}" for number in range(8)]


def test_documents_without_cells_are_asked_for_only_where_there_are_any() -> None:
    model = model_of(LEVELS, ("cells",))
    facts = IndexFacts("i", {}, model, without_cells=True)
    query = candidates_query([RECORD], LEVELS[:1], facts, thorough=False)
    _, foreign = query["dis_max"]["queries"]
    assert foreign["bool"]["filter"] == {"bool": {"must_not": {"exists": {"field": "cells"}}}}
    assert all("cells" not in one["term"] for one in foreign["bool"]["should"])


def test_a_filter_does_not_score() -> None:
    query = {"match_all": {}}
    assert filtered(query, None) == query
    assert filtered(query, {"term": {"a": 1}}) == {
        "bool": {"must": [query], "filter": {"term": {"a": 1}}}
    }
