"""The JSON API, export and feed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from indexer.engine import EngineError
from search_api.answers import (
    ErrorAnswer,
    HealthAnswer,
    NoticeAnswer,
    SearchResult,
    SimilarResult,
    SuggestResult,
    hit_record,
    notice_record,
    search_record,
)
from search_api.display import notice_path
from search_api.export import MEDIA_TYPES, export_lines, export_request, feed, feed_request
from search_api.guard import OverloadError, QueueFullError, Workers
from search_api.metrics import MEDIA_TYPE, Metrics
from search_api.parameters import openapi_parameters, parse_export, parse_search
from search_api.search import SearchAnswer, SearchRequest, SearchService
from search_api.settings import ServeSettings
from search_api.timing import timed

_UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorAnswer, "description": "Overloaded, or the engine is down; Retry-After says when to come back."}
}
_BAD: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "A parameter is unknown or has a bad value; the answer names it."},
    **_UNAVAILABLE,
}
_UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorAnswer, "description": "No notice has this id."},
    **_UNAVAILABLE,
}
_LIVE = {
    "name": "live",
    "in": "query",
    "description": "With it, only whether the process answers; catalogue and engine are not asked.",
    "allowEmptyValue": True,
    "schema": {"type": "string"},
}
_SUGGESTIONS = 8
_EXPORT_PATIENCE = 0.2
"""Seconds."""


NoticeId = Annotated[str, Path(description="The permanent id of a notice.", examples=["n1c0ffee"])]


class UnknownNoticeError(LookupError):
    """No notice and no attachment has the id."""


def api_router(service: SearchService, settings: ServeSettings, workers: Workers, metrics: Metrics) -> APIRouter:
    router = APIRouter()
    limit = settings.max_query_characters

    async def answer(request: SearchRequest) -> SearchAnswer:
        return await workers.run(partial(service.search, request))

    @router.get(
        "/api/v1/search",
        summary="Ranked, faceted search",
        tags=["search"],
        responses={
            200: {"model": SearchResult},
            **_BAD,
        },
        openapi_extra={"parameters": openapi_parameters("search")},
    )
    async def search(request: Request) -> Response:
        asked = parse_search(request.query_params.multi_items(), max_query_characters=limit)

        def work() -> Response:
            found = service.search(asked)
            with timed(metrics.part, "render"):
                return json_answer(search_record(found))

        return await workers.run(work)

    @router.get(
        "/api/v1/suggest",
        summary="Titles that hold a text, those that start with it first",
        tags=["search"],
        responses={200: {"model": SuggestResult}, **_BAD},
        openapi_extra={"parameters": openapi_parameters("suggest")},
    )
    async def suggest(request: Request) -> Response:
        asked = parse_search(request.query_params.multi_items(), use="suggest", max_query_characters=limit)
        if not asked.q:
            return json_answer({"suggestions": []})
        found = await workers.run(lambda: list(service.suggest(asked.q, limit=_SUGGESTIONS)))
        return json_answer({"suggestions": found})

    @router.get(
        "/api/v1/export",
        summary="A whole result, up to 10,000 hits, as JSON lines or CSV",
        description="Streamed. CSV is UTF-8 with a byte order mark; values that a spreadsheet would take for a "
        "formula start with an apostrophe. X-Total-Count has the exact number of hits.",
        tags=["search"],
        responses={
            200: {
                "description": "The hits, one a line.",
                "content": {
                    "application/x-ndjson": {"schema": {"type": "string"}},
                    "text/csv": {"schema": {"type": "string"}},
                },
            },
            **_BAD,
        },
        openapi_extra={"parameters": openapi_parameters("export")},
    )
    async def export(request: Request) -> Response:
        form, asked = parse_export(request.query_params.multi_items(), max_query_characters=limit)
        asked = export_request(asked)
        first = await answer(asked)
        return StreamingResponse(
            export_lines(first, asked, form, partial(_patiently, answer)),
            media_type=MEDIA_TYPES[form],
            headers={
                "Content-Disposition": f'attachment; filename="gongkai.{form}"',
                "X-Total-Count": str(first.total),
            },
        )

    @router.get(
        "/api/v1/notices/{id}",
        summary="One notice with its body and attachments",
        description="The id of an attachment redirects to its notice.",
        tags=["notices"],
        responses={200: {"model": NoticeAnswer}, 307: {"description": "The id is an attachment's."}, **_UNKNOWN},
    )
    async def notice(id: NoticeId) -> Response:
        def work() -> Response:
            found = service.notice(id)
            if found is None:
                parent = service.parent_of(id)
                if parent is None:
                    raise UnknownNoticeError(id)
                return RedirectResponse(f"{settings.root_path}/api/v1{notice_path(parent, id)}")
            return json_answer(notice_record(found))

        return await workers.run(work)

    @router.get(
        "/api/v1/notices/{id}/similar",
        summary="Notices with the most telling words in common",
        tags=["notices"],
        responses={200: {"model": SimilarResult}, **_UNKNOWN},
    )
    async def similar(id: NoticeId) -> Response:
        def work() -> Response:
            if service.notice(id) is None:
                raise UnknownNoticeError(id)
            return json_answer({"hits": [hit_record(hit) for hit in service.similar(id)]})

        return await workers.run(work)

    @router.get(
        "/feed.atom",
        summary="The newest hits of a search as an Atom feed",
        tags=["search"],
        responses={
            200: {"description": "Atom.", "content": {"application/atom+xml": {"schema": {"type": "string"}}}},
            **_BAD,
        },
        openapi_extra={"parameters": openapi_parameters("feed")},
    )
    async def atom(request: Request) -> Response:
        asked = feed_request(parse_search(request.query_params.multi_items(), use="feed", max_query_characters=limit))
        origin = settings.public_address or f"{request.url.scheme}://{request.url.netloc}"
        address = origin + settings.root_path
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

        def work() -> bytes:
            return feed(service.search(asked), asked, site_name=settings.site_name, address=address, now=now)

        return Response(await workers.run(work), media_type="application/atom+xml")

    @router.get(
        "/healthz",
        summary="Whether catalogue and engine answer, and how far the engine has followed the catalogue",
        tags=["operation"],
        responses={200: {"model": HealthAnswer}, 503: {"model": HealthAnswer}},
        openapi_extra={"parameters": [_LIVE]},
    )
    async def healthz(request: Request) -> Response:
        if "live" in request.query_params:
            return json_answer({"status": "ok", "live": True})
        ready = not request.app.state.closing
        try:
            health = await workers.run(service.health)
        except (EngineError, OverloadError, SQLAlchemyError) as error:
            return json_answer(
                {
                    "status": "unavailable",
                    "live": True,
                    "ready": False,
                    "catalogue": "unavailable" if isinstance(error, SQLAlchemyError) else "ok",
                    "reason": _reason(error),
                },
                status=503,
                headers={"Retry-After": str(settings.retry_after)},
            )
        state = {"status": "ok" if ready else "unavailable", "live": True, "ready": ready, "catalogue": "ok"}
        return json_answer({**state, **dict(health)}, status=200 if ready else 503)

    @router.get(
        "/metrics",
        summary="Numbers for Prometheus",
        tags=["operation"],
        responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
        response_class=Response,
    )
    async def numbers() -> Response:
        # Outside the bounded workers: an overload is what one wants to see here.
        return Response(await asyncio.to_thread(metrics.text), media_type=MEDIA_TYPE)

    return router


async def _patiently(
    answer: Callable[[SearchRequest], Awaitable[SearchAnswer]], request: SearchRequest
) -> SearchAnswer:
    """The next page of an export that has begun: it waits for a place instead of breaking off."""
    while True:
        try:
            return await answer(request)
        except QueueFullError:
            await asyncio.sleep(_EXPORT_PATIENCE)


def _reason(error: Exception) -> str:
    """Without the statement and the parameters that SQLAlchemy puts in."""
    shown = getattr(error, "orig", None) or error
    return (str(shown).splitlines() or [type(error).__name__])[0][:300]


def json_answer(record: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(record, status_code=status, headers=headers)
