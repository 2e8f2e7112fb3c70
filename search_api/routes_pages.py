"""The pages that readers see."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from indexer.engine import EngineError
from search_api.display import notice_path
from search_api.guard import Workers
from search_api.pages import PAGE_FACETS, Pages
from search_api.parameters import parse_search
from search_api.routes_api import UnknownNoticeError
from search_api.search import Hit, SearchService
from search_api.settings import ServeSettings

_METHODS = ["GET", "HEAD"]


def pages_router(service: SearchService, settings: ServeSettings, workers: Workers, pages: Pages) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=_METHODS)
    async def home() -> Response:
        return await workers.run(lambda: pages.home(service.overview()))

    @router.api_route("/search", methods=_METHODS)
    async def results(request: Request) -> Response:
        asked = parse_search(
            request.query_params.multi_items(), max_query_characters=settings.max_query_characters, reader=True
        )
        asked = dataclasses.replace(asked, facets=asked.facets or PAGE_FACETS)
        return await workers.run(lambda: pages.results(asked, service.search(asked), service.source_labels()))

    @router.api_route("/notices/{id}", methods=_METHODS)
    async def notice(id: str) -> Response:
        def work() -> Response:
            found = service.notice(id)
            if found is None:
                parent = service.parent_of(id)
                if parent is None:
                    raise UnknownNoticeError(id)
                return RedirectResponse(settings.root_path + notice_path(parent, id))
            similar: Sequence[Hit] | None
            try:
                similar = service.similar(id)
            except EngineError:
                similar = None
            return pages.notice(found, similar, service.source_labels())

        return await workers.run(work)

    return router
