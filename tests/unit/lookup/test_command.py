import io
import json
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lookup.command import FAILED, FOUND, MISTAKE, NOT_FOUND, main
from signature import SignatureParameters, normalized_distance, sign_bytes, signature_version
from tests.unit.lookup.examples import Content, random_levels, write_store

PHOTOS = Path(__file__).parents[3] / "sample" / "photos"
NAMES = ("hat_1.jpg", "shoes_1.jpg")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of two photographs among made-up signatures."""
    root = tmp_path_factory.mktemp("command") / "store"
    signed = [sign_bytes((PHOTOS / name).read_bytes()).levels for name in NAMES]
    levels = np.concatenate([np.stack(signed), random_levels(40)])
    pictures = [{"path": str(PHOTOS / name), "metadata": '{"shop": "a"}'} for name in NAMES]
    others = [{"path": f"/other/{number}"} for number in range(40)]
    write_store(root, levels, Content(pictures=[*pictures, *others]))
    return str(root)


def test_a_search_prints_a_table_or_json_and_says_by_its_code_whether_it_found(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = str(PHOTOS / NAMES[0])
    assert main(["search", photo, "--store", store]) == FOUND
    title, line = capsys.readouterr().out.splitlines()
    assert title.split() == ["distance", "id", "path"]
    assert line.split() == ["0.0000", "id-0-0", photo]
    assert main(["search", photo, "--store", store, "--json", "--all-orientations"]) == FOUND
    (match,) = json.loads(capsys.readouterr().out)
    assert (match["dist"], match["orientation"]) == (0.0, "upright")
    assert match["metadata"] == {"shop": "a"}
    assert main(["search", str(PHOTOS / "dress_1.jpg"), "--store", store]) == NOT_FOUND
    assert capsys.readouterr().out == "no match\n"


def test_a_picture_comes_from_standard_input(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (PHOTOS / NAMES[1]).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["search", "-", "--store", store, "--cutoff", "0.1"]) == FOUND
    assert NAMES[1] in capsys.readouterr().out


def test_standard_input_is_bounded(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (PHOTOS / NAMES[1]).read_bytes()
    arguments = ["search", "-", "--store", store, "--max-bytes"]
    for most, code in ((len(data), FOUND), (len(data) - 1, MISTAKE)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main([*arguments, str(most)]) == code
    assert "above the limit" in capsys.readouterr().err


def test_counting_with_a_filter(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", "--store", store]) == FOUND
    wanted = '{"exists": {"field": "metadata.shop"}}'
    assert main(["count", "--store", store, "--json", "--filter", wanted]) == FOUND
    assert capsys.readouterr().out.splitlines() == ["images       42", '{"images": 2}']


def test_comparing_two_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (str(PHOTOS / name) for name in NAMES)
    assert main(["compare", one, one, "--json"]) == FOUND
    assert json.loads(capsys.readouterr().out) == {
        "dist": 0.0,
        "orientation": "upright",
        "match": True,
    }
    assert main(["compare", one, other]) == NOT_FOUND


def test_pictures_are_compared_as_a_store_signs_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    levels = random_levels(40)
    photo = PHOTOS / NAMES[0]
    with Image.open(photo) as picture:
        edge = picture.width // 10
        bordered = picture.crop((edge, 0, picture.width, picture.height))
        bordered.save(tmp_path / "cropped.png")
    settings = {"signature": {"crop_percentiles": None}}
    parameters = SignatureParameters(crop_percentiles=None)
    version = signature_version(parameters)
    write_store(tmp_path / "store", levels, Content(settings=settings, version=version))
    asked = ["compare", str(photo), str(tmp_path / "cropped.png"), "--json"]
    distances = []
    for options in ([], ["--store", str(tmp_path / "store")]):
        main([*asked, *options])
        distances.append(json.loads(capsys.readouterr().out)["dist"])
    whole = [sign_bytes(Path(name).read_bytes(), parameters).levels for name in asked[1:3]]
    assert distances[1] == normalized_distance(*whole)
    assert distances[0] != distances[1]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["search", "/not/there.jpg", "--store", "STORE"], MISTAKE, "No such file"),
        (["search", __file__, "--store", "STORE"], MISTAKE, "picture"),
        (["search", "http://127.0.0.1/x", "--store", "STORE"], MISTAKE, "public internet"),
        (["search", "x.jpg"], MISTAKE, "Name one database"),
        (["search", "x", "--store", "a", "--elasticsearch", "http://b"], MISTAKE, "one database"),
        (["count", "--store", "/nowhere"], FAILED, "no committed run"),
        (["count", "--store", "STORE", "--filter", "{"], MISTAKE, "no JSON"),
        (["count", "--store", "STORE", "--filter", '{"script": {}}'], MISTAKE, "filters by"),
        (["add", "x.jpg", "--store", "STORE"], FAILED, "read only"),
        (["add", "a", "b", "--id", "7", "--store", "STORE"], MISTAKE, "one picture"),
        (["add", "-", "--store", "STORE"], MISTAKE, "--path"),
        (["delete", "--id", "7", "--store", "STORE"], FAILED, "read only"),
        (["count", "--elasticsearch", "AWAY", "--timeout", "5s"], FAILED, "cannot be reached"),
        (["count", "--elasticsearch", "AWAY", "--timeout", "soon"], MISTAKE, "timeout"),
        (["count", "--elasticsearch", "no address"], MISTAKE, "--elasticsearch"),
    ],
)
def test_every_mistake_is_one_sentence(
    store: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{probe.getsockname()[1]}"
    places = {"STORE": store, "AWAY": away}
    assert main([places.get(one, one) for one in arguments]) == code
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.startswith("lookup: ")
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
