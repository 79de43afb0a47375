"""Which of two images would rather be kept, and why."""

import json
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from pyspark.sql import functions as F

from jobs.criteria import DEFAULT_RANKING
from jobs.stages.rank_images import LOSSLESS_FORMATS, rank_images, why_better
from signature.parameters import FORMATS
from store.schemas import IMAGES

from .conftest import MakeFrame

pytestmark = pytest.mark.spark


def image(image_id: str, **changed: object) -> dict[str, Any]:
    middle = {
        "path": f"/pictures/{image_id}",
        "width": 100,
        "height": 100,
        "format": "JPEG",
        "bytes": 5000,
        "mtime": datetime(2020, 1, 1, tzinfo=UTC),
        "status": "signed",
    }
    return {"image_id": image_id} | middle | changed


def order(
    frame: MakeFrame,
    *images: dict[str, Any],
    protected: tuple[str, ...] = (),
    ranking: tuple[str, ...] = DEFAULT_RANKING,
) -> list[str]:
    ranked = rank_images(frame(images, IMAGES), protected, ranking)
    return [row.image_id for row in ranked.orderBy("rank").collect()]


LADDERS = {
    "pixels": [
        image("e", width=2**31 - 1, height=2**31 - 1),
        image("d", width=70_000, height=70_000),  # above 32 bits
        image("c", width=50, height=201),
        image("b", width=100, height=100),
        image("a", width=None, height=None),
    ],
    "lossless": [image("b", format="PNG"), image("a", format="JPEG")],
    "bytes": [image("c", bytes=2**40), image("b", bytes=5001), image("a", bytes=None)],
    "mtime": [
        image("f", mtime=datetime(1950, 1, 1, tzinfo=UTC)),  # before 1970: below zero
        image("e", mtime=datetime(1970, 1, 1, tzinfo=UTC)),
        image("d", mtime=datetime(2020, 1, 1, tzinfo=UTC)),
        image("c", mtime=datetime(2020, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        image("a", mtime=None),
    ],
    "image_id": [image("Z"), image("a"), image("aa"), image("b"), image("é")],
}


@pytest.mark.parametrize("criterion", LADDERS)
def test_each_criterion_orders(frame: MakeFrame, criterion: str) -> None:
    ladder = LADDERS[criterion]
    assert order(frame, *reversed(ladder)) == [row["image_id"] for row in ladder]


def rated(image_id: str, rating: object = None, field: str = "rating") -> dict[str, Any]:
    return image(image_id, metadata=json.dumps({field: rating, "other": 1}))


# Of each criterion that is not among the default ones, best first.
ASKED_FOR = {
    "pixels:smaller": [
        image("d", width=50),
        image("c", width=70_000, height=70_000),
        image("a", width=None),
    ],
    "bytes:smaller": [image("c", bytes=1), image("b", bytes=2**40), image("a", bytes=None)],
    "date:newer": [
        image("d", mtime=datetime(2020, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        image("c", mtime=datetime(2020, 1, 1, tzinfo=UTC)),
        image("b", mtime=datetime(1950, 1, 1, tzinfo=UTC)),
        image("a", mtime=None),
    ],
    "path": [
        image("d", path="/a"),
        image("c", path="/a/b"),
        image("b", path="/aa"),
        image("a", path="/é"),
    ],
    "metadata.rating:larger": [
        rated("m", 1e300),
        rated("l", 12),
        rated("k", "9.5"),  # a number in quotes
        rated("j", 0.02),
        rated("i", 1e-300),
        rated("h", 0),
        rated("g", -0.02),
        rated("f", -12),
        rated("e", "é"),
        rated("d", "b"),
        rated("c", "ab"),
        rated("b", "a"),
        image("a", metadata="no JSON"),
    ],
    "metadata.rating:smaller": [
        rated("m", -1e300),
        rated("l", -3),
        rated("k", -2.5),
        rated("j", 0),
        rated("i", 2.5),
        rated("h", 10),
        rated("g", ""),
        rated("f", "A"),
        rated("e", "AA"),
        rated("d", "B"),
        rated("c", "a"),
        rated("b", None),  # as if there were none: the smaller id decides
        image("c2"),
    ],
    "metadata.a b.c:smaller": [rated("b", 1, "a b.c"), rated("a", 2, "a b.c")],
}


@pytest.mark.parametrize("criterion", ASKED_FOR)
def test_a_criterion_that_is_asked_for_orders(frame: MakeFrame, criterion: str) -> None:
    ladder = ASKED_FOR[criterion]
    given = order(frame, *reversed(ladder), ranking=(criterion,))
    assert given == [row["image_id"] for row in ladder]


def test_the_list_says_what_counts_first(frame: MakeFrame) -> None:
    images = (rated("a", 1) | {"bytes": 1}, rated("b", 2) | {"bytes": 2}, rated("c", 2))
    by_rating = ("metadata.rating:smaller", "bytes")
    assert order(frame, *images, ranking=by_rating) == ["a", "c", "b"]
    assert order(frame, *images, ranking=by_rating[::-1]) == ["c", "b", "a"]


BETTER = {
    "protected": {"path": "/kept/x"},
    "pixels": {"width": 101},
    "lossless": {"format": "PNG"},
    "bytes": {"bytes": 5001},
    "mtime": {"mtime": datetime(2019, 1, 1, tzinfo=UTC)},
}


@pytest.mark.parametrize(("earlier", "later"), list(combinations(BETTER, 2)))
def test_an_earlier_criterion_outweighs_a_later_one(
    frame: MakeFrame, earlier: str, later: str
) -> None:
    one, other = image("b", **BETTER[earlier]), image("a", **BETTER[later])
    assert order(frame, other, one, protected=("/kept",)) == ["b", "a"]


@pytest.mark.parametrize("name", LOSSLESS_FORMATS)
def test_lossless_formats_go_by_their_names_in_pillow(name: str) -> None:
    assert name in FORMATS


@pytest.mark.parametrize(
    ("prefix", "path", "inside"),
    [
        ("/kept", "/kept/deep/x.jpg", True),
        ("/kept/", "/kept/x.jpg", True),
        ("/kept", "/kept", True),
        ("/", "/x.jpg", True),
        ("/kept", "/kept_not/x.jpg", False),
        ("/kept", "/other/kept/x.jpg", False),
        ("s3://bucket/kept", "s3://bucket/kept/x.jpg", True),
        ("/100%_", "/100%_/x.jpg", True),
        ("/100%_", "/1000a/x.jpg", False),
        ("/kept", "file:///kept/%FF.jpg", True),  # a name that is not UTF-8
    ],
)
def test_protected_is_what_lies_below_a_folder(
    frame: MakeFrame, prefix: str, path: str, inside: bool
) -> None:
    images = [image("a", path="s3://other/a"), image("b", path=path)]
    assert order(frame, *images, protected=("/elsewhere", prefix)) == (
        ["b", "a"] if inside else ["a", "b"]
    )


REASONS = {
    "protected": "the keeper is from a protected source",
    "pixels": "the keeper has more pixels",
    "lossless": "the keeper is stored without loss",
    "bytes": "the keeper has more bytes",
    "mtime": "the keeper is older",
}


def reason(
    frame: MakeFrame,
    keeper: dict[str, Any],
    other: dict[str, Any],
    ranking: tuple[str, ...] = DEFAULT_RANKING,
) -> str:
    ranked = rank_images(frame([keeper, other], IMAGES), ["/kept"], ranking)
    one = ranked.where(F.col("image_id") == keeper["image_id"]).select(
        F.col("criteria").alias("x"), F.col("rank").alias("rank_x")
    )
    two = ranked.where(F.col("image_id") == other["image_id"])
    both = one.join(two, F.col("rank_x") < F.col("rank"), how="inner")
    (row,) = both.select(why_better("x", "criteria", ranking).alias("reason")).collect()
    return str(row.reason)


@pytest.mark.parametrize(
    ("criterion", "keeper", "other", "said"),
    [
        ("pixels:smaller", {"width": 9}, {}, "the keeper has fewer pixels"),
        ("bytes:smaller", {"bytes": 9}, {}, "the keeper has fewer bytes"),
        ("date:newer", {}, {"mtime": None}, "the keeper is newer"),
        ("path", {"path": "/a"}, {}, "the keeper has the path that comes first"),
        (
            "metadata.rating:larger",
            {"metadata": '{"rating": 5}'},
            {"metadata": '{"rating": 4.5}'},
            "the keeper has the larger rating",
        ),
        (
            "metadata.rating:smaller",
            {"metadata": '{"rating": "a"}'},
            {"metadata": '{"rating": "b"}'},
            "the keeper has the smaller rating",
        ),
        (
            "metadata.rating:smaller",
            {"metadata": '{"rating": 5}'},
            {"metadata": "{}"},
            "only the keeper has rating",
        ),
    ],
)
def test_the_reason_names_a_criterion_that_was_asked_for(
    frame: MakeFrame, criterion: str, keeper: dict[str, Any], other: dict[str, Any], said: str
) -> None:
    ranking = ("lossless", criterion, "pixels")
    assert reason(frame, image("b", **keeper), image("a", **other), ranking) == said


@pytest.mark.parametrize("better_in_the_rest", ["keeper", "other"])
@pytest.mark.parametrize("criterion", REASONS)
def test_the_reason_is_the_criterion_that_decided(
    frame: MakeFrame, criterion: str, better_in_the_rest: str
) -> None:
    names = list(BETTER)
    after: dict[str, object] = {}
    for name in names[names.index(criterion) + 1 :]:
        after |= BETTER[name]
    keeper, other = (after, {}) if better_in_the_rest == "keeper" else ({}, after)
    # What decided comes last: the rest must not undo it.
    decided = image("b", **(keeper | BETTER[criterion]))
    assert reason(frame, decided, image("a", **other)) == REASONS[criterion]


def test_the_smaller_id_is_the_last_reason(frame: MakeFrame) -> None:
    said = "all else equal, the keeper has the smaller id"
    assert reason(frame, image("a"), image("b")) == said
    assert (
        reason(frame, image("a", mtime=None, width=None), image("b", mtime=None, width=None))
        == said
    )
