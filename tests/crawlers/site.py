"""Small web sites on loopback for the crawl's tests, and the crawl itself in a process of its own."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Reply:
    body: bytes | str = b""
    status: int = 200
    content_type: str | None = "text/html"
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    charset: str = "utf-8"

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body.encode(self.charset)


@dataclasses.dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]


Answering = Reply | Callable[[Asked], Reply]


class Site:
    """Serves ``pages`` (path with query to reply); answers conditional requests with 304; notes what was asked."""

    def __init__(self, pages: Mapping[str, Answering] | None = None, *, host: str = "127.0.0.1") -> None:
        self.pages: dict[str, Answering] = dict(pages or {})
        self.asked: list[Asked] = []
        self._host = host

    def __enter__(self) -> Site:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()})
                site.asked.append(asked)
                reply = site.reply(asked)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.content_type and reply.status != 304:
                    self.send_header("Content-Type", reply.content_type)
                self.send_header("Content-Length", str(len(reply.raw)))
                self.end_headers()
                self.wfile.write(reply.raw)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((self._host, 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://{self._host}:{self.port}"

    def reply(self, asked: Asked) -> Reply:
        found = self.pages.get(asked.path)
        if found is None:
            return Reply("<html><body>404 Not Found</body></html>", 404)
        if not isinstance(found, Reply):
            return found(asked)
        etag = f'"{hashlib.sha256(found.raw).hexdigest()[:16]}"'
        if found.status == 200 and asked.headers.get("if-none-match") == etag:
            return Reply(b"", 304, headers={"ETag": etag})
        if found.status == 200:
            return dataclasses.replace(found, headers={"ETag": etag, **found.headers})
        return found

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


class Crawls:
    """A data folder with its sources; ``run`` crawls them in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = folder / "sources"
        self.sources.mkdir()

    @property
    def catalogue_url(self) -> str:
        return f"sqlite:///{self.folder / 'catalogue.db'}"

    def add(self, name: str, site: Site, **settings: Any) -> None:
        values: dict[str, Any] = {
            "address": f"{site.address}/",
            "name": "测试来源",
            "allowed_hosts": [f"{site._host}:{site.port}"],
            "delay": 0,
            "allow_private_addresses": True,
            **settings,
        }
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        (self.sources / f"{name}.toml").write_text("\n".join(lines), encoding="utf-8")

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.crawlers.crawl_process", str(self.folder)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> dict[str, dict[str, Any]]:
        """The reports by source."""
        with self.start() as process:
            out, errors = finished(process)
        assert process.returncode == 0, errors
        assert not errors.strip(), errors
        reports: dict[str, dict[str, Any]] = json.loads(out)
        return reports


def finished(process: subprocess.Popen[str], seconds: float = 240) -> tuple[str, str]:
    """Output and errors; a process that hangs is ended."""
    try:
        return process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
