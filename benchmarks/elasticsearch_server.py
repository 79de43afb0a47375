"""An Elasticsearch for tests and benchmarks: fetched once, killed and started again at will.

It is the artifact that Elasticsearch publishes for integration tests. It refuses to run as root,
so under root it runs as an unprivileged user, from a temporary folder that this user can read.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

VERSION = "8.8.2"
_GROUP = "org.elasticsearch.distribution.integ-test-zip"
_ARTIFACT = f"{_GROUP}:elasticsearch:{VERSION}:zip"
_UNPRIVILEGED = "nobody"
_START_S = 120
_FETCH_S = 600
_STOP_S = 60
Json: TypeAlias = Any

_HEAP = "-Xms512m -Xmx1g"


def fetch(folder: Path) -> Path | None:
    """Return the distribution's zip, fetched with Maven if it is not in the folder yet.

    None where there is no Maven, or the artifact cannot be had.
    """
    target = folder / f"elasticsearch-{VERSION}.zip"
    if target.exists():
        return target
    if shutil.which("mvn") is None:
        return None
    get = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={_ARTIFACT}"]
    command = [*get, f"-DoutputDirectory={folder}"]
    ended = subprocess.run(command, capture_output=True, timeout=_FETCH_S, check=False)
    return target if ended.returncode == 0 and target.exists() else None


def java_home() -> str:
    """Return the home of the Java that the door found, else of the one on PATH."""
    if home := os.environ.get("JAVA_HOME"):
        return home
    command = ["java", "-XshowSettings:properties", "-version"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    (line,) = (line for line in shown.splitlines() if "java.home = " in line)
    return line.partition(" = ")[2].strip()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One node, on loopback only; its data live in a temporary folder until `close`."""

    def __init__(self, archive: Path, java_home: str, **settings: object) -> None:
        self.port, self._transport = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._java_home = java_home
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="elasticsearch-test-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._unpack(archive)

    @property
    def config(self) -> Path:
        """The folder of its configuration."""
        return self._folder / "config"

    def tool(self, name: str, *arguments: str, given: str = "") -> None:
        """Run one of the distribution's own programs, before the start."""
        subprocess.run(
            [str(self._home / "bin" / name), *arguments],
            env=self._environment(),
            input=given,
            text=True,
            check=True,
            capture_output=True,
            timeout=_START_S,
            **_unprivileged(),
        )

    def start(self) -> None:
        """Start the node and wait until it answers."""
        with (self._folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                [str(self._home / "bin" / "elasticsearch")],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_unprivileged(),
            )
        self._await_start()

    def kill(self) -> None:
        """End the node at once, as a power cut would."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """End the node in order; what it was told is on its disk."""
        self._signal(signal.SIGTERM)

    def close(self) -> None:
        """End the node and delete all it has."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder)

    def call(self, method: str, path: str, body: object = None) -> Json:
        """Ask the node something; raises `urllib.error.HTTPError` if it refuses."""
        return ask(self.url, method, path, body)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": self._java_home,
            "ES_JAVA_OPTS": _HEAP,
            "ES_PATH_CONF": str(self.config),
            "ES_TMPDIR": str(self._folder / "tmp"),
        }

    @property
    def _home(self) -> Path:
        return self._folder / f"elasticsearch-{VERSION}"

    def _unpack(self, archive: Path) -> None:
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(self._folder)
        for program in (self._home / "bin").iterdir():
            program.chmod(0o755)
        config = self._folder / "config"
        shutil.copytree(self._home / "config", config)
        # Without the log of garbage collections, which wants a folder of its own.
        options = (config / "jvm.options").read_text().splitlines()
        kept = [line for line in options if "gc.log" not in line]
        (config / "jvm.options").write_text("\n".join(kept) + "\n")
        for name in ("data", "logs", "tmp"):
            (self._folder / name).mkdir()
        self._configure()
        self._folder.chmod(0o755)
        if os.geteuid() == 0:
            _give_to_unprivileged(self._folder)

    def _configure(self) -> None:
        settings = {
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": self._transport,
            "path.data": str(self._folder / "data"),
            "path.logs": str(self._folder / "logs"),
            "xpack.security.enabled": False,
            # A disk that is nearly full is the machine's matter: few documents are written here.
            "cluster.routing.allocation.disk.threshold_enabled": False,
            **self._settings,
        }
        text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())
        (self._folder / "config" / "elasticsearch.yml").write_text(text)

    def _await_start(self) -> None:
        end = time.monotonic() + _START_S
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            if self._answers():
                return
            time.sleep(0.2)
        raise RuntimeError((self._folder / "output").read_text()[-3000:])

    def _answers(self) -> bool:
        if self._settings.get("xpack.security.enabled"):  # it answers nobody it does not know
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0
        try:
            self.call("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
        except OSError:
            return False
        return True

    def _signal(self, number: int) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)  # the launcher and the node
        self._process.wait(_STOP_S)
        self._process = None
        _await_free(self.port)


def ask(url: str, method: str, path: str, body: object = None) -> Json:
    """Send one request to a server and return its JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, headers, method=method)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        content = response.read()
    return json.loads(content) if content else None


def _unprivileged() -> Mapping[str, Any]:
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _give_to_unprivileged(folder: Path) -> None:
    user = pwd.getpwnam(_UNPRIVILEGED)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)


def _await_free(port: int) -> None:
    """The node may outlive its launcher by a moment."""
    end = time.monotonic() + _STOP_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the node did not stop")
