"""The files to be tried: Pillow's, the fixtures, and mutations of these."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from reliability.mutations import KINDS, Mutations
from reliability.trials import Subject

_PROJECT: Final = Path(__file__).resolve().parent.parent
_SHIPPED: Final = _PROJECT / "tests" / "fixtures"
_SHARED: Final = _PROJECT.parent / "shared" / "data" / "fixtures"


def fixtures_folder() -> Path:
    """Return the folder of the fixtures: the full set where it lies beside the project.

    Returns
    -------
    Path
        Of pictures in folders.
    """
    return _SHARED if _SHARED.is_dir() else _SHIPPED


def is_shipped(folder: Path) -> bool:
    """Tell the small set from the full one.

    Parameters
    ----------
    folder : Path
        Of `fixtures_folder`.

    Returns
    -------
    bool
        Whether it is the small set that comes with the project.
    """
    return folder == _SHIPPED


def fixtures(folder: Path) -> dict[str, bytes]:
    """Read all fixtures.

    Parameters
    ----------
    folder : Path
        What lies in it beside its folders is about the fixtures, and none of them.

    Returns
    -------
    dict of str to bytes
        By their names below the folder, in order.
    """
    return {subject.name: subject.path.read_bytes() for subject in files("fixture", folder, 2)}


def files(group: str, folder: Path, depth: int = 1) -> Iterator[Subject]:
    """Yield the files of a folder.

    Parameters
    ----------
    group : str
        Their group.
    folder : Path
        Where they lie, at any depth.
    depth : int
        From which on they count; 1 is in the folder itself.

    Yields
    ------
    Subject
        In the order of their names.
    """
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and len(name.parts) >= depth:
            yield Subject(group, name.as_posix(), path)


def numbers_of_kinds(count: int) -> Iterator[tuple[str, int]]:
    """Spread a number of mutations over the kinds.

    Parameters
    ----------
    count : int
        How many.

    Yields
    ------
    str, int
        Kind and number; all of a kind in a row.
    """
    for place, kind in enumerate(KINDS):
        for number in range(len(range(place, count, len(KINDS)))):
            yield kind, number


def mutated(
    mutations: Mutations, wanted: Iterable[tuple[str, int]], folder: Path
) -> Iterator[Subject]:
    """Yield mutations; a file lives until the next is asked for.

    Parameters
    ----------
    mutations : Mutations
        Their maker.
    wanted : iterable of (str, int)
        Kinds and numbers.
    folder : Path
        Where to write the file.

    Yields
    ------
    Subject
        In the order that was asked for.
    """
    path = folder / "mutation"
    for kind, number in wanted:
        path.write_bytes(mutations.make(kind, number).data)
        yield Subject(kind, str(number), path)
