"""The criteria of the ranking: read, refused in a sentence, and said in words."""

import pytest

from jobs.criteria import DEFAULT_RANKING, Criterion, parse_criterion, parse_ranking

SAID = {
    "protected": "the keeper is from a protected source",
    "pixels": "the keeper has more pixels",
    "pixels:smaller": "the keeper has fewer pixels",
    "lossless": "the keeper is stored without loss",
    "bytes": "the keeper has more bytes",
    "bytes:smaller": "the keeper has fewer bytes",
    "date": "the keeper is older",
    "date:newer": "the keeper is newer",
    "path": "the keeper has the path that comes first",
    "metadata.rating:larger": "the keeper has the larger rating",
    "metadata.added on:smaller": "the keeper has the smaller added on",
}


@pytest.mark.parametrize("text", SAID)
def test_a_criterion_says_why(text: str) -> None:
    assert parse_criterion(text).words == SAID[text]


@pytest.mark.parametrize(
    ("text", "field", "order"),
    [
        ("metadata.rating:larger", "rating", "larger"),
        ("metadata.a.b:c:smaller", "a.b:c", "smaller"),
        ("metadata.larger:smaller", "larger", "smaller"),
    ],
)
def test_a_field_is_all_up_to_the_last_colon(text: str, field: str, order: str) -> None:
    assert parse_criterion(text) == Criterion("metadata", order, field)
    assert parse_criterion(text).words_alone == f"only the keeper has {field}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pixel", "there is no criterion 'pixel', only protected, pixels, lossless"),
        ("", "there is no criterion ''"),
        ("metadata", "metadata.FIELD"),
        ("bytes:larger", "there is no criterion 'bytes:larger', only bytes or bytes:smaller"),
        ("bytes:", "only bytes or bytes:smaller"),
        ("lossless:smaller", "only lossless"),
        ("metadata.rating", "metadata.rating:larger or metadata.rating:smaller"),
        ("metadata.rating:more", "metadata.rating:larger or metadata.rating:smaller"),
        ("metadata.:larger", "metadata.FIELD:larger"),
        ("metadata.it's:larger", "neither apostrophe nor question mark"),
        ("metadata.what?:larger", "neither apostrophe nor question mark"),
    ],
)
def test_what_is_no_criterion_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as refused:
        parse_criterion(text)
    assert said in str(refused.value)


def test_a_ranking_keeps_its_order() -> None:
    names = [criterion.name for criterion in parse_ranking(DEFAULT_RANKING)]
    assert names == ["protected", "pixels", "lossless", "bytes", "date"]


@pytest.mark.parametrize(
    "texts", [("date", "date:newer"), ("metadata.a:larger", "bytes", "metadata.a:smaller")]
)
def test_what_was_decided_before_is_refused(texts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=f"'{texts[-1]}' decides nothing"):
        parse_ranking(texts)


def test_other_fields_of_the_metadata_may_decide_later() -> None:
    assert len(parse_ranking(("metadata.a:larger", "metadata.b:larger", "date"))) == 3
