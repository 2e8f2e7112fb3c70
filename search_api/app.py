"""The HTTP application: routes, limits, headers and errors put together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from indexer.engine import EngineError
from search_api.admission import ClientRate, NoBodies, ProxyPrefix, Refusal, own_path
from search_api.answers import SEARCH_EXAMPLE
from search_api.guard import SECURITY_HEADERS, OverloadError, SecurityHeaders, Workers, host_allowed
from search_api.metrics import Metrics
from search_api.pages import Pages
from search_api.request_log import ID_KEY, REASON_KEY, RequestLog
from search_api.routes_api import UnknownNoticeError, api_router, json_answer
from search_api.routes_pages import pages_router
from search_api.search import SearchRequestError, SearchService
from search_api.settings import ServeSettings

_FOR_PROGRAMS = ("/api/", "/healthz", "/metrics", "/openapi.json", "/feed.atom", "/static/")
"""Beginnings of the paths whose errors are JSON; those of others are pages."""
STATIC = Path(__file__).parent / "static"


def create_app(service: SearchService, settings: ServeSettings) -> FastAPI:
    """The application; it owns its threads, the service belongs to the caller."""
    workers = Workers(concurrency=settings.concurrency, queue=settings.queue, time_limit=settings.time_limit)
    metrics = Metrics(service, workers)
    service = service.observed(metrics.part)
    pages = Pages(settings, metrics.part)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(
        title="gongkai",
        summary="Search in what Chinese governments disclose",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        servers=[{"url": settings.root_path}] if settings.root_path else None,
    )
    app.state.closing = False
    app.include_router(api_router(service, settings, workers, metrics))
    app.include_router(pages_router(service, settings, workers, pages))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    refuse = _refusals(pages)
    _add_errors(app, settings, refuse)
    # The last one added is the first to see a request.
    app.add_middleware(_KnownHosts, settings=settings)
    if settings.rate_limit:
        app.add_middleware(ClientRate, refuse=refuse, per_minute=settings.rate_limit)
    app.add_middleware(NoBodies, refuse=refuse)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestLog, metrics=metrics, queries=settings.log_queries)
    app.add_middleware(ProxyPrefix, prefix=settings.root_path)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        schema = generate()
        for operations in schema["paths"].values():
            for operation in operations.values():
                # FastAPI adds it to every path parameter; ours are texts, which nothing can fail to be.
                operation["responses"].pop("422", None)
        answer = schema["paths"]["/api/v1/search"]["get"]["responses"]["200"]
        # Here, because FastAPI leaves out what is null in an example.
        answer["content"]["application/json"]["example"] = SEARCH_EXAMPLE
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


class _KnownHosts:
    """Answers only requests for the host names of the settings; whoever watches the service asks by its address."""

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app = app
        self._allowed = settings.allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = scope["type"] == "http" and own_path(scope) in ("/healthz", "/metrics")
        if scope["type"] == "http" and not watched and not host_allowed(Request(scope).headers, self._allowed):
            refusal = error_record("Host", "this host name is not served here", "这个网址不由本站提供服务。")
            await json_answer(refusal, status=400)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def error_record(parameter: str | None, message: str, reader_message: str) -> dict[str, Any]:
    return {"error": {"parameter": parameter, "message": message, "reader_message": reader_message}}


def _refusals(pages: Pages) -> Refusal:
    def refuse(
        request: Request,
        status: int,
        message: str,
        reader_message: str,
        headers: dict[str, str] | None = None,
        parameter: str | None = None,
    ) -> Response:
        if own_path(request.scope).startswith(_FOR_PROGRAMS):
            return json_answer(error_record(parameter, message, reader_message), status=status, headers=headers)
        return pages.error(status, reader_message, request, headers=headers)

    return refuse


def _add_errors(app: FastAPI, settings: ServeSettings, refuse: Refusal) -> None:
    busy = {"Retry-After": str(settings.retry_after)}

    @app.exception_handler(SearchRequestError)
    async def bad_request(request: Request, error: SearchRequestError) -> Response:
        return refuse(request, 400, str(error), error.reader_message, parameter=error.parameter)

    @app.exception_handler(UnknownNoticeError)
    async def unknown_notice(request: Request, error: UnknownNoticeError) -> Response:
        shown = str(error)[:80]
        message, reader_message = f"no notice has the id {shown}", f"没有编号为“{shown}”的公开信息。"
        return refuse(request, 404, message, reader_message, parameter="id")

    @app.exception_handler(EngineError)
    async def engine_down(request: Request, error: EngineError) -> Response:
        request.scope[REASON_KEY] = type(error).__name__
        return refuse(request, 503, f"the search engine does not answer: {error}", "检索引擎暂时没有响应。", busy)

    @app.exception_handler(SQLAlchemyError)
    async def catalogue_down(request: Request, error: SQLAlchemyError) -> Response:
        request.scope[REASON_KEY] = type(error).__name__
        return refuse(request, 503, "the catalogue does not answer", "目录数据库暂时没有响应。", busy)

    @app.exception_handler(OverloadError)
    async def overload(request: Request, error: OverloadError) -> Response:
        request.scope[REASON_KEY] = type(error).__name__
        return refuse(request, 503, str(error), "现在使用的人较多。", busy)

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        reader_message = {404: "这个地址没有页面。", 405: "这个地址不接受这种请求。"}.get(
            error.status_code, "请求有误。"
        )
        headers = dict(error.headers) if error.headers else None
        return refuse(request, error.status_code, str(error.detail), reader_message, headers)

    @app.exception_handler(Exception)
    async def failure(request: Request, _: Exception) -> Response:
        # This answer passes by the middleware.
        headers = {**SECURITY_HEADERS, "X-Request-ID": str(request.scope.get(ID_KEY, ""))}
        return refuse(request, 500, "internal error", "服务器出现错误。", headers)
