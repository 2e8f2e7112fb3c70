"""A PostgreSQL server of the tests' own: a cluster in a temporary folder, on loopback, gone at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_START_SECONDS = 120


class NoServerError(Exception):
    """The server programs are not installed; the message says how to get them."""


@contextlib.contextmanager
def running_server() -> Iterator[str]:
    """The address of the server without a database, such as ``postgresql+pg8000://tests@127.0.0.1:5433``.

    Raises NoServerError where the programs are missing.
    """
    programs = _programs()
    # Not pytest's folder: its parents are closed to the user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="gongkai-postgresql-") as name:
        folder = Path(name)
        cluster, log = folder / "cluster", folder / "log"
        cluster.mkdir()
        as_user = _unprivileged(folder, cluster)
        initdb = [*as_user, programs / "initdb", "-D", cluster, "-U", "tests", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        port = _free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "50",
            "fsync": "off",
        }
        options = [word for setting, value in settings.items() for word in ("-c", f"{setting}={value}")]
        with open(log, "wb") as output:
            server = subprocess.Popen(
                [*as_user, programs / "postgres", "-D", cluster, "-p", str(port), *options],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )
        try:
            _wait(server, port, log, programs)
            yield f"postgresql+pg8000://tests@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # ends sessions that are still open
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _programs() -> Path:
    """The newest version's folder of programs; Debian keeps them off the path."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parts[-3]) if path.parts[-3].replace(".", "").isdigit() else 0.0,
    )
    on_path = shutil.which("initdb")
    candidates = [*([Path(on_path).resolve()] if on_path else []), *reversed(found)]
    for program in candidates:
        if (program.parent / "postgres").exists() and (program.parent / "pg_isready").exists():
            return program.parent
    raise NoServerError("install the Debian package postgresql")


def _unprivileged(*folders: Path) -> list[str]:
    """What to put before a command so that it does not run as root, which the server refuses."""
    if os.geteuid() != 0:
        return []
    for folder in folders:
        shutil.chown(folder, "nobody", "nogroup")
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], port: int, log: Path, programs: Path) -> None:
    ready = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(_START_SECONDS * 5):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended: {log.read_text(errors='replace')[-2000:]}")
        if subprocess.run(ready, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
