"""Fetches an Elasticsearch 9 once into a cache and starts it on a free loopback port."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

VERSION = "9.4.3"
START_SECONDS = 240
_HEAP = "-Xms256m -Xmx256m"


class NoServerError(Exception):
    """This machine cannot run the server; the message says what it lacks."""


def cache_folder() -> Path:
    return Path(os.environ.get("GONGKAI_TEST_CACHE", "/var/tmp/gongkai-tests"))


def java_home() -> Path:
    """A JDK of 21 or later; a JRE lacks modules that the server loads."""
    named = [Path(value) for name in ("ES_JAVA_HOME", "JAVA_HOME") if (value := os.environ.get(name))]
    for home in [*named, *sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)]:
        compiler = home / "bin" / "javac"
        if not compiler.is_file():
            continue
        answer = subprocess.run([compiler, "-version"], capture_output=True, text=True, check=False)
        number = re.search(r"javac (\d+)", answer.stdout + answer.stderr)
        if number and int(number[1]) >= 21:
            return home
    raise NoServerError("needs a JDK of 21 or later (for instance Debian's openjdk-21-jdk, or Temurin); set JAVA_HOME")


def fetch() -> Path:
    """The server's folder, fetched with Maven the first time (950 MB through, 200 MB kept)."""
    home = cache_folder() / f"elasticsearch-{VERSION}"
    if (home / "bin" / "elasticsearch").is_file():
        return home
    if shutil.which("mvn") is None:
        raise NoServerError("needs Maven to fetch the server once (Debian package maven)")
    cache_folder().mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "bin" / "elasticsearch").is_file():
            _fetch_into(home)
    return home


def _fetch_into(home: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache_folder()) as folder:
        command = ["mvn", "-B", "-q", "-C", "-f", str(Path(__file__).with_name("pom.xml"))]
        command += [f"-Dmaven.repo.local={folder}/repository", "dependency:unpack-dependencies", "-DincludeTypes=zip"]
        command += [f"-DoutputDirectory={folder}/out", f"-DmarkersDirectory={folder}/marks"]
        command += ["-Dmdep.unpack.includes=*/elasticsearch/**,*/bin/elasticsearch"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoServerError(f"could not be fetched with Maven: {(done.stdout + done.stderr).strip()[-300:]}")
        unpacked = next(Path(folder, "out").glob("sonarqube-*"))
        server = unpacked / "elasticsearch"
        (server / "bin").mkdir(exist_ok=True)
        shutil.move(unpacked / "bin" / "elasticsearch", server / "bin" / "elasticsearch")
        (server / "bin" / "elasticsearch").chmod(0o755)
        # The native launcher in it is for another processor; without the right to run, the Java one is taken.
        (server / "lib" / "tools" / "server-launcher" / "server-launcher").chmod(0o644)
        (server / "plugins").mkdir(exist_ok=True)
        shutil.move(server, home)


@contextlib.contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """The address of a server that keeps everything in ``folder`` and ends with the context."""
    java = java_home()
    home = fetch()
    port, transport = _free_ports(2)
    for name in ("conf/jvm.options.d", "data", "logs", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("log4j2.properties", "jvm.options"):
        shutil.copy(home / "config" / name, folder / "conf" / name)
    settings = {
        "cluster.name": f"gongkai-tests-{port}",
        "network.host": "127.0.0.1",
        "http.port": port,
        "transport.port": transport,
        "path.data": folder / "data",
        "path.logs": folder / "logs",
        "discovery.type": "single-node",
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "xpack.security.enabled": "false",
        "xpack.inference.elastic.authorization.enabled": "false",
        "xpack.inference.elastic.periodic_authorization_enabled": "false",
    }
    (folder / "conf" / "elasticsearch.yml").write_text("".join(f"{key}: {value}\n" for key, value in settings.items()))
    environment = {name: value for name, value in os.environ.items() if name not in ("JAVA_HOME", "CLASSPATH")}
    environment |= {
        "ES_JAVA_HOME": str(java),
        "ES_PATH_CONF": str(folder / "conf"),
        "ES_TMPDIR": str(folder / "tmp"),
        "ES_JAVA_OPTS": _HEAP,
    }
    with open(folder / "output", "wb") as output:
        process = subprocess.Popen(
            [*_as_user(), str(home / "bin" / "elasticsearch")],
            env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, folder)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _as_user() -> list[str]:
    """Elasticsearch refuses to run as root: there it runs in a user namespace of another id."""
    if os.getuid() != 0:
        return []
    namespace = ["unshare", "-U", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode:
        raise NoServerError("refuses to run as root, and this machine allows no user namespace: run as another user")
    return namespace


def _wait(address: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            health = f"{address}/_cluster/health?wait_for_status=yellow&timeout=30s"
            with urllib.request.urlopen(health, timeout=40) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    tail = (folder / "output").read_text(errors="replace")[-600:]
    raise NoServerError(f"did not start: {tail}")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
