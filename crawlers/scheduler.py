"""Scrapy's scheduler over the catalogue's frontier: few tasks in memory, the rest in the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from indexer.catalogue.frontier import Task

if TYPE_CHECKING:
    from crawlers.source_crawl import SourceCrawl
    from crawlers.spider import SourceSpider

MAX_TASKS = 64
"""Tasks of a source in memory, under way or next."""


class FrontierScheduler(BaseScheduler):
    """Hands out the frontier's tasks; redirects and retries of a task under way are kept in memory beside it."""

    def __init__(self, crawl: SourceCrawl, spider: SourceSpider) -> None:
        self._crawl = crawl
        self._spider = spider
        self._next: deque[Task] = deque()
        self._derived: deque[Request] = deque()
        self._under_way: set[str] = set()
        self._drained = False
        self._handed_out = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> FrontierScheduler:
        spider = cast("SourceSpider", crawler.spider)
        scheduler = cls(spider.crawl, spider)
        spider.crawl.on_closed = scheduler.closed
        return scheduler

    @property
    def limit_reached(self) -> bool:
        return self._crawl.run.fetched + self._handed_out >= self._crawl.source.page_limit

    def has_pending_requests(self) -> bool:
        if self._crawl.stopped:
            return bool(self._derived)
        return bool(self._derived or self._under_way) or self._may_hand_out()

    def enqueue_request(self, request: Request) -> bool:
        """Takes redirects and retries; they carry the task that they come from."""
        self._derived.append(request)
        return True

    def next_request(self) -> Request | None:
        if self._derived:
            return self._derived.popleft()
        if not self._may_hand_out():
            return None
        task = self._next.popleft()
        self._under_way.add(task.key)
        self._handed_out += 1
        return self._spider.request_for(task)

    def closed(self, task: Task, found: bool) -> None:
        """The task is done; ``found``: the frontier has something new for this run."""
        self._under_way.discard(task.key)
        self._drained = self._drained and not found

    def _may_hand_out(self) -> bool:
        if self._crawl.stopped or self.limit_reached:
            return False
        if not self._next and not self._drained:
            self._refill()
        return bool(self._next)

    def _refill(self) -> None:
        room = MAX_TASKS - len(self._under_way)
        if room <= 0:
            return
        tasks: Sequence[Task] = self._crawl.next_tasks(room, self._under_way)
        self._next.extend(tasks)
        self._drained = not tasks
