"""Serves the sample sites on loopback, quietly, with validators as real servers give them."""

from __future__ import annotations

import errno
import http.server
import socketserver
import threading
from collections.abc import Mapping
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

from samples.resource import Resource, path_of
from samples.sites import SITES

HOST = "127.0.0.1"
IDLE_SECONDS = 10
"""How long a connection may stay without a request."""


class SampleSiteError(OSError):
    """A sample site cannot be served; the message names it and the port."""


class SampleSites:
    """The sites of ``ports`` (all of them if absent), each on its port of 127.0.0.1, while the context lasts.

    Port 0 takes a free one.
    """

    def __init__(self, ports: Mapping[str, int] | None = None) -> None:
        self._wanted = dict.fromkeys(SITES, 0) if ports is None else dict(ports)
        self._servers: dict[str, _Server] = {}
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Raises SampleSiteError where a port cannot be had."""
        try:
            for name, port in self._wanted.items():
                self._servers[name] = _listen(name, port)
        except SampleSiteError:
            self._stop()
            raise
        for name, server in self._servers.items():
            thread = threading.Thread(target=server.serve_forever, args=(0.1,), name=f"sample {name}", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._threads:
            for server in self._servers.values():
                server.shutdown()
        for server in self._servers.values():
            server.server_close()
        for thread in self._threads:
            thread.join()
        self._servers.clear()
        self._threads.clear()

    @property
    def ports(self) -> dict[str, int]:
        return {name: int(server.server_address[1]) for name, server in self._servers.items()}

    @property
    def addresses(self) -> dict[str, str]:
        """The page of each site that a crawl starts from."""
        return {name: start_address(name, port) for name, port in self.ports.items()}


def ports_from(first: int) -> dict[str, int]:
    """Ports in a row for all sites."""
    return {name: first + offset for offset, name in enumerate(SITES)}


def start_address(name: str, port: int) -> str:
    """Where a crawl of the site starts."""
    return f"http://{HOST}:{port}{SITES[name].start}"


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, resources: dict[str, Resource], start: str) -> None:
        self.resources = resources
        self.start = start
        super().__init__((HOST, port), _Handler)

    def find(self, target: str) -> Resource | None:
        """The resource of a request target."""
        path = path_of(target)
        if path.endswith("/"):
            path = path + "index.html" if path + "index.html" in self.resources else self.start
        return self.resources.get(path)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of the operator's business."""


def _listen(name: str, port: int) -> _Server:
    try:
        return _Server(port, SITES[name].build(), SITES[name].start)
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SampleSiteError(f"port {port}, wanted for the sample {name}, is in use by another program") from None
        raise SampleSiteError(f"port {port}, wanted for the sample {name}, cannot be opened: {error}") from None


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    server_version = "SampleSites"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        resource = self.server.find(self.path)
        status = HTTPStatus.OK
        if resource is None:
            resource, status = self.server.resources["/404.html"], HTTPStatus.NOT_FOUND
        elif self._has(resource):
            status = HTTPStatus.NOT_MODIFIED
        self.send_response(status)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Type", resource.media_type)
            self.send_header("Content-Length", str(len(resource.body)))
        if status is not HTTPStatus.NOT_FOUND:
            self.send_header("ETag", resource.etag)
            self.send_header("Last-Modified", format_datetime(resource.modified_at, usegmt=True))
        self.end_headers()
        if with_body and status is not HTTPStatus.NOT_MODIFIED:
            self.wfile.write(resource.body)

    def _has(self, resource: Resource) -> bool:
        """Whether the client's copy is the present one; a tag wins over a date."""
        tags = self.headers.get("If-None-Match")
        if tags is not None:
            known = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
            return "*" in known or resource.etag in known
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            return resource.modified_at <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what a crawl fetched stands in the catalogue."""
