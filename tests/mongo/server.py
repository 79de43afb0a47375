"""MongoDB's protocol for tests: an in-memory server from Maven Central, on loopback only.

It has no way to name a port on its command line. So a gateway to the JVM starts it, the one that
Spark brings along; the operating system chooses the port.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from py4j.java_gateway import GatewayParameters, JavaGateway, JavaObject

_GROUP = "de.bwaldvogel"
VERSION = "1.47.0"
_FETCH_S = 600
#: It says that it speaks version 8, which is MongoDB 4.2; current clients want 9. What our searches
#: need of 9 it has: they pass.
_WIRE_VERSION = 9
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>tests</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>{_GROUP}</groupId><artifactId>mongo-java-server</artifactId>
    <version>{VERSION}</version>
  </dependency></dependencies>
</project>
"""


def fetch(folder: Path) -> Path | None:
    """Return a folder with the server's jars; None where there is no Maven, or they are not."""
    jars = folder / f"mongo-java-server-{VERSION}"
    if (jars / "complete").exists():
        return jars
    if shutil.which("mvn") is None:
        return None
    jars.mkdir(parents=True, exist_ok=True)
    (jars / "pom.xml").write_text(_POM)
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    ended = subprocess.run(command, cwd=jars, capture_output=True, timeout=_FETCH_S, check=False)
    if ended.returncode != 0:
        return None
    (jars / "complete").touch()
    return jars


def _let_say(version: JavaObject, wire_version: int) -> None:
    field = version.getClass().getDeclaredField("wireVersion")
    field.setAccessible(True)
    field.set(version, wire_version)


class MongoServer:
    """One server, empty; its data end with it."""

    def __init__(self, jars: Path, java_home: str) -> None:
        gateway_jar = next((Path(sys.prefix) / "share" / "py4j").glob("py4j*.jar"))
        path = ":".join(map(str, [gateway_jar, *sorted(jars.glob("*.jar"))]))
        self._process = subprocess.Popen(
            [f"{java_home}/bin/java", "-Xmx256m", "-cp", path, "py4j.GatewayServer", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        told = re.search(r"\d+", self._process.stdout.readline())
        assert told is not None, "the gateway did not start"
        self._gateway = JavaGateway(gateway_parameters=GatewayParameters(port=int(told[0])))
        mongo = self._gateway.jvm.de.bwaldvogel.mongo
        version = mongo.ServerVersion.MONGO_5_0
        _let_say(version, _WIRE_VERSION)
        backend = mongo.backend.memory.MemoryBackend().version(version)
        self._server = mongo.MongoServer(backend)
        self._server.bind("127.0.0.1", 0)
        self.port = int(self._server.getLocalAddress().getPort())
        self.url = f"mongodb://127.0.0.1:{self.port}"

    def freeze(self) -> None:
        """Let the server answer nothing, without closing a connection."""
        self._process.send_signal(signal.SIGSTOP)
        # The signal stops one thread after the other: this returns after the last.
        os.waitpid(self._process.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server."""
        self._gateway.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
