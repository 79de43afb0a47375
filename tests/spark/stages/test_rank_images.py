"""Which of two images would rather be kept, and why."""

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest
from pyspark.sql import functions as F

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


def order(frame: MakeFrame, *images: dict[str, Any], protected: tuple[str, ...] = ()) -> list[str]:
    ranked = rank_images(frame(images, IMAGES), protected)
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


def reason(frame: MakeFrame, keeper: dict[str, Any], other: dict[str, Any]) -> str:
    ranked = rank_images(frame([keeper, other], IMAGES), ["/kept"])
    one = ranked.where(F.col("image_id") == keeper["image_id"]).select(
        F.col("criteria").alias("x"), F.col("rank").alias("rank_x")
    )
    two = ranked.where(F.col("image_id") == other["image_id"])
    both = one.join(two, F.col("rank_x") < F.col("rank"), how="inner")
    (row,) = both.select(why_better("x", "criteria").alias("reason")).collect()
    return str(row.reason)


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
