"""image-match's own code as a process of its own environment, to be measured beside ours.

It needs scikit-image and more, in versions that this project does not ship: so it lives in
``build/image-match``, made from ``benchmarks/image-match.lock`` at the first use; with its client
of Elasticsearch in ``build/image-match-client``, likewise.
"""

import subprocess
import sys
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent
_SIGNING = "image-match"

CLIENT = "image-match-client"
"""The environment that has the client of Elasticsearch as well."""

_PROGRAM = """
import sys, time, warnings
from image_match.goldberg import ImageSignature
warnings.simplefilter("ignore")
maker = ImageSignature()
for line in sys.stdin:
    with open(line.rstrip("\\n"), "rb") as file:
        data = file.read()
    start = time.process_time()
    try:
        levels = maker.generate_signature(data, bytestream=True)
    except Exception:
        print("refused", flush=True)
    else:
        print(time.process_time() - start, levels.tobytes().hex(), flush=True)
"""


class ImageMatch:
    """A running process that signs files with image-match and says what that cost."""

    def __init__(self) -> None:
        python = prepared()
        self._process = subprocess.Popen(
            [python, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "ImageMatch":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def sign(self, path: Path) -> tuple[float, bytes] | None:
        """Sign one file.

        Parameters
        ----------
        path : Path
            Of a picture.

        Returns
        -------
        tuple of float and bytes, or None
            Seconds of CPU from the file's bytes to the signature, and the 648 levels, one signed
            byte each; None if image-match refuses the picture.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(path, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().split()
        return (float(answer[0]), bytes.fromhex(answer[1])) if len(answer) > 1 else None


def prepared(name: str = _SIGNING) -> Path:
    """Make an environment of image-match where it is missing.

    Parameters
    ----------
    name : str
        Of the environment and of its lock file.

    Returns
    -------
    Path
        Its Python.
    """
    environment = _PROJECT / "build" / name
    lock = _PROJECT / "benchmarks" / f"{name}.lock"
    python = environment / "bin" / "python"
    installed = environment / "installed.lock"
    if installed.is_file() and installed.read_bytes() == lock.read_bytes():
        return python
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment], check=True
    )
    subprocess.run(
        [
            *(uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"),
            *("--python", python, "-r", lock),
        ],
        check=True,
    )
    installed.write_bytes(lock.read_bytes())
    return python
