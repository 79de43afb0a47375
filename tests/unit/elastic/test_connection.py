"""Addresses and secrets: read, refused, and never shown."""

import pickle
from pathlib import Path

import pytest

from elastic import ConnectionSettingError, connection
from elastic.secret import Secret, is_reference, read_secret

PLANTED = "planted-4711"


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "prefix"),
    [
        ("http://search", False, "search", 9200, ""),
        ("https://search.example:9243/", True, "search.example", 9243, ""),
        ("http://127.0.0.1:80/a/b/", False, "127.0.0.1", 80, "/a/b"),
        ("https://[::1]:9200", True, "::1", 9200, ""),
    ],
)
def test_addresses(url: str, secure: bool, host: str, port: int, prefix: str) -> None:
    place = connection(url)
    assert (place.secure, place.host, place.port, place.prefix) == (secure, host, port, prefix)
    assert connection(place.url) == place


@pytest.mark.parametrize(
    "url",
    ["search:9200", "ftp://search", "http://", "http://a:b", "http://a:0", "http://a?x=1", ""],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConnectionSettingError):
        connection(url)


def test_a_secret_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(ConnectionSettingError) as caught:
        connection(f"http://user:{PLANTED}@search:9200")
    assert PLANTED not in str(caught.value)


def test_secrets_come_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", PLANTED)
    file = tmp_path / "key"
    file.write_text(PLANTED + "\r\n")
    by_password = connection("http://a", user="me", password="env:PLANTED")  # noqa: S106
    assert by_password.headers() == {"Authorization": "Basic bWU6cGxhbnRlZC00NzEx"}
    by_key = connection("http://a", api_key=f"file:{file}")
    assert by_key.headers() == {"Authorization": f"ApiKey {PLANTED}"}
    assert connection("http://a").headers() == {}
    for place in (by_password, by_key):
        assert PLANTED not in repr(place) + str(place) + place.url
        assert pickle.loads(pickle.dumps(place)).headers() == place.headers()  # noqa: S301


def test_a_secret_that_is_written_down_is_refused_and_not_shown(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for reference in (PLANTED, "env:", "file:", "env:NOT_SET_4711", f"file:{empty}", "file:/no"):
        with pytest.raises(ConnectionSettingError) as caught:
            read_secret(reference, "the password")
        assert PLANTED not in str(caught.value)
    assert not is_reference(PLANTED)
    assert PLANTED not in repr(Secret(PLANTED))


def test_ways_in_exclude_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", PLANTED)
    with pytest.raises(ConnectionSettingError, match="not both"):
        connection("http://a", user="me", password="env:PLANTED", api_key="env:PLANTED")  # noqa: S106
    with pytest.raises(ConnectionSettingError, match="go together"):
        connection("http://a", user="me")


def test_files_of_authorities_are_looked_at_before_any_work(tmp_path: Path) -> None:
    file = tmp_path / "authorities.pem"
    with pytest.raises(ConnectionSettingError, match="no file of authorities"):
        connection("https://a", ca_file=str(file))
    file.write_text("no certificate")
    with pytest.raises(ConnectionSettingError, match="PEM"):
        connection("https://a", ca_file=str(file))
    with pytest.raises(ConnectionSettingError, match="https"):
        connection("http://a", ca_file=str(file))
