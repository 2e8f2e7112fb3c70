"""The crawl command's work: sources in, reports out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.utils.reactor import is_reactor_installed

from crawlers import guard
from crawlers.extraction.pool import ReaderPool
from crawlers.network import PRIVATE_HOSTS_SETTING, GuardedResolver
from crawlers.source_crawl import STORE_ERRORS, Progress, SourceCrawl
from crawlers.sources import Source
from crawlers.spider import BASE_SETTINGS, SourceSpider, settings_for
from indexer.catalogue import Catalogue, frontier
from indexer.catalogue.frontier import RunReport
from indexer.snapshots import SnapshotStore

SOURCES_AT_ONCE = 4
"""Each holds at most as many answers as it asks for at once, of at most ``max_bytes`` each."""
FINISHED = "finished"
PAGE_LIMIT = "page limit reached"


class CrawlError(Exception):
    """The crawl as a whole could not go on; what was done is kept, and the same call goes on from there."""


def crawl(
    catalogue: Catalogue,
    snapshots: SnapshotStore,
    sources: Iterable[Source],
    *,
    progress: Callable[[Progress], None] | None = None,
    readers: int = 2,
    reader_seconds: float = 60.0,
    reader_megabytes: int = 1024,
    sources_at_once: int = SOURCES_AT_ONCE,
) -> list[RunReport]:
    """Crawls the sources, each from where its last unfinished run stands, else asking everything known again.

    Runs Scrapy in this process, so it can be called once a process. A report's ``outcome`` is None where the run was
    interrupted (Ctrl-C). Raises CrawlError where catalogue or snapshots cannot be written.
    """
    wanted = list(sources)
    if is_reactor_installed():
        raise CrawlError("a process can crawl once only")
    process = AsyncCrawlerProcess({**BASE_SETTINGS, PRIVATE_HOSTS_SETTING: guard.private_hosts(wanted)})
    for name in ("scrapy", "twisted", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with (
        ReaderPool(workers=readers, seconds=reader_seconds, megabytes=reader_megabytes, recycle_after=500) as pool,
        ThreadPoolExecutor(1, "catalogue-writer") as writer,
    ):
        command = _Command(process, catalogue, snapshots, pool, writer, progress)
        command.run(wanted, sources_at_once)
    if command.fault is not None:
        raise CrawlError(f"the crawl cannot go on: {' '.join(str(command.fault).split())[:500]}") from command.fault
    with catalogue.read() as connection:
        reports = [frontier.run_report(connection, source.id) for source in wanted]
    return [report for report in reports if report is not None]


class _Command:
    """The sources of one command, some of them at the same time, in one reactor."""

    def __init__(
        self,
        process: AsyncCrawlerProcess,
        catalogue: Catalogue,
        snapshots: SnapshotStore,
        pool: ReaderPool,
        writer: ThreadPoolExecutor,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.fault: BaseException | None = None
        self._process = process
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._pool = pool
        self._writer = writer
        self._progress = progress
        self._stopping = False
        self._running: set[SourceCrawl] = set()

    def run(self, sources: Sequence[Source], at_once: int) -> None:
        running = _reactor()

        def begin() -> None:
            task = asyncio.ensure_future(self._crawl_all(sources, at_once))
            task.add_done_callback(finish)

        def finish(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and task.exception() is not None:
                self.fault = self.fault or task.exception()
            if running.running:
                running.stop()

        running.callWhenRunning(begin)
        self._process.start(stop_after_crawl=False)

    async def _crawl_all(self, sources: Sequence[Source], at_once: int) -> None:
        if not isinstance(_reactor().nameResolver, GuardedResolver):
            raise CrawlError("this version of Scrapy does not take the guard's resolver; nothing was asked")
        room = asyncio.Semaphore(at_once)

        async def one(source: Source) -> None:
            async with room:
                if not self._stopping:
                    await self._crawl_one(source)

        await asyncio.gather(*(one(source) for source in sources))

    async def _crawl_one(self, source: Source) -> None:
        try:
            crawl = await asyncio.get_running_loop().run_in_executor(self._writer, self._start, source)
        except STORE_ERRORS as error:
            self._stop(error)
            return
        self._running.add(crawl)
        crawler = Crawler(SourceSpider, {**BASE_SETTINGS, **settings_for(crawl)})
        try:
            await self._process.crawl(crawler, crawl=crawl)
        finally:
            self._running.discard(crawl)
        if crawl.fault is not None:
            self._stop(crawl.fault)
        elif crawl.interrupted:
            self._stopping = True
        else:
            await asyncio.get_running_loop().run_in_executor(self._writer, self._end, crawl)

    def _start(self, source: Source) -> SourceCrawl:
        with self._catalogue.begin() as connection:
            run = frontier.start_run(connection, source.id, source.name, source.address)
        crawl = SourceCrawl(source, run, self._catalogue, self._snapshots, self._pool, self._writer, self._progress)
        crawl.on_fault = lambda: self._stop(crawl.fault)
        crawl.refusal = _refusal
        return crawl

    def _stop(self, fault: BaseException | None) -> None:
        """A fault of catalogue or snapshots is one for all sources."""
        self.fault = self.fault or fault
        self._stopping = True
        for crawl in self._running:
            crawl.stopped = True

    def _end(self, crawl: SourceCrawl) -> None:
        with self._catalogue.begin() as connection:
            reason = frontier.start_failure(connection, crawl.run, crawl.source.address)
            report = frontier.run_report(connection, crawl.source.id, failures=0)
            if reason is not None:
                outcome = f"failed: start page: {reason}"
            elif report is not None and report.fetched and report.failed == report.fetched:
                outcome = f"failed: none of {report.fetched} addresses could be fetched"
            elif report is not None and not (report.new or report.changed or report.unchanged or report.waiting):
                outcome = f"failed: no notice found on {report.fetched} pages"
            elif report is not None and report.waiting:
                outcome = PAGE_LIMIT
            else:
                outcome = FINISHED
            frontier.end_run(connection, crawl.run, outcome)


def _reactor() -> Any:
    from twisted.internet import reactor  # installed by the process, so not before

    return reactor


def _refusal(url: str) -> str | None:
    resolver = _reactor().nameResolver
    return resolver.refusal(urlsplit(url).hostname or "") if isinstance(resolver, GuardedResolver) else None
