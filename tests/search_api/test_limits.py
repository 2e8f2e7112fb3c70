"""Limits on work, and the headers of every answer."""

from __future__ import annotations

import asyncio
import threading

import pytest
import requests
from pydantic import ValidationError
from starlette.datastructures import Headers

from search_api.guard import OverloadError, QueueFullError, Workers, host_allowed
from search_api.search import SearchService
from search_api.settings import ServeSettings
from tests.search_api.conftest import serving


def test_a_full_queue_refuses_and_a_free_place_takes() -> None:
    workers = Workers(concurrency=1, queue=1, time_limit=30)
    begun, goes_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        goes_on.wait()
        return "done"

    async def scenario() -> tuple[str, str, str]:
        first = asyncio.create_task(workers.run(slow))
        await asyncio.to_thread(begun.wait)
        second = asyncio.create_task(workers.run(lambda: "waited"))
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            await workers.run(lambda: "refused")
        goes_on.set()
        results = await first, await second
        return *results, await workers.run(lambda: "free again")

    try:
        assert asyncio.run(scenario()) == ("done", "waited", "free again")
    finally:
        workers.close()


def test_late_work_is_given_up_but_its_thread_counts_until_it_ends() -> None:
    workers = Workers(concurrency=1, queue=0, time_limit=0.05)
    goes_on = threading.Event()

    async def scenario() -> None:
        with pytest.raises(OverloadError, match=r"no answer within 0\.05 seconds"):
            await workers.run(goes_on.wait)
        with pytest.raises(QueueFullError):
            await workers.run(goes_on.wait)
        goes_on.set()

    try:
        asyncio.run(scenario())
    finally:
        goes_on.set()
        workers.close()


def test_errors_of_the_work_come_through() -> None:
    workers = Workers(concurrency=1, queue=0, time_limit=5)

    def fails() -> None:
        raise TimeoutError("the work's own")

    try:
        with pytest.raises(TimeoutError, match="the work's own"):
            asyncio.run(workers.run(fails))
    finally:
        workers.close()


def test_a_late_answer_is_503_with_retry_after(service: SearchService) -> None:
    with serving(service, ServeSettings(time_limit=1e-9)) as address:
        answer = requests.get(f"{address}/api/v1/search?q=农机", timeout=30)
        page = requests.get(f"{address}/search?q=农机", timeout=30)
    for response in (answer, page):
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
    assert answer.json()["error"]["reader_message"]
    assert "重新载入" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?q=农机",
        "/search?x=1",
        "/notices/qx-000",
        "/notices/none",
        "/nothing",
        "/api/v1/search",
        "/api/v1/export?format=csv",
        "/feed.atom",
        "/healthz",
        "/openapi.json",
    ],
)
def test_headers_of_every_answer(address: str, path: str) -> None:
    headers = requests.get(address + path, timeout=30).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "no-cache"


def test_static_files_are_kept_by_browsers(address: str) -> None:
    page = requests.get(address, timeout=30).text
    path = page.split('rel="stylesheet" href="')[1].split('"')[0]
    response = requests.get(address + path, timeout=30)
    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]
    assert requests.get(f"{address}/static/../app.py", timeout=30).status_code == 404
    assert requests.get(f"{address}/static/%2e%2e/app.py", timeout=30).status_code == 404


def test_nothing_but_reading_is_allowed(address: str) -> None:
    for path in ("/", "/search", "/api/v1/search"):
        assert requests.post(address + path, timeout=30).status_code == 405
    assert requests.head(f"{address}/search?q=农机", timeout=30).status_code == 200
    for path in ("/docs", "/redoc"):
        assert requests.get(address + path, timeout=30).status_code == 404


def test_only_known_hosts(service: SearchService) -> None:
    settings = ServeSettings(allowed_hosts=("search.example.cn",), public_address="https://search.example.cn")
    with serving(service, settings) as address:
        refused = requests.get(f"{address}/api/v1/search", timeout=30)
        watched = [requests.get(address + path, timeout=30).status_code for path in ("/healthz", "/metrics")]
        taken = requests.get(f"{address}/feed.atom", headers={"Host": "search.example.cn"}, timeout=30)
    assert refused.status_code == 400
    assert watched == [200, 200]
    assert refused.json()["error"]["parameter"] == "Host"
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert 'href="https://search.example.cn/search"' in taken.text


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("a.example.cn", True),
        ("a.example.cn:8000", True),
        ("A.EXAMPLE.CN", True),
        ("x.b.cn", True),
        ("b.cn", False),
        ("[::1]:8000", True),
        ("evil.cn", False),
        ("evila.example.cn", False),
        ("", False),
    ],
)
def test_host_names(host: str, allowed: bool) -> None:
    assert host_allowed(Headers({"host": host}), ("a.example.cn", "*.b.cn", "[::1]")) is allowed


def test_settings_are_strict() -> None:
    with pytest.raises(ValidationError, match="site_nmae"):
        ServeSettings.model_validate({"site_nmae": "x"})
    with pytest.raises(ValidationError, match="public_address"):
        ServeSettings(public_address="javascript:alert(1)")
    assert all(field.description for field in ServeSettings.model_fields.values())
