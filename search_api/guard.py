"""Limits on work and on what a browser may do with an answer."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexer import deadline
from search_api.admission import own_path

T = TypeVar("T")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class OverloadError(Exception):
    """Too many requests wait, or one took longer than the time limit."""


class QueueFullError(OverloadError):
    """Too many requests wait."""


class Workers:
    """Runs blocking work in a bounded number of threads with a bounded queue and a time limit.

    Work knows its deadline (``indexer.deadline``). What is over its time cannot be stopped: its thread counts as taken
    until it is done.
    """

    def __init__(self, *, concurrency: int, queue: int, time_limit: float) -> None:
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="search")
        self._places = concurrency + queue
        self._time_limit = time_limit
        self._taken = 0
        self._busy = 0
        self._lock = threading.Lock()

    @property
    def busy(self) -> int:
        """Pieces of work in a thread."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Pieces of work that wait for a thread."""
        return max(self._taken - self._busy, 0)

    async def run(self, work: Callable[[], T]) -> T:
        """The work's result or exception; QueueFullError when there is no place, OverloadError when it is late."""
        with self._lock:
            if self._taken >= self._places:
                raise QueueFullError("too many requests are waiting")
            self._taken += 1
        moment = time.monotonic() + self._time_limit
        try:
            future = self._pool.submit(self._work, work, moment)
        except BaseException:
            self._free()
            raise
        future.add_done_callback(self._free)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._time_limit)
        except TimeoutError:
            if not future.done() or future.cancelled():
                raise OverloadError(f"no answer within {self._time_limit:g} seconds") from None
            raise

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, work: Callable[[], T], moment: float) -> T:
        with self._lock:
            self._busy += 1
        try:
            with deadline.ends_at(moment):
                return work()
        finally:
            with self._lock:
                self._busy -= 1

    def _free(self, _: Future[T] | None = None) -> None:
        with self._lock:
            self._taken -= 1


class SecurityHeaders:
    """Puts the security headers on every answer, and the cache rule on those that have none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        static = own_path(scope).startswith("/static/") and scope["query_string"]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if static and message["status"] == 200:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
                else:
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_with_headers)


def host_allowed(headers: Headers, allowed: tuple[str, ...]) -> bool:
    host = headers.get("host", "").lower()
    name = host[: host.find("]") + 1] if host.startswith("[") else host.split(":")[0]
    for pattern in allowed:
        wanted = pattern.lower()
        if wanted in ("*", name) or (wanted.startswith("*.") and name.endswith(wanted[1:])):
            return True
    return False
