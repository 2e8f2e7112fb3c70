"""The program as an operator runs it: commands in processes of their own, the service on a free port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import requests

from tests.conftest import PROJECT

WAIT_SECONDS = 60
"""For what takes well under a second on a quiet machine."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGKAI_")}
    return {**kept, "PYTHONPATH": str(PROJECT), **(extra or {})}


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "gongkai", "--data", str(folder), *arguments]


def gongkai(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, code: int = 0, cwd: Path | None = None
) -> str:
    """Runs a command that must end with ``code``; its output and what it says to the operator."""
    done = subprocess.run(
        command(folder, *arguments), env=environment(env), capture_output=True, text=True, check=False, timeout=300,
        cwd=cwd or folder.parent,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def gongkai_json(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Any:
    done = subprocess.run(
        command(folder, *arguments), env=environment(env), capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout)


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """A command in a session of its own, so that all of its processes can be ended together."""
    with open(folder.parent / "output.log", "ab") as output:
        return subprocess.Popen(
            command(folder, *arguments), env=environment(env), stdout=output, stderr=output, start_new_session=True
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of the process alone; what it started has to notice by itself."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.contextmanager
def served(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of ``gongkai serve`` on a free port, with its indexer; both have ended afterwards."""
    port = free_port()
    process = start(folder, "serve", "--port", str(port), *arguments, env=env)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/healthz"), process)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def answers(url: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        requests.get(url, timeout=10)
        return True
    return False


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert process is None or process.poll() is None, f"ended with {process.returncode}"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def total(address: str, q: str = "") -> int | None:
    """Hits of a query; None while the service has no answer."""
    answer = requests.get(f"{address}/api/v1/search", params={"q": q}, timeout=30)
    if answer.status_code == 503:
        return None
    answer.raise_for_status()
    found: int = answer.json()["total"]
    return found


def write_records(file: Path, numbers: range, **fields: Any) -> Path:
    """JSON lines of small notices with the ids r0, r1 …"""
    with open(file, "w", encoding="utf-8") as lines:
        for number in numbers:
            record = {
                "id": f"r{number}",
                "url": f"https://import.example/{number}",
                "source": "import",
                "title": f"关于第{number}号农机补贴的通知",
                "body": f"第{number}号补贴已经发放。" * 20,
                "written_date": "2015-03-02",
                **fields,
            }
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return file
