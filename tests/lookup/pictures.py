"""image-match's documented pictures, and squashed, turned and inverted ones made of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

WIKIPEDIA = "MonaLisa_Wikipedia.jpg"
WIKIIMAGES = "MonaLisa_WikiImages.jpg"
REMIX = "MonaLisa_Remix_Flickr.jpg"
CARAVAGGIO = "Caravaggio_Wikipedia.jpg"

DOCUMENTED = (WIKIPEDIA, WIKIIMAGES, REMIX, CARAVAGGIO)


class Pictures:
    """Paths of the pictures, originals and altered ones."""

    def __init__(self, originals: Path, altered: Path) -> None:
        self._originals, self._altered = originals, altered

    def path(self, name: str) -> str:
        """Return the path of an original."""
        return str(self._originals / name)

    def metadata(self, name: str) -> dict[str, Any] | None:
        """Return what is kept with an original: one has some, as in the documentation."""
        return {"things": "stuff!", "more": {"year": 1503}} if name == REMIX else None

    def row(self, name: str) -> dict[str, str | None]:
        """Return an original as a manifest has it."""
        metadata = self.metadata(name)
        return {
            "path": self.path(name),
            "metadata": None if metadata is None else json.dumps(metadata),
        }

    def squashed(self, name: str) -> str:
        """Return a copy of half the height."""
        return self._saved(name, "squashed", lambda p: p.resize((p.width, p.height // 2)))

    def turned(self, name: str) -> str:
        """Return a copy turned by a quarter, counterclockwise."""
        return self._saved(name, "turned", lambda p: p.transpose(Image.Transpose.ROTATE_90))

    def mirrored_negative(self, name: str) -> str:
        """Return a copy mirrored and inverted: one of the forms that image-match does not try."""
        return self._saved(name, "negative", lambda p: ImageOps.invert(ImageOps.mirror(p)))

    def cropped(self, name: str) -> str:
        """Return a copy without 2 % of each side."""
        return self._saved(
            name,
            "cropped",
            lambda p: p.crop(
                (p.width // 50, p.height // 50, p.width * 49 // 50, p.height * 49 // 50)
            ),
        )

    def _saved(self, name: str, what: str, change: Callable[[Image.Image], Image.Image]) -> str:
        target = self._altered / f"{what}_{Path(name).stem}.png"
        if not target.exists():
            with Image.open(self._originals / name) as picture:
                change(picture.convert("RGB")).save(target)
        return str(target)
