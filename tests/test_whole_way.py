"""The whole way with Elasticsearch as the engine: import, index, serve, outage, and an index removed by hand."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from elasticsearch import Elasticsearch

from tests.program import free_port, gongkai, gongkai_json, served, total, wait_for, write_records

pytestmark = pytest.mark.elasticsearch


@pytest.fixture
def settings(elasticsearch_url: str) -> Iterator[dict[str, str]]:
    """Environment of a program with an index of its own."""
    alias = f"way-{uuid.uuid4().hex[:8]}"
    yield {
        "GONGKAI_ENGINE": "elasticsearch",
        "GONGKAI_ELASTICSEARCH_URL": elasticsearch_url,
        "GONGKAI_ELASTICSEARCH_INDEX": alias,
    }
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.delete(index=",".join(client.indices.get(index=f"{alias}-*")), ignore_unavailable=True)


def test_from_import_to_answer(tmp_path: Path, settings: dict[str, str]) -> None:
    folder = tmp_path / "data"
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(40))), env=settings)
    with served(folder, env=settings) as address:
        wait_for(lambda: total(address, "农机补贴") == 40)
        answer = requests.get(
            f"{address}/api/v1/search", params={"q": "第7号农机补贴", "facets": "year", "explain": "true"}, timeout=30
        ).json()
        assert answer["engine"] == "elasticsearch"
        assert answer["hits"][0]["id"] == "r7"
        assert answer["hits"][0]["explanation"]["title_phrase"] > 0
        assert answer["facets"]["year"]["values"][0]["value"] == "2015"
        gongkai(folder, "import", str(write_records(tmp_path / "more.jsonl", range(40, 60))), env=settings)
        wait_for(lambda: total(address, "农机补贴") == 60)
        gongkai(folder, "index", "--rebuild", env=settings)
        assert total(address, "农机补贴") == 60
        assert requests.get(f"{address}/search", params={"q": "农机"}, timeout=30).status_code == 200
        similar = requests.get(f"{address}/api/v1/notices/r3/similar", timeout=30)
        assert similar.status_code == 200
    assert gongkai_json(folder, "status", "--json", env=settings)["index"]["documents"] == 60


def test_an_index_removed_by_hand_is_made_again(tmp_path: Path, settings: dict[str, str]) -> None:
    folder = tmp_path / "data"
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(20))), env=settings)
    with served(folder, env=settings) as address:
        wait_for(lambda: total(address) == 20)
        with Elasticsearch(settings["GONGKAI_ELASTICSEARCH_URL"]) as client:
            for index in client.indices.get_alias(name=settings["GONGKAI_ELASTICSEARCH_INDEX"]):
                client.indices.delete(index=index)
        assert total(address) in (None, 20)
        wait_for(lambda: total(address) == 20)


def test_an_engine_that_is_down_is_503_and_never_zero_hits(tmp_path: Path) -> None:
    down = {"GONGKAI_ENGINE": "elasticsearch", "GONGKAI_ELASTICSEARCH_URL": f"http://127.0.0.1:{free_port()}"}
    folder = tmp_path / "data"
    gongkai(folder, "import", str(write_records(tmp_path / "some.jsonl", range(3))), env=down)
    with served(folder, env=down) as address:
        for path in ("/api/v1/search?q=补贴", "/search?q=补贴", "/", "/feed.atom?q=补贴", "/api/v1/suggest?q=补贴"):
            answer = requests.get(address + path, timeout=60)
            assert answer.status_code == 503, path
            assert int(answer.headers["Retry-After"]) > 0
        assert requests.get(f"{address}/notices/r1", timeout=60).status_code == 200
    assert "elasticsearch" in gongkai(folder, "search", "补贴", code=1, env=down)
