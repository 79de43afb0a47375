"""How many levels must differ from zero before a signature says anything.

``python -m benchmarks.featureless --data DIR`` prints tables, and one JSON object as its last line.
DIR holds ``signatures/dev.npz``, ``fixtures/``, ``photos/`` and ``pairs/make_pairs.py``. Counts are
of the 272 independent levels: in the full form each of them stands twice. Takes about a minute;
``OMP_NUM_THREADS=1`` keeps it to one core. docs/adr/0012 draws the conclusions.
"""

import argparse
import csv
import json
import time
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.false_pairs import (
    CUTOFFS,
    NEAR,
    RATES,
    Levels,
    Row,
    count_pairs,
    pictures,
    rates,
)
from benchmarks.plain_pictures import (
    CONTRASTS,
    DRAWINGS,
    changed_copies,
    drawings,
    faint_photographs,
)
from signature import (
    SignatureParameters,
    compact,
    distances,
    normalized_distance,
    sign_bytes,
    sign_pixels,
)
from signature.compacting import compact_length
from signature.featureless import are_featureless

#: One level border between two plain halves gives 25 or 50 levels: these have bins of their own.
BINS: Final = (1, 8, 16, 25, 26, 32, 41, 50, 51, 64, 82, 100, 136, 180, 230, 273)
THRESHOLDS: Final = BINS[1:12]

#: Seen to share pictures: stamps made from clip art, and the test pictures of two libraries.
FAMILIES: Final = {
    "tuxpaint-stamps": "clip art",
    "openclipart-png": "clip art",
    "skimage-data": "vision libraries",
    "opencv-doc": "vision libraries",
}
PHOTOGRAPHS: Final = ("clothing-dataset", "tiny-imagenet")
#: So many of the 40,000 small photographs. They have texture: more would add few low counts.
SAMPLE: Final = 8_000

FAINT: Final = 300
COPIED: Final = 60
GRIDS: Final = ((6, True), (9, True), (9, False), (13, True))
SHARES: Final = (0.0, 0.05, 0.09, 0.15, 0.1875, 0.3, 0.4, 0.6, 1.01)

DRAWN: Final = 300


def all_signatures(data: Path) -> tuple[Levels, list[str]]:
    """Return compact signatures of real pictures, and paths that begin with the collection."""
    with np.load(data / "signatures" / "dev.npz", allow_pickle=True) as file:
        return file["sig"], [str(path) for path in file["path"]]


def sampled(levels: Levels, paths: Sequence[str]) -> tuple[Levels, list[str]]:
    """Return each signature once a collection, with a sample of the many."""
    many = [i for i, path in enumerate(paths) if path.startswith("tiny-imagenet/")]
    left_out = set(np.random.default_rng(1).permutation(many)[SAMPLE:].tolist())
    kept: dict[tuple[str, bytes], int] = {}
    for i, path in enumerate(paths):
        if i not in left_out:
            kept.setdefault((path.split("/")[0], levels[i].tobytes()), i)
    chosen = list(kept.values())
    return levels[chosen], [paths[i] for i in chosen]


def of_real_pictures(levels: Levels, paths: Sequence[str]) -> list[Row]:
    """Return the rates of false pairs of real pictures by non-zero levels."""
    collections = [path.split("/")[0] for path in paths]
    families = [FAMILIES.get(name, name) for name in collections]
    some = pictures(levels, families, [PurePosixPath(path).stem.lower() for path in paths])
    counts = count_pairs(some, BINS)
    held = np.histogram(some.nonzero, BINS)[0]
    return [row | {"pictures": int(k)} for row, k in zip(rates(counts, BINS), held, strict=True)]


def of_fixtures(data: Path) -> dict[str, list[Row]]:
    """Return the levels of the fixtures that are no duplicates, and the pairs they make."""
    with (data / "fixtures" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    groups = ("flat", "text", "lookalike")
    names = [row["file"] for row in rows if row["file"].split("/")[0] in groups]
    signed = {n: sign_bytes((data / "fixtures" / n).read_bytes()).levels for n in names}
    counts = {name: int(np.count_nonzero(levels)) for name, levels in signed.items()}
    pairs = []
    for a, b in combinations([name for name in names if counts[name]], 2):
        apart = normalized_distance(signed[a], signed[b])
        if apart < CUTOFFS[-1]:
            smaller = min(counts[a], counts[b])
            pairs.append({"a": a, "b": b, "nonzero": smaller, "distance": round(apart, 3)})
    return {
        "levels": [{"file": name, "nonzero": count} for name, count in counts.items()],
        "pairs": sorted(pairs, key=lambda pair: pair["nonzero"]),
    }


def of_faint_photographs(data: Path) -> dict[str, list[Row]]:
    """Return the rates of false pairs of faint photographs, by share of non-zero levels and grid.

    Photographs that are near at full contrast may be duplicates: the second one is left out.
    """
    faint = list(faint_photographs(data, FAINT))
    result = {}
    for n, diagonals in GRIDS:
        parameters = SignatureParameters(n=n, diagonal_neighbors=diagonals)
        levels = np.stack([_compact(picture, parameters) for _, _, picture in faint])
        numbers = np.array([number for number, _, _ in faint])
        full = np.array([contrast for _, contrast, _ in faint]) == 1
        doubtful = {
            int(numbers[full][b])
            for a, b in combinations(range(FAINT), 2)
            if normalized_distance(levels[full][a], levels[full][b]) < CUTOFFS[-1]
        }
        kept = ~full & ~np.isin(numbers, list(doubtful))
        labels = [str(number) for number in numbers[kept]]
        length = compact_length(n, diagonals)
        edges = [max(1.0, share * length) for share in SHARES]
        counts = count_pairs(pictures(levels[kept], labels, labels), edges)
        title = f"n = {n}, {length} comparisons"
        result[title] = [
            row | {"from": low, "below": min(high, 1.0)}
            for row, low, high in zip(rates(counts, edges), SHARES, SHARES[1:], strict=False)
        ]
    return result


def of_contrasts(data: Path) -> list[Row]:
    """Return how many levels photographs keep as they become faint, and the share skipped."""
    faint = list(faint_photographs(data, FAINT))
    levels = np.stack([_compact(picture, SignatureParameters()) for _, _, picture in faint])
    contrasts = np.array([contrast for _, contrast, _ in faint])
    return [
        {
            "contrast": contrast,
            "median levels": int(
                np.median(np.count_nonzero(levels[contrasts == contrast], axis=1))
            ),
            "skipped": round(float(are_featureless(levels[contrasts == contrast]).mean()), 3),
        }
        for contrast in CONTRASTS
    ]


def of_drawings(data: Path) -> list[Row]:
    """Return levels, near pairs and copies of different drawings of two greys."""
    result = []
    for name, draw in DRAWINGS.items():
        shown = [Image.fromarray(p).convert("RGB") for p in drawings(draw, COPIED)]
        copied = copies(data, ((str(i), picture) for i, picture in enumerate(shown)))
        levels = np.stack([compact(sign_pixels(pixels)) for pixels in drawings(draw, DRAWN)])
        counts = np.count_nonzero(levels, axis=1)
        seen = levels[counts > 0]
        near = distances(seen, seen)[np.triu_indices(len(seen), 1)] < NEAR
        low, median, high = np.percentile(counts, (5, 50, 95)).astype(int).tolist()
        shares = {"near": round(float(near.mean()), 3)}
        shares["skipped"] = round(float(are_featureless(levels).mean()), 3)
        shares["copies found"] = round(float((copied[:, 1] < NEAR).mean()), 3)
        row = {"drawing": name, "levels 5 %": low, "median": median, "95 %": high}
        result.append(row | shares | {"copies": len(copied)})
    return result


def _compact(picture: Image.Image, parameters: SignatureParameters) -> Levels:
    levels = sign_pixels(np.asarray(picture), parameters)
    return compact(levels, parameters.n, parameters.diagonal_neighbors)


def copies(data: Path, pictures: Iterable[tuple[str, Image.Image]]) -> NDArray[np.float64]:
    """Return the smaller number of levels and the distance of each picture and changed copy.

    The smaller one, as for false pairs: that is what a threshold sees. Without those at 0.
    """
    found: list[tuple[int, float]] = []
    for picture, data_of_copy in changed_copies(data, pictures):
        original = _compact(picture, SignatureParameters())
        copy = sign_bytes(data_of_copy).levels
        if original.any() and copy.any():
            smaller = min(np.count_nonzero(original), np.count_nonzero(copy))
            found.append((int(smaller), normalized_distance(original, copy)))
    return np.array(found)


def of_true_pairs(data: Path) -> list[Row]:
    """Return how many changed copies of faint photographs are found, by non-zero levels."""
    faint = faint_photographs(data, COPIED)
    table = copies(data, ((f"{number}-{contrast}", picture) for number, contrast, picture in faint))
    rows = []
    for low, high in pairwise(BINS):
        inside = table[(table[:, 0] >= low) & (table[:, 0] < high), 1]
        shares = {
            f"found {c}": round(float((inside < c).mean()), 3) for c in CUTOFFS if len(inside)
        }
        near = int((inside < NEAR).sum())
        rows.append({"from": low, "below": high, "pairs": len(inside), "near": near} | shares)
    return rows


def costs(
    levels: Levels, paths: Sequence[str], real: Sequence[Row], true: Sequence[Row]
) -> list[Row]:
    """Return what each threshold takes away: pictures, false pairs, all pairs, true pairs."""
    nonzero = np.count_nonzero(levels, axis=1)
    photographs = np.isin([path.split("/")[0] for path in paths], PHOTOGRAPHS)

    def lost(rows: Sequence[Row], what: str, threshold: int) -> float:
        gone = sum(int(row[what]) for row in rows if row["below"] <= threshold)
        return round(gone / sum(int(row[what]) for row in rows), 4)

    return [
        {
            "threshold": threshold,
            "pictures": int(((nonzero > 0) & (nonzero < threshold)).sum()),
            "of": int((nonzero > 0).sum()),
            "photographs": int((photographs & (nonzero > 0) & (nonzero < threshold)).sum()),
            "false pairs": lost(real, f"pairs near {NEAR}", threshold),
            "any pairs": lost(real, "any near", threshold),
            "faint true pairs": lost(true, "near", threshold),
        }
        for threshold in THRESHOLDS
    ]


def of_collections(levels: Levels, paths: Sequence[str]) -> list[Row]:
    """Return how many pictures of each collection have levels, and how many are skipped."""
    names = np.array([path.split("/")[0] for path in paths])
    some, skipped = levels.any(axis=1), are_featureless(levels)
    return [
        {
            "collection": str(name),
            "pictures": int((names == name).sum()),
            "all zero": int((~some & (names == name)).sum()),
            "too few levels": int((some & skipped & (names == name)).sum()),
        }
        for name in np.unique(names)
    ]


def show(title: str, rows: Sequence[Row], columns: Sequence[str] | None = None) -> None:
    """Print rows as a Markdown table, of these columns or those of the first row."""
    names = columns or list(rows[0])
    print(f"\n{title}\n\n| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for row in rows:
        print("| " + " | ".join(str(row.get(name, "-")) for name in names) + " |")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print tables and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of test data")
    data = parser.parse_args(arguments).data
    start = time.process_time()
    levels, paths = all_signatures(data)
    real = of_real_pictures(*sampled(levels, paths))
    fixtures = of_fixtures(data)
    faint = of_faint_photographs(data)
    true = of_true_pairs(data)
    others = {
        "drawings": of_drawings(data),
        "contrasts": of_contrasts(data),
        "collections": of_collections(levels, paths),
        "costs": costs(levels, paths, real, true),
    }
    columns = ["from", "below", *RATES]
    show("Different real pictures, by the smaller number of levels", real, ["pictures", *columns])
    show("Fixtures that are no duplicates: levels", fixtures["levels"])
    show("Fixtures that are no duplicates: near pairs", fixtures["pairs"])
    for title, rows in faint.items():
        show(f"Different faint photographs, by share of the comparisons: {title}", rows, columns)
    show("Faint photographs and their changed copies, by the smaller number of levels", true)
    for title, rows in others.items():
        show(title.capitalize(), rows)
    result: Row = {"benchmark": "featureless", "cpu_s": round(time.process_time() - start, 1)}
    result |= {"real": real, "fixtures": fixtures, "faint": faint, "true": true} | others
    print(json.dumps(result))


if __name__ == "__main__":
    main()
