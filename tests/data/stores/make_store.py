"""Make the small store that later versions of the code must read, or refuse with a sentence.

Once for each release, before its tag:  python -m tests.data.stores.make_store
(with the environment of `./spark-submit.sh --print-env`). It writes tests/data/stores/<version>/.
"""

import json
import shutil
import tarfile
from pathlib import Path

from PIL import Image
from pyspark.sql import SparkSession

from jobs.version import CODE_VERSION
from store import Store
from tests.conftest import PROJECT, QUICK_JVM
from tests.spark.jobs_in_session import build, night

HERE = Path(__file__).resolve().parent
ARCHIVE, EXPECTED = "store.tar.xz", "expected.json"

VERSIONS = sorted(archive.parent.name for archive in HERE.glob(f"*/{ARCHIVE}"))
"""Of which there is a store."""

_PLACE = Path("/var/tmp/spark-image-match")  # noqa: S108 - paths in the store name it
_TABLES = {
    "images": ("image_id", "status", "reason", "width", "height", "format", "metadata"),
    "pairs": ("distance", "rule"),
    "clusters": ("image_id", "keeper_id", "role", "kind", "distance", "reason"),
    "tombstones": ("image_id", "reason"),
}


def make_pictures(folder: Path, names: str) -> Path:
    """Write pictures, and a manifest of them that gives each its id.

    Parameters
    ----------
    folder : Path
        Where; made if it is not there.
    names : str
        One letter for each picture: a capital is half as large as the small one.

    Returns
    -------
    Path
        The manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    photos = sorted((PROJECT / "sample" / "photos").glob("*.jpg"))
    lines = ["image_id,path,metadata"]
    for name in names:
        file = folder / f"{name}.png"
        with Image.open(photos["abcdefgh".index(name.lower())]) as photo:
            shrunk = 2 if name.isupper() else 1
            photo.resize((photo.width // shrunk, photo.height // shrunk)).save(file)
        lines.append(f'{name},{file},"{{""seller"": ""{name.lower()}""}}"')
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return manifest


def unpack(version: str, folder: Path) -> Path:
    """Unpack the store of a version below a folder; return its path."""
    with tarfile.open(HERE / version / ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder / "store"


def what_it_says(store: Store) -> dict[str, list[list[object]]]:
    """Return what readers of a store see, in a form that JSON has."""
    said: dict[str, list[list[object]]] = {}
    pinned = store.run().versions
    for table, columns in ((name, _TABLES[name]) for name in _TABLES if name in pinned):
        rows = store.table(table).select(list(columns)).to_pylist()
        said[table] = sorted(([row[name] for name in columns] for row in rows), key=repr)
    return said


def make_store(spark: SparkSession, target: Path) -> None:
    """Build a store, let a night change it, and pack it beside what it says."""
    shutil.rmtree(_PLACE, ignore_errors=True)
    root = _PLACE / "store"
    build(spark, make_pictures(_PLACE / "pictures", "aAbcd"), root)
    night(spark, make_pictures(_PLACE / "pictures", "aAbcBe"), root)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target / ARCHIVE, "w:xz") as archive:
        archive.add(root, "store", filter=_nobodys)
    said = json.dumps(what_it_says(Store(str(root))), indent=1)
    (target / EXPECTED).write_text(said + "\n", encoding="utf-8")
    shutil.rmtree(_PLACE)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out reports, check sums, and who made it."""
    parts = member.name.split("/")
    if "reports" in parts or parts[-1].endswith(".crc"):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


if __name__ == "__main__":
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.extraJavaOptions", QUICK_JVM)
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    make_store(session, HERE / CODE_VERSION)
    session.stop()
