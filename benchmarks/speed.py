"""Indexing and querying in the embedded engine against SQLite FTS5 in one run, and Elasticsearch beside them.

python -m benchmarks.speed [--documents 20000] [--elasticsearch URL]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from analyzers.analysis import default_analyzer
from analyzers.highlighting import highlight, passage
from analyzers.query import parse_query
from benchmarks.corpus import LAWS, make_notices, make_queries
from benchmarks.fts5 import Fts5Reader, Fts5Writer
from indexer.catalogue import Catalogue, notices
from indexer.documents import engine_documents, index_version
from indexer.elasticsearch_engine import ElasticsearchEngine
from indexer.engine import Engine
from indexer.follower import BATCH_NOTICES, Follower
from indexer.tantivy_engine import TantivyEngine
from search_api.search import ENOUGH, SearchRequest, SearchService
from tests.elasticsearch.server import NoServerError, running_server

FACET_NAMES = ("issuing_agency", "genre", "validity", "year")
console = Console()


class _Fts5Engine:
    """What the follower asks of an engine; the yardstick never answers readers."""

    name = "fts5"

    def __init__(self, file: Path) -> None:
        self._file = file

    def writer(self, *, rebuild: bool = False) -> Fts5Writer:
        return Fts5Writer(self._file)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=20_000)
    options.add_argument("--queries", type=int, default=300)
    options.add_argument("--elasticsearch", metavar="URL", help="this server, instead of one that is started")
    chosen = options.parse_args()
    if not LAWS.is_file():
        console.print("the law corpus is not here (../shared/data/D_corpus/laws.jsonl)")
        return 1
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        catalogue = Catalogue.open(f"sqlite:///{folder}/catalogue.db")
        stack.callback(catalogue.close)
        with console.status("making the catalogue"):
            _fill(catalogue, chosen.documents)
        version = index_version(default_analyzer())
        engines: dict[str, Any] = {
            "tantivy": TantivyEngine(Path(folder, "index"), version=version),
            "fts5": _Fts5Engine(Path(folder, "fts5.db")),
        }
        try:
            url = chosen.elasticsearch or stack.enter_context(running_server(Path(folder, "elasticsearch")))
            engines["elasticsearch"] = ElasticsearchEngine.connect(url, alias="gongkai-bench", version=version)
        except NoServerError as error:
            console.print(f"Elasticsearch {error}")
        rates = {name: _index(catalogue, engine, Path(folder)) for name, engine in engines.items()}
        _report_indexing("catalogue → searchable, all channels, two cores", rates)
        _report_indexing("the same tokens, written alone", _write_alone(Path(folder), version, chosen.documents // 4))
        queries = make_queries(chosen.queries)
        timings = {
            name: _search(SearchService(catalogue, engines[name]), queries) for name in engines if name != "fts5"
        }
        timings["fts5"] = _search_fts5(Path(folder, "fts5.db"), queries)
        _report_queries(timings)
    return 0


def _fill(catalogue: Catalogue, count: int) -> None:
    made = make_notices(count)
    for start in range(0, count, 1000):
        with catalogue.begin() as connection:
            notices.put_all(connection, made[start : start + 1000])


def _index(catalogue: Catalogue, engine: Engine, folder: Path) -> float:
    """Documents a second, from the catalogue to the commit that makes the last one visible."""
    follower = Follower(catalogue, engine, lock=folder / f"{engine.name}.lock")
    follower.warm()
    started = time.perf_counter()
    count = follower.catch_up()
    rate = count / (time.perf_counter() - started)
    follower.close()
    return rate


def _write_alone(folder: Path, version: str, count: int) -> dict[str, float]:
    """Documents a second of the writers alone, given tokens that are made before."""
    analyzer = default_analyzer()
    documents = [document for one in make_notices(count, seed=3) for document in engine_documents(one, analyzer)]
    rates = {}
    engines: dict[str, Any] = {
        "tantivy": TantivyEngine(folder / "alone", version=version),
        "fts5": _Fts5Engine(folder / "alone.db"),
    }
    for name, engine in engines.items():
        writer = engine.writer()
        started = time.perf_counter()
        for start in range(0, count, BATCH_NOTICES):
            batch = documents[start : start + BATCH_NOTICES]
            writer.replace([document.notice_id for document in batch], batch)
        writer.commit(count)
        writer.publish()
        rates[name] = count / (time.perf_counter() - started)
        writer.close()
    return rates


def _search(service: SearchService, queries: Sequence[str]) -> list[float]:
    def ask(query: str) -> None:
        service.search(SearchRequest(q=query, facets=FACET_NAMES))

    return _timed(ask, queries)


def _search_fts5(file: Path, queries: Sequence[str]) -> list[float]:
    reader = Fts5Reader(file)
    analyzer = default_analyzer()

    def ask(query: str) -> None:
        terms = parse_query(query, analyzer).terms
        total, hits, _facets = reader.answer(terms, FACET_NAMES)
        if total < ENOUGH and len(terms) > 1:
            _total, hits, _facets = reader.answer(terms, FACET_NAMES, relaxed=True)
        for hit in hits:
            passage(str(hit["body"]), terms)
            highlight(str(hit["title"]), terms)

    timings = _timed(ask, queries)
    reader.close()
    return timings


def _timed(ask: Callable[[str], None], queries: Sequence[str]) -> list[float]:
    """Milliseconds a query, the caches warm."""
    for query in queries[:30]:
        ask(query)
    taken = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _report_indexing(title: str, rates: dict[str, float]) -> None:
    table = Table("engine", "documents/s", "ratio to fts5", title=title)
    for name, rate in rates.items():
        table.add_row(name, f"{rate:.0f}", f"{rate / rates['fts5']:.2f}")
    console.print(table)


def _report_queries(timings: dict[str, list[float]]) -> None:
    table = Table("engine", "p50 ms", "p95 ms", "queries/s", "ratio to fts5", title="query, 4 facets, 10 highlights")
    yardstick = statistics.mean(timings["fts5"])
    for name, taken in timings.items():
        cuts = statistics.quantiles(taken, n=20)
        mean = statistics.mean(taken)
        table.add_row(name, f"{cuts[9]:.1f}", f"{cuts[18]:.1f}", f"{1000 / mean:.0f}", f"{yardstick / mean:.2f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
