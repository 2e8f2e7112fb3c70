"""One line a request, with an id that the answer carries too, and the log's two forms."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analyzers.terminal import escaped
from search_api.admission import own_path
from search_api.metrics import Metrics

LOGGER = logging.getLogger("gongkai.requests")
ID_KEY = "gongkai.request_id"
"""In a request's scope: its id."""
REASON_KEY = "gongkai.reason"
"""In a request's scope: the kind of the error that its answer tells of."""
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EXTRA = ("request_id", "method", "route", "status", "ms", "query", "reason")


class RequestLog:
    """Measures and logs every request; while the server ends, answers close their connections."""

    def __init__(self, app: ASGIApp, metrics: Metrics, *, queries: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._queries = queries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        static = own_path(scope).startswith("/static/")  # before a mount makes another path of it
        scope[ID_KEY] = request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                if getattr(scope["app"].state, "closing", False):
                    headers["Connection"] = "close"
            await send(message)

        failure: BaseException | None = None
        try:
            await self._app(scope, receive, send_with_id)
        except BaseException as error:
            failure = error
            raise
        finally:
            seconds = time.perf_counter() - started
            route = "/static" if static else route_of(scope)
            self._metrics.request(route, scope["method"], status, seconds)
            said: dict[str, Any] = {
                "request_id": request_id,
                "method": scope["method"],
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
            if self._queries:
                said["query"] = scope["query_string"].decode("ascii", "backslashreplace")
            if reason := scope.get(REASON_KEY):
                said["reason"] = reason
            level = logging.ERROR if failure is not None else logging.WARNING if status >= 500 else logging.INFO
            LOGGER.log(level, "request", extra=said, exc_info=failure)


def route_of(scope: Scope) -> str:
    """The pattern of the route that answered, never what a client wrote."""
    pattern = getattr(scope.get("route"), "path", None)
    return pattern if isinstance(pattern, str) else "other"


def configure_logging(form: Literal["text", "json"], level: str) -> None:
    """Sends what the program and its libraries log to the standard error, in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("gongkai").setLevel(level.upper())
    server = logging.getLogger("uvicorn.error")
    server.setLevel(logging.WARNING)
    server.addFilter(lambda record: not record.getMessage().startswith("Exception in ASGI application"))


class JsonLines(logging.Formatter):
    """A JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = self.formatException(record.exc_info)
        return escaped(json.dumps(line, ensure_ascii=False, default=str))


class TextLines(logging.Formatter):
    """Time, level, and what happened; an error's trace is indented below."""

    def format(self, record: logging.LogRecord) -> str:
        extras = _extras(record)
        told = " ".join(f"{name}={escaped(str(value))}" for name, value in extras.items())
        line = f"{_moment(record)} {record.levelname} {escaped(record.getMessage())}{' ' + told if told else ''}"
        if record.exc_info and record.exc_info[0] is not None:
            trace = self.formatException(record.exc_info).splitlines()
            line += "".join(f"\n    {escaped(part)}" for part in trace)
        return line


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name in _EXTRA if (value := getattr(record, name, None)) is not None}


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
