"""Health, numbers for Prometheus, the log's two forms, and the rate of clients."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from indexer.catalogue import frontier
from indexer.catalogue.frontier import Link, Result
from search_api.admission import client_key
from search_api.guard import Workers
from search_api.metrics import Metrics
from search_api.request_log import JsonLines, TextLines
from search_api.search import SearchService
from search_api.settings import ServeSettings, ServiceSettings
from tests.conftest import PROJECT
from tests.search_api.conftest import service_of, serving
from tests.search_api.corpus import notices_of_a_county


def numbers(address: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = requests.get(f"{address}/metrics", timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def number(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_requests_and_parts_are_counted(service: SearchService) -> None:
    with serving(service, ServeSettings()) as address:
        for _ in range(3):
            requests.get(f"{address}/api/v1/search?q=农机", timeout=30)
        requests.get(f"{address}/search?q=农机", timeout=30)
        requests.get(f"{address}/search?x=1", timeout=30)
        requests.get(f"{address}/notices/none", timeout=30)
        for path in ("/a", "/b", "/c/d", "/%20"):
            requests.get(address + path, timeout=30)
        requests.request("BREW", f"{address}/search", timeout=30)
        requests.get(f"{address}/static/style.css", timeout=30)
        found = numbers(address)
        while ("gongkai_request_seconds_count", frozenset({("route", "/static")})) not in found:
            found = numbers(address)  # a request is counted when its file is closed, after the client has all of it
    assert number(found, "gongkai_requests_total", route="/api/v1/search", method="GET", status="200") == 3
    assert number(found, "gongkai_requests_total", route="/search", method="GET", status="400") == 1
    assert number(found, "gongkai_requests_total", route="/notices/{id}", method="GET", status="404") == 1
    assert number(found, "gongkai_requests_total", route="other", method="GET", status="404") == 4
    assert number(found, "gongkai_requests_total", route="/static", method="GET", status="200") == 1
    assert {dict(labels)["method"] for name, labels in found if name == "gongkai_requests_total"} == {"GET", "other"}
    for part in ("parse", "recall", "rank", "display"):
        assert number(found, "gongkai_part_seconds_count", part=part) == 4
    assert number(found, "gongkai_part_seconds_count", part="render") >= 5
    assert number(found, "gongkai_request_seconds_count", route="/api/v1/search") == 3
    assert number(found, "gongkai_ready") == 1
    assert number(found, "gongkai_index_lag_changes") == 0
    assert number(found, "gongkai_index_documents") > 0
    assert number(found, "gongkai_workers_waiting") == 0


def test_every_number_is_documented(address: str) -> None:
    text = (PROJECT / "docs" / "how-to" / "monitor.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| (`gongkai_\w+`.*?) \|", text, re.MULTILINE))
    names = {name for cell in documented for name in re.findall(r"gongkai_\w+", cell)}
    answer = requests.get(f"{address}/metrics", timeout=30).text
    offered = set(re.findall(r"^# TYPE (gongkai_\w+) ", answer, re.MULTILINE))
    assert {name for name in offered if not name.endswith("_created")} == names


def test_routes_and_not_addresses_are_labels(service: SearchService, county: list[Any]) -> None:
    with serving(service, ServeSettings()) as address:
        for notice in county[:20]:
            requests.get(f"{address}/notices/{notice.id}", timeout=30)
            requests.get(f"{address}/api/v1/notices/{notice.id}/similar", timeout=30)
        found = numbers(address)
    routes = {dict(labels)["route"] for name, labels in found if name == "gongkai_requests_total"}
    assert routes == {"/notices/{id}", "/api/v1/notices/{id}/similar"}


def test_crawls_are_counted_by_source(tmp_path: Path) -> None:
    with service_of(tmp_path, notices_of_a_county()[:3]) as service:
        with service._catalogue.begin() as connection:
            run = frontier.start_run(connection, "finance", "县财政局", "https://czj.example/")
            frontier.add_links(connection, run, [Link(f"https://czj.example/{n}", "page", 1) for n in range(5)])
            [*tasks] = frontier.next_tasks(connection, run, 4, ())
            for task, outcome in zip(tasks, ("listing", "new", "new", "failed"), strict=True):
                frontier.finish(connection, task, Result(outcome))  # type: ignore[arg-type]
            frontier.end_run(connection, run, "finished")
        with serving(service, ServeSettings()) as address:
            found = numbers(address)
    assert number(found, "gongkai_crawl_addresses", source="finance", result="new") == 2
    assert number(found, "gongkai_crawl_addresses", source="finance", result="failed") == 1
    assert number(found, "gongkai_crawl_waiting", source="finance") == 2
    assert number(found, "gongkai_crawl_ok", source="finance") == 1


def test_what_waits_and_what_is_down_is_seen(tmp_path: Path) -> None:
    with service_of(tmp_path, notices_of_a_county()[:3]) as service:
        workers = Workers(concurrency=1, queue=5, time_limit=30)
        metrics = Metrics(service, workers)
        begun, goes_on = threading.Event(), threading.Event()

        async def scenario() -> str:
            def slow() -> None:
                begun.set()
                goes_on.wait()

            running = [asyncio.create_task(workers.run(slow)) for _ in range(3)]
            await asyncio.to_thread(begun.wait)
            text = await asyncio.to_thread(metrics.text)
            goes_on.set()
            await asyncio.gather(*running)
            return text.decode()

        try:
            shutil.rmtree(tmp_path / "index")
            text = asyncio.run(scenario())
        finally:
            goes_on.set()
            workers.close()
    assert "\ngongkai_workers_busy 1.0" in text
    assert "\ngongkai_workers_waiting 2.0" in text
    assert "\ngongkai_ready 0.0" in text
    assert "gongkai_index_documents" not in text


def test_health(tmp_path: Path) -> None:
    with service_of(tmp_path, notices_of_a_county()[:3]) as service, serving(service, ServeSettings()) as address:
        well = requests.get(f"{address}/healthz", timeout=30)
        shutil.rmtree(tmp_path / "index")
        ill = requests.get(f"{address}/healthz", timeout=30)
        live = requests.get(f"{address}/healthz?live", timeout=30)
    assert well.status_code == 200
    body = well.json()
    assert {"status": "ok", "live": True, "ready": True, "catalogue": "ok", "lag": 0}.items() <= body.items()
    assert {"engine", "documents", "position", "last_change"} <= body.keys()
    assert ill.status_code == 503
    assert ill.headers["Retry-After"]
    assert {"status": "unavailable", "live": True, "ready": False, "catalogue": "ok"}.items() <= ill.json().items()
    assert ill.json()["reason"]
    assert (live.status_code, live.json()) == (200, {"status": "ok", "live": True})


def test_a_client_that_asks_too_often_waits(service: SearchService) -> None:
    with serving(service, ServeSettings(rate_limit=5)) as address:
        statuses = [requests.get(f"{address}/api/v1/suggest?q=农", timeout=30).status_code for _ in range(8)]
        program = requests.get(f"{address}/api/v1/search", timeout=30)
        page = requests.get(f"{address}/search?q=农机", timeout=30)
        free = [requests.get(address + path, timeout=30).status_code for path in ("/healthz", "/metrics")]
        static = requests.get(f"{address}/static/style.css", timeout=30)
    assert statuses == [200] * 5 + [429] * 3
    for answer in (program, page):
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert answer.headers["X-Request-ID"]
        assert answer.headers["Content-Security-Policy"]
    assert program.json()["error"]["reader_message"] == "您的访问过于频繁，请稍候再试。"
    assert "您的访问过于频繁" in page.text
    assert "重新载入" in page.text
    assert free == [200, 200]
    assert static.status_code == 200


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address", "unknown"),
        ("", "unknown"),
    ],
)
def test_who_a_client_is(host: str, key: str) -> None:
    assert client_key({"client": (host, 1)}) == key
    assert client_key({}) == "unknown"


@pytest.mark.parametrize("headers", [{"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}])
def test_bodies_are_refused(address: str, headers: dict[str, str]) -> None:
    answer = requests.post(
        f"{address}/api/v1/search", data=iter([b"abcde"]) if "Transfer-Encoding" in headers else b"abcde", timeout=30
    )
    assert answer.status_code == 413
    assert answer.headers["Connection"] == "close"
    assert answer.json()["error"]["message"]


def record(message: str, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("gongkai.requests", logging.INFO, "", 0, message, (), None)
    made.__dict__.update(extra)
    return made


NASTY = "a\nb\r\x1b[31m\u2028\u202e\x00\x9b\U000e0041终"


def test_a_line_of_the_log_is_one_line_that_moves_no_cursor() -> None:
    line = JsonLines().format(record(NASTY, request_id="x", status=200, query=NASTY))
    assert line.isprintable()
    assert json.loads(line)["message"] == NASTY
    assert json.loads(line)["query"] == NASTY
    assert TextLines().format(record(NASTY, query=NASTY)).isprintable()


def test_an_error_is_logged_with_its_trace() -> None:
    try:
        raise ValueError(NASTY)
    except ValueError:
        failed = record("request", request_id="x")
        failed.exc_info = sys.exc_info()
    assert "ValueError" in json.loads(JsonLines().format(failed))["error"]
    lines = TextLines().format(failed).split("\n")
    assert lines[1].startswith("    Traceback")
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("prefix", ["search", "/a b", "//x", "/a?b", "/<script>", "https://x/", '/"'])
def test_prefixes_that_are_none(prefix: str) -> None:
    with pytest.raises(ValueError, match="root_path"):
        ServiceSettings(root_path=prefix)


def test_prefixes_and_proxies_that_are() -> None:
    made = ServiceSettings(root_path="/a/b-c/", trusted_proxies=("127.0.0.1", "10.0.0.1/8", "::1"))
    assert made.root_path == made.serve_settings().root_path == "/a/b-c"
    assert made.trusted_proxies == ("127.0.0.1/32", "10.0.0.0/8", "::1/128")
    with pytest.raises(ValueError, match="is no address or network"):
        ServiceSettings(trusted_proxies=("*",))
