"""The one Scrapy spider: asks for a task, hands on what came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from crawlers import addresses
from crawlers.network import RefusedError
from crawlers.source_crawl import STORE_ERRORS, Answer, SourceCrawl
from indexer.catalogue.frontier import Task

TASK = "gongkai_task"
_PART_ERRORS = (
    IgnoreRequest,
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)


class SourceSpider(Spider):
    name = "gongkai"

    def __init__(self, crawl: SourceCrawl, **keywords: Any) -> None:
        super().__init__(crawl.source.id, **keywords)
        self.crawl = crawl

    async def start(self) -> AsyncIterator[Request]:
        """Nothing of its own: the scheduler brings the frontier's tasks."""
        nothing: tuple[Request, ...] = ()
        for request in nothing:
            yield request

    def request_for(self, task: Task) -> Request:
        headers = {}
        if task.snapshot and task.etag:
            headers["If-None-Match"] = task.etag
        if task.snapshot and task.last_modified:
            headers["If-Modified-Since"] = task.last_modified
        return Request(
            task.url,
            headers=headers,
            callback=self.read_answer,
            errback=self.note_failure,
            meta={TASK: task},
            dont_filter=True,
        )

    async def read_answer(self, response: Response) -> None:
        task: Task = response.meta[TASK]
        error = await _error_of(self.crawl.answered(task, _answer_of(response), self._fetch_part))
        if error is not None and not isinstance(error, STORE_ERRORS):
            reason = f"internal error, {type(error).__name__}: {error}"
            error = await _error_of(self.crawl.failed(task, reason, response.status))
        if error is not None:
            self.crawl.stop(error)

    async def note_failure(self, failure: Failure) -> None:
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = self._reason(failure.value or RuntimeError("no reason"), request.url)
        error = await _error_of(self.crawl.failed(request.meta[TASK], reason))
        if error is not None:
            self.crawl.stop(error)

    def closed(self, reason: str) -> None:
        if reason == "shutdown":
            self.crawl.interrupted = True

    async def _fetch_part(self, url: str) -> Answer | None:
        """A further page of a notice, in the order and at the pace of the other requests; None where it fails."""
        try:
            response = await self.crawler.engine.download_async(Request(url, callback=NO_CALLBACK, dont_filter=True))
        except _PART_ERRORS:
            return None
        return _answer_of(response)

    def _reason(self, error: BaseException, url: str) -> str:
        if isinstance(error, RefusedError):
            return f"refused: {error}"
        if isinstance(error, IgnoreRequest):
            text = str(error)
            return "forbidden by robots.txt" if "robots.txt" in text else text or "ignored"
        if isinstance(error, CannotResolveHostError):
            refusal = self.crawl.refusal(url)
            return f"refused: {refusal}" if refusal else "its host has no address (DNS)"
        if isinstance(error, DownloadTimeoutError):
            return f"no answer within {self.crawl.source.timeout:g} seconds"
        if isinstance(error, DownloadConnectionRefusedError):
            return "the host refuses the connection"
        if isinstance(error, DownloadCancelledError):
            return f"larger than {self.crawl.source.max_bytes} bytes"
        if isinstance(error, ResponseDataLossError):
            return "the answer ended before its end"
        return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def settings_for(crawl: SourceCrawl) -> dict[str, Any]:
    """Scrapy's settings that a source decides."""
    source = crawl.source
    return {
        "USER_AGENT": source.user_agent,
        "ROBOTSTXT_OBEY": source.obey_robots,
        "DOWNLOAD_DELAY": source.delay,
        "CONCURRENT_REQUESTS_PER_DOMAIN": source.concurrency,
        "CONCURRENT_REQUESTS": max(4, source.concurrency),
        "RETRY_TIMES": source.retries,
        "DOWNLOAD_TIMEOUT": source.timeout,
        "DOWNLOAD_MAXSIZE": source.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": source.verify_certificates,
    }


BASE_SETTINGS: dict[str, Any] = {
    "SCHEDULER": "crawlers.scheduler.FrontierScheduler",
    "TWISTED_DNS_RESOLVER": "crawlers.network.GuardedResolver",
    # Last before the network: it sees what every other middleware made of a request, robots.txt included.
    "DOWNLOADER_MIDDLEWARES": {"crawlers.network.GuardMiddleware": 890},
    "DOWNLOAD_HANDLERS": {"data": None, "file": None, "ftp": None, "s3": None},
    "HTTPPROXY_ENABLED": False,
    "HTTPERROR_ALLOW_ALL": True,
    "METAREFRESH_MAXDELAY": 10,
    "REDIRECT_MAX_TIMES": 8,
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
        "Accept-Language": "zh-CN,zh;q=0.9",
    },
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "LOGSTATS_INTERVAL": 0,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "MEMUSAGE_ENABLED": False,
    "STATS_DUMP": False,
    "WARN_ON_GENERATOR_RETURN_VALUE": False,
}


async def _error_of(work: Coroutine[Any, Any, None]) -> BaseException | None:
    """What the work raised: a task must be closed whatever happens, or the crawl would wait for it for ever."""
    done = asyncio.ensure_future(work)
    await asyncio.wait([done])
    return done.exception()


def _answer_of(response: Response) -> Answer:
    def header(name: str) -> str | None:
        value = response.headers.get(name)
        return value.decode("latin-1")[:500] if value else None

    return Answer(
        url=addresses.try_normalise(response.url) or response.url,
        status=response.status,
        body=response.body,
        content_type=header("Content-Type"),
        etag=header("ETag"),
        last_modified=header("Last-Modified"),
    )


def spider_of(crawler: Crawler) -> SourceSpider:
    if not isinstance(crawler.spider, SourceSpider):
        raise TypeError("the crawler has no source")
    return crawler.spider
