"""Make the sample corpus out of a few photographs.

``pictures/originals/`` holds the photographs, bytes untouched, ``pictures/derived/`` their
copies. Beside ``pictures/`` lie ``truth.tsv``, what was made from what, and ``complete.json``,
what it all was made with: written last, it says that nothing is missing.
"""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from fetch.location import local_path
from jobs.sample.recipes import RECIPES, Recipe
from jobs.sample.truth import ORIGINAL, Copy, read_truth, write_truth
from jobs.sources import SourceError

PICTURES = "pictures"
TRUTH = "truth.tsv"
_COMPLETE = "complete.json"
# Raised with any change to what a seed gives, so that corpora made before are made anew.
_EDITION = 2
# Each photograph goes through every other recipe: enough per recipe, and half the time.
_EVERY = 2


def make_sample_corpus(photos: Path, out: Path, seed: int) -> Path:
    """Make the sample corpus, unless it is there already.

    The same photographs and seed give the same bytes (with one version of Pillow and numpy).
    The corpus appears whole or not at all; one that was made otherwise, or has lost files, is
    replaced.

    Parameters
    ----------
    photos : Path
        Folder of photographs, nothing else in it.
    out : Path
        Folder to make.
    seed : int
        Decides noise and places.

    Returns
    -------
    Path
        ``out``, which holds `PICTURES`, a folder, and `TRUTH`, a file.

    Raises
    ------
    SourceError
        If there are no photographs, or ``out`` holds something that was not made here.
    """
    names = sorted(path.name for path in photos.iterdir()) if photos.is_dir() else []
    if not names:
        raise SourceError(f"No photographs in {photos}.")
    made_with = _made_with(photos, names, seed)
    if _is_complete(out, made_with):
        return out
    _require_ours(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as scratch:
        made = Path(scratch, "corpus")
        _make(photos, names, made, seed)
        (made / _COMPLETE).write_text(json.dumps(made_with, indent=1), encoding="utf-8")
        _put_in_place(made, out, made_with)
    return out


def _make(photos: Path, names: list[str], made: Path, seed: int) -> None:
    copies: list[Copy] = []
    for folder in ("originals", "derived"):
        (made / PICTURES / folder).mkdir(parents=True)
    for number, name in enumerate(names):
        original = f"{PICTURES}/originals/{name}"
        shutil.copyfile(photos / name, made / original)
        copies.append(Copy(original, original, ORIGINAL))
        with Image.open(photos / name) as opened:
            picture = opened.convert("RGB")
        for recipe in RECIPES[number % _EVERY :: _EVERY]:
            file = f"{PICTURES}/derived/{name}__{recipe.name}.{recipe.format.lower()}"
            _write_copy(
                recipe,
                photos / name,
                picture,
                made / file,
                _generator(seed, name, recipe),
            )
            copies.append(Copy(file, original, recipe.name))
    write_truth(copies, made / TRUTH)


def _write_copy(
    recipe: Recipe,
    photo: Path,
    picture: Image.Image,
    file: Path,
    rng: np.random.Generator,
) -> None:
    if recipe.transform is None:
        shutil.copyfile(photo, file)
        return
    changed = recipe.transform(picture, rng)
    if recipe.format == "PNG":
        changed.save(file, "PNG", compress_level=1)  # quick; the pixels are what counts
    else:
        changed.save(file, "JPEG", quality=recipe.quality)


def _generator(seed: int, name: str, recipe: Recipe) -> np.random.Generator:
    """Chance that depends on seed, photograph and recipe, not on which others there are."""
    digest = hashlib.blake2b(json.dumps([seed, name, recipe.name]).encode(), digest_size=8)
    return np.random.default_rng(int.from_bytes(digest.digest(), "big"))


def _made_with(photos: Path, names: list[str], seed: int) -> dict[str, object]:
    content = hashlib.blake2b(digest_size=16)
    for name in names:
        content.update(hashlib.blake2b(os.fsencode(name)).digest())
        content.update(hashlib.blake2b((photos / name).read_bytes()).digest())
    return {
        "edition": _EDITION,
        "seed": seed,
        "photos": content.hexdigest(),
        "pillow": PIL.__version__,
        "numpy": np.__version__,
    }


def _is_complete(out: Path, made_with: dict[str, object]) -> bool:
    try:
        recorded = json.loads((out / _COMPLETE).read_text(encoding="utf-8"))
        files = read_truth(out / TRUTH).column("path").to_pylist()
    except (OSError, ValueError):
        return False
    return bool(recorded == made_with) and all(local_path(file).is_file() for file in files)


def _require_ours(out: Path) -> None:
    """Refuse a folder that is about to be replaced and is not a sample corpus."""
    if os.path.lexists(out) and not (out / _COMPLETE).is_file() and not _is_empty(out):
        raise SourceError(f"{out} is in the way: it is not a sample corpus, so it is left alone.")


def _is_empty(out: Path) -> bool:
    return out.is_dir() and not any(out.iterdir())


def _put_in_place(made: Path, out: Path, made_with: dict[str, object]) -> None:
    """Let the new corpus take the old one's place; the old one goes with the scratch folder."""
    if out.exists():
        out.replace(made.with_name("replaced"))
    try:
        made.replace(out)
    except OSError:
        if not _is_complete(out, made_with):  # else another process was quicker, with the same
            raise
