"""What Prometheus reads: requests, the parts of an answer, queues, the index and the crawls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from indexer.catalogue.frontier import RunReport
from indexer.engine import EngineError
from search_api.guard import Workers
from search_api.search import SearchService
from search_api.timing import PARTS, Part

MEDIA_TYPE = CONTENT_TYPE_LATEST
_KEPT_SECONDS = 10.0
"""What is counted in the catalogue is counted again only after so long, however often it is asked for."""
_MAX_SOURCES = 500
"""Sources with series of their own; more are left out, for each adds a dozen."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
_CRAWLED = ("new", "changed", "unchanged", "listings", "ignored", "attachments", "failed")


class Metrics:
    """The numbers of one application, in a registry of their own."""

    def __init__(self, service: SearchService, workers: Workers) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "gongkai_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "gongkai_request_seconds", "Time of a request.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        parts = Histogram(
            "gongkai_part_seconds", "Time of a part of an answer.", ("part",), buckets=_SECONDS, registry=self._registry
        )
        self._parts = {part: parts.labels(part) for part in PARTS}
        self._registry.register(_State(service, workers))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """``route`` is the pattern of a known route, so that the series stay few."""
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def part(self, part: Part, seconds: float) -> None:
        self._parts[part].observe(seconds)

    def text(self) -> bytes:
        """In Prometheus' text format; asks engine and catalogue."""
        return generate_latest(self._registry)


class _State:
    """Gauges that are read when they are asked for; what does not answer is left out, and said to be down."""

    def __init__(self, service: SearchService, workers: Workers) -> None:
        self._workers = workers
        self._health = _Kept(service.health)
        self._crawls = _Kept(service.crawls)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield _gauge("gongkai_workers_busy", "Requests that are worked on.", self._workers.busy)
        yield _gauge("gongkai_workers_waiting", "Requests that wait for a worker.", self._workers.waiting)
        health: Mapping[str, Any] | None = self._health.get()
        yield _gauge("gongkai_ready", "1 where catalogue and engine answer.", int(health is not None))
        if health is not None:
            yield _gauge("gongkai_index_documents", "Documents in the index.", health["documents"])
            yield _gauge("gongkai_index_lag_changes", "Changes that are not in the index yet.", health["lag"])
            yield _gauge("gongkai_catalogue_changes", "Last change number of the catalogue.", health["last_change"])
        runs: Sequence[RunReport] | None = self._crawls.get()
        yield from _crawl_gauges(list(runs or ())[:_MAX_SOURCES])


class _Kept:
    """An answer and how long it counts; None where there was none."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._answer: Any = None
        self._until = float("-inf")
        self._lock = threading.Lock()

    def get(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._answer = self._ask()
                except (EngineError, SQLAlchemyError):
                    self._answer = None
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._answer


def _crawl_gauges(runs: Sequence[RunReport]) -> Iterator[Metric]:
    addresses = GaugeMetricFamily(
        "gongkai_crawl_addresses", "Addresses of a source's last run by what came of them.", labels=("source", "result")
    )
    waiting = GaugeMetricFamily(
        "gongkai_crawl_waiting", "Addresses that wait in a source's frontier.", labels=("source",)
    )
    good = GaugeMetricFamily("gongkai_crawl_ok", "1 where a source's last run ended well.", labels=("source",))
    for run in runs:
        for result in _CRAWLED:
            addresses.add_metric((run.source, result), getattr(run, result))
        waiting.add_metric((run.source,), run.waiting)
        good.add_metric((run.source,), int(run.ok))
    yield from (addresses, waiting, good)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
