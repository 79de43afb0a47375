"""A file's signature by its path, by its bytes and by its array, each made in a child process."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sandbox import Sandbox, SandboxError
from signature import ImageSignature, decode, expand
from udfs.signing import SigningTask

Levels: TypeAlias = NDArray[np.int8]

_MAX_PATH: Final = 8192  # bytes, the name of the route included


def _by_path(maker: ImageSignature, path: Path) -> Levels:
    return maker.generate_signature(path)


def _by_bytes(maker: ImageSignature, path: Path) -> Levels:
    return maker.generate_signature(path.read_bytes(), bytestream=True)


def _by_array(maker: ImageSignature, path: Path) -> Levels:
    return maker.generate_signature(decode(path.read_bytes(), maker.policy).pixels)


ROUTES: Final[dict[str, Callable[[ImageSignature, Path], Levels]]] = {
    "path": _by_path,
    "bytes": _by_bytes,
    "array": _by_array,
}


def _work(request: bytes, maker: ImageSignature) -> bytes:
    route, _, path = request.partition(b" ")
    return ROUTES[route.decode()](maker, Path(os.fsdecode(path))).tobytes()


class Routes:
    """A child process that signs by each route.

    Parameters
    ----------
    task : SigningTask
        Its policy and its limits hold; its parameters must be the defaults.
    """

    def __init__(self, task: SigningTask) -> None:
        work = partial(_work, maker=ImageSignature(policy=task.policy))
        self._sandbox = Sandbox(work, _MAX_PATH, task.limits)
        self.compared = 0

    def __enter__(self) -> "Routes":
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()

    def difference(self, path: Path, levels: NDArray[Any]) -> str | None:
        """Compare the routes with a signature.

        Parameters
        ----------
        path : Path
            Of a file that was signed.
        levels : (272,) int8
            Its signature.

        Returns
        -------
        str or None
            Which route gives another one, or none.
        """
        self.compared += 1
        expected = expand(levels).tobytes()
        for route in ROUTES:
            request = b"%s %s" % (route.encode(), os.fsencode(path))
            try:
                found = self._sandbox.submit(request).result()
            except (SandboxError, RuntimeError) as error:
                return f"no signature by {route}: {error}"
            if found != expected:
                return f"another signature by {route}"
        return None
