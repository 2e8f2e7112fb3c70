"""What comes in: the path without the proxy's prefix, no bodies, and no client more often than it may."""

from __future__ import annotations

import ipaddress
import math
import time
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

UNCOUNTED = ("/static/", "/healthz", "/metrics")
"""Paths that no client is counted for."""

_MAX_COUNTS = 200_000
"""Counts kept; with more, all begin anew, so that no flood of addresses fills the memory."""


class Refusal(Protocol):
    """Answers as a page or as JSON, by who asks."""

    def __call__(
        self,
        request: Request,
        status: int,
        message: str,
        reader_message: str,
        headers: dict[str, str] | None = None,
        parameter: str | None = None,
    ) -> Response: ...


class ProxyPrefix:
    """Takes requests with and without the prefix, and tells the application that it lies under it."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._prefix:
            path = scope["path"]
            own = path == self._prefix or path.startswith(f"{self._prefix}/")
            inner = path[len(self._prefix) :] or "/" if own else path
            scope["root_path"], scope["path"] = self._prefix, self._prefix + inner
        await self._app(scope, receive, send)


class NoBodies:
    """Refuses a request that brings a body: nothing here reads one."""

    def __init__(self, app: ASGIApp, refuse: Refusal) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if headers.get("content-length", "0").strip() != "0" or "transfer-encoding" in headers:
                refusal = self._refuse(
                    Request(scope),
                    413,
                    "a body is not read here",
                    "这里只供查阅，不接收内容。",
                    {"Connection": "close"},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class ClientRate:
    """Refuses a client that has made its requests of a minute; the count slides, and is kept in memory."""

    def __init__(self, app: ASGIApp, refuse: Refusal, per_minute: int) -> None:
        self._app = app
        self._refuse = refuse
        self._limit = RateLimitItemPerMinute(per_minute)
        self._counts = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._counts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not own_path(scope).startswith(UNCOUNTED):
            client = client_key(scope)
            if len(self._counts.storage) > _MAX_COUNTS:
                self._counts.reset()
            if not self._limiter.hit(self._limit, client):
                reset = self._limiter.get_window_stats(self._limit, client).reset_time
                wait = min(max(math.ceil(reset - time.time()), 1), 60)
                refusal = self._refuse(
                    Request(scope),
                    429,
                    f"more than {self._limit.amount} requests a minute from one address",
                    "您的访问过于频繁，请稍候再试。",
                    {"Retry-After": str(wait)},
                )
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def own_path(scope: Scope) -> str:
    """The path without the proxy's prefix."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def client_key(scope: Scope) -> str:
    """The client's address; of IPv6 the network of 64 bits, for one client has all of it."""
    host = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        address = address.ipv4_mapped
    return str(address)
