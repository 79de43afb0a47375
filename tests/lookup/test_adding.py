"""Adding and deleting, on the databases that can be written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fetch import NotFoundError
from lookup import (
    RejectedError,
    SignatureDatabaseBase,
    SignatureES,
    SignatureMongo,
    make_record,
)
from signature import SignatureError
from signature.errors import NotAnImageError
from tests.lookup.pictures import CARAVAGGIO, REMIX, WIKIIMAGES, WIKIPEDIA, Pictures

pytestmark = pytest.mark.elastic


@pytest.fixture(params=["elasticsearch", "mongo"])
def database(request: pytest.FixtureRequest) -> SignatureDatabaseBase:
    """Return each empty database in turn."""
    if request.param == "mongo":
        return SignatureMongo(request.getfixturevalue("collection"), timeout="60s")
    found: SignatureES = request.getfixturevalue("ses")
    return found


def test_twice_is_two_unless_there_is_an_id(
    database: SignatureDatabaseBase, pictures: Pictures
) -> None:
    path = pictures.path(WIKIPEDIA)
    first = database.add_image(path, refresh_after=True)
    second = database.add_image(path, refresh_after=True)
    assert first != second
    found = database.search_image(path)
    assert {match["id"] for match in found} == {first, second}
    for _ in range(2):
        assert database.add_image(path, image_id="mine", refresh_after=True) == "mine"
    assert len(database.search_image(path)) == 3
    assert database.count() == 3


def test_of_duplicates_the_oldest_stays(
    database: SignatureDatabaseBase, pictures: Pictures
) -> None:
    path = pictures.path(WIKIPEDIA)
    first = database.add_image(path, refresh_after=True)
    for _ in range(3):
        database.add_image(path)
    database.add_image("another", img=path)
    assert database.delete_duplicates(path) == 3
    assert [match["id"] for match in database.search_image(path) if match["path"] == path] == [
        first
    ]
    assert database.count() == 2
    assert database.delete_duplicates("not there") == 0


def test_a_picture_under_another_name_and_from_bytes(
    database: SignatureDatabaseBase, pictures: Pictures
) -> None:
    data = Path(pictures.path(REMIX)).read_bytes()
    database.add_image("from bytes", img=data, bytestream=True)
    database.add_image("from a path", img=pictures.path(REMIX), refresh_after=True)
    found = database.search_image(data, bytestream=True)
    assert {match["path"] for match in found} == {"from bytes", "from a path"}
    assert [match["dist"] for match in found] == [0.0, 0.0]


def test_deleting_by_path_and_by_id(database: SignatureDatabaseBase, pictures: Pictures) -> None:
    one = database.add_image(pictures.path(WIKIPEDIA))
    database.add_image(pictures.path(CARAVAGGIO), refresh_after=True)
    assert database.delete_by_path(pictures.path(CARAVAGGIO)) == 1
    assert database.delete_by_path(pictures.path(CARAVAGGIO)) == 0
    assert database.count() == 1
    assert database.delete_by_id(one)
    assert not database.delete_by_id(one)
    assert database.count() == 0
    assert database.search_image(pictures.path(WIKIPEDIA)) == []


def test_many_at_once_and_a_bad_one_stops_nothing(
    database: SignatureDatabaseBase, pictures: Pictures
) -> None:
    def wanted() -> Iterator[dict[str, object]]:
        yield {"path": pictures.path(WIKIPEDIA), "image_id": "a"}
        yield {"path": "/not/there.jpg"}
        yield {"path": "no picture", "img": b"text", "bytestream": True}
        yield {"path": pictures.path(WIKIIMAGES), "metadata": {"n": 1}}

    added = list(database.add_images(wanted(), refresh_after=True))
    assert [one.path for one in added] == [
        pictures.path(WIKIPEDIA),
        "/not/there.jpg",
        "no picture",
        pictures.path(WIKIIMAGES),
    ]
    assert added[0].image_id == "a"
    assert isinstance(added[1].error, NotFoundError)
    assert isinstance(added[2].error, SignatureError)
    assert added[3].error is None
    assert database.count() == 2
    assert len(database.search_image(pictures.path(WIKIPEDIA))) == 2


def test_an_image_that_is_none_is_named_so(database: SignatureDatabaseBase) -> None:
    with pytest.raises(NotAnImageError):
        database.search_image(b"<html>not found</html>", bytestream=True)
    with pytest.raises(NotAnImageError):
        database.add_image("page", img=b"<html>not found</html>", bytestream=True)


def test_what_the_server_refuses_says_why(ses: SignatureES, pictures: Pictures) -> None:
    with pytest.raises(RejectedError, match="metadata"):
        ses.add_image(pictures.path(WIKIPEDIA), metadata="not an object")
    added = list(
        ses.add_images(
            [
                {"path": pictures.path(WIKIPEDIA), "metadata": ["neither"]},
                {"path": pictures.path(WIKIIMAGES)},
            ],
            refresh_after=True,
        )
    )
    assert isinstance(added[0].error, RejectedError)
    assert added[1].error is None
    assert ses.count() == 1


def test_a_record_is_searched_as_it_is_and_not_changed(
    database: SignatureDatabaseBase, pictures: Pictures
) -> None:
    path = pictures.path(WIKIPEDIA)
    record = make_record(path, database.gis, database.k, database.N)
    copy = dict(record)
    database.insert_single_record(record, refresh_after=True)
    found = database.search_single_record(record)
    assert [match["path"] for match in found] == [path]
    assert record == copy
