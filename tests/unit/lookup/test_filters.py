import pytest

from lookup import RequestError
from lookup.filters import filter_of

PICTURE = {
    "path": "/photos/a.jpg",
    "image_id": "7",
    "metadata": {"shop": "a", "year": 1503, "sold": True, "tags": ["oil", "wood"], "none": None},
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"term": {"metadata.shop": "a"}}, True),
        ({"term": {"metadata.shop": {"value": "a"}}}, True),
        ({"term": {"metadata.shop.keyword": "a"}}, True),
        ({"term": {"metadata.shop": "b"}}, False),
        ({"term": {"metadata.year": 1503}}, True),
        ({"term": {"metadata.year": "1503"}}, True),
        ({"term": {"metadata.sold": "true"}}, True),
        ({"term": {"metadata.tags": "wood"}}, True),
        ({"term": {"metadata.shop.deeper": "a"}}, False),
        ({"terms": {"image_id": ["6", "7"]}}, True),
        ({"terms": {"image_id": []}}, False),
        ({"prefix": {"path": "/photos/"}}, True),
        ({"prefix": {"path": "/other/"}}, False),
        ({"exists": {"field": "metadata.tags"}}, True),
        ({"exists": {"field": "metadata.none"}}, False),
        ({"range": {"metadata.year": {"gte": 1503, "lt": 1504}}}, True),
        ({"range": {"metadata.year": {"gt": 1503}}}, False),
        ({"range": {"metadata.shop": {"gt": 1503}}}, False),
        ([{"term": {"image_id": "7"}}, {"term": {"metadata.shop": "b"}}], False),
        ({"bool": {"must_not": {"term": {"metadata.shop": "b"}}}}, True),
        ({"bool": {"should": [{"term": {"image_id": "6"}}, {"term": {"image_id": "7"}}]}}, True),
        ({"bool": {"should": [{"term": {"image_id": "6"}}]}}, False),
        (
            {"bool": {"must": {"term": {"image_id": "7"}}, "should": {"term": {"image_id": "6"}}}},
            True,
        ),
        (lambda picture: picture["metadata"]["year"] < 1600, True),
    ],
)
def test_a_filter_tells_which_pictures_are_wanted(given: object, expected: bool) -> None:
    wanted = filter_of(given)
    assert wanted is not None
    assert wanted(PICTURE) is expected


def test_no_filter_is_none() -> None:
    assert filter_of(None) is None


@pytest.mark.parametrize(
    "given",
    [
        "text",
        {},
        {"term": {}},
        {"term": {"a": 1, "b": 2}},
        {"term": {"a": 1}, "prefix": {"a": 1}},
        {"script": {"source": "true"}},
        {"terms": {"a": "b"}},
        {"range": {"a": {"above": 1}}},
        {"bool": {"must_be": []}},
        [7],
    ],
)
def test_other_filters_are_refused_in_a_sentence(given: object) -> None:
    with pytest.raises(RequestError):
        filter_of(given)
