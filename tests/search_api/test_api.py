"""The JSON API over a real catalogue, engine and server."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from analyzers.analysis import default_analyzer
from analyzers.notice import FIELDS, Notice
from indexer.catalogue import Catalogue
from indexer.documents import index_version
from indexer.engine import FACETS
from indexer.tantivy_engine import TantivyEngine
from search_api.answers import ErrorAnswer, HealthAnswer, NoticeAnswer, SearchResult, SimilarResult, SuggestResult
from search_api.parameters import PARAMETERS
from search_api.search import SearchService
from search_api.settings import ServeSettings
from tests.search_api.conftest import service_of, serving

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def get(address: str, path: str, **parameters: Any) -> requests.Response:
    return requests.get(address + path, params=parameters, timeout=30, allow_redirects=False)


def test_search_answers_in_the_shape_of_the_contract(address: str) -> None:
    response = get(address, "/api/v1/search", q="农机补贴", facets="genre,year", size=5)
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    SearchResult.model_validate(answer)
    assert set(answer) == {"query", "total", "took_ms", "relaxed", "suggestion", "hits", "facets", "engine"}
    assert answer["engine"] == "tantivy"
    assert answer["total"] >= 10
    assert len(answer["hits"]) == 5
    assert set(answer["facets"]) == {"genre", "year"}
    assert sum(value["count"] for value in answer["facets"]["genre"]["values"]) == answer["total"]
    for hit in answer["hits"]:
        assert {"id", "url", "title", "snippet", "highlights", "score", "date", "year", "source", "format"} <= set(hit)
        assert {field.name for field in FIELDS} <= set(hit)
        marked = [hit[name][start:end] for name in ("title", "snippet") for start, end in hit["highlights"][name]]
        assert "农机补贴" in marked


def test_filters_sorting_and_pages(address: str) -> None:
    both = get(address, "/api/v1/search", genre=["通知", "公告"], year="2011", sort="-date", size=100).json()
    assert both["total"] == len(both["hits"]) > 0
    assert {hit["genre"] for hit in both["hits"]} == {"通知", "公告"}
    dates = [hit["date"] for hit in both["hits"]]
    assert dates == sorted(dates, reverse=True)
    assert all(day.startswith("2011-") for day in dates)
    first = get(address, "/api/v1/search", sort="date", size=7).json()
    second = get(address, "/api/v1/search", sort="date", size=7, page=2).json()
    assert not {hit["id"] for hit in first["hits"]} & {hit["id"] for hit in second["hits"]}
    beyond = get(address, "/api/v1/search", page=50).json()
    assert beyond["hits"] == []
    assert beyond["total"] == first["total"]


def test_an_unknown_value_finds_nothing(address: str) -> None:
    answer = get(address, "/api/v1/search", genre="没有这种", facets="genre").json()
    assert answer["total"] == 0
    assert answer["facets"]["genre"]["values"]


@pytest.mark.parametrize(
    ("path", "parameter", "near"),
    [
        ("/api/v1/search?pgae=1", "pgae", "page"),
        ("/api/v1/search?page=x", "page", "page"),
        ("/api/v1/search?page=1001", "page", "export"),
        ("/api/v1/suggest?page=1", "page", "page"),
        ("/api/v1/export?format=xml", "format", "jsonl"),
        ("/feed.atom?size=3", "size", "size"),
        ("/api/v1/search?q=" + "长" * 501, "q", "500"),
    ],
)
def test_bad_requests_are_named(address: str, path: str, parameter: str, near: str) -> None:
    response = requests.get(address + path, timeout=30)
    assert response.status_code == 400
    error = ErrorAnswer.model_validate(response.json()).error
    assert error.parameter == parameter
    assert near in error.message
    assert error.reader_message


@pytest.mark.parametrize(
    "q", ["", '"', "“”", "AI-2024(试行)", "a:b", "-", "- -", "((", "*", "\\", "？！", " ", "NOT OR AND"]
)
def test_any_text_is_a_query(address: str, q: str) -> None:
    assert get(address, "/api/v1/search", q=q).status_code == 200


def test_explain(address: str) -> None:
    plain = get(address, "/api/v1/search", q="农机").json()["hits"][0]
    explained = get(address, "/api/v1/search", q="农机", explain="true").json()["hits"][0]
    assert "explanation" not in plain
    assert explained["explanation"]


def test_a_notice(address: str, county: list[Notice]) -> None:
    notice = county[10]
    answer = get(address, f"/api/v1/notices/{notice.id}").json()
    NoticeAnswer.model_validate(answer)
    assert answer["title"] == notice.title
    assert answer["date"] == notice.written_date.isoformat() if notice.written_date else None
    assert [file["id"] for file in answer["attachments"]] == [file.id(notice.id) for file in notice.attachments]


def test_an_attachment_leads_to_its_notice(address: str, county: list[Notice]) -> None:
    notice = county[10]
    attachment = notice.attachments[0].id(notice.id)
    hits = get(address, "/api/v1/search", q="请用蓝黑墨水填写").json()["hits"]
    assert {"id": notice.id, "title": notice.title} in [hit["parent"] for hit in hits]
    for prefix in ("/notices/", "/api/v1/notices/"):
        response = get(address, prefix + attachment)
        assert response.status_code == 307
        assert response.headers["location"] == f"{prefix}{notice.id}#{attachment}"


@pytest.mark.parametrize("path", ["/api/v1/notices/none", "/api/v1/notices/none/similar", "/api/v1/none"])
def test_unknown_ids_are_404(address: str, path: str) -> None:
    response = get(address, path)
    assert response.status_code == 404
    ErrorAnswer.model_validate(response.json())


def test_similar(address: str) -> None:
    answer = get(address, "/api/v1/notices/qx-000/similar").json()
    SimilarResult.model_validate(answer)
    assert answer["hits"]
    assert "qx-000" not in [hit["id"] for hit in answer["hits"]]


def test_suggest(address: str) -> None:
    answer = get(address, "/api/v1/suggest", q="关于2006年农机").json()
    SuggestResult.model_validate(answer)
    assert answer["suggestions"][0].startswith("关于2006年农机补贴")
    assert get(address, "/api/v1/suggest").json() == {"suggestions": []}


def test_export_holds_every_hit_once(address: str) -> None:
    found = get(address, "/api/v1/search", q="工作").json()["total"]
    response = get(address, "/api/v1/export", q="工作")
    assert response.headers["x-total-count"] == str(found)
    records = [json.loads(line) for line in response.content.decode().splitlines()]
    assert len(records) == len({record["id"] for record in records}) == found
    assert {"title", "url", "issuing_agency", "date", "highlights"} <= set(records[0])


def test_csv_is_for_spreadsheets(address: str) -> None:
    response = get(address, "/api/v1/export", q="工作", format=["csv", "html"])
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    assert response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == int(response.headers["x-total-count"])
    assert {row["format"] for row in rows} == {"html"}
    assert rows[0]["issuing_agency"].startswith("青溪县")


def test_an_empty_export(address: str) -> None:
    assert get(address, "/api/v1/export", q='"没有这样的话"').content == b""
    text = get(address, "/api/v1/export", q='"没有这样的话"', format="csv").content.decode("utf-8-sig")
    assert text.startswith('"id","title","date"')
    assert text.count("\r\n") == 1


def test_the_feed_is_atom_with_the_newest_first(address: str) -> None:
    response = get(address, "/feed.atom", q="补贴", genre="通知")
    assert response.headers["content-type"].startswith("application/atom+xml")
    feed = ElementTree.fromstring(response.content)
    assert feed.findtext("a:title", namespaces=ATOM) == "补贴，体裁：通知 - 公开检索"
    entries = feed.findall("a:entry", ATOM)
    assert entries
    updated = [entry.findtext("a:updated", "", ATOM) for entry in entries]
    assert updated == sorted(updated, reverse=True)
    for link in feed.findall("a:link", ATOM) + [entry.find("a:link", ATOM) for entry in entries[:3]]:
        assert link is not None
        assert requests.get(link.attrib["href"], timeout=30).status_code == 200


def test_health(address: str) -> None:
    health = get(address, "/healthz").json()
    HealthAnswer.model_validate(health)
    assert health["status"] == "ok"
    assert health["lag"] == 0


def test_no_engine_is_503_and_never_zero_hits(tmp_path: Path) -> None:
    analyzer = default_analyzer()
    catalogue = Catalogue.open(f"sqlite:///{tmp_path / 'catalogue.sqlite'}")
    engine = TantivyEngine(tmp_path / "index", version=index_version(analyzer))
    try:
        with serving(SearchService(catalogue, engine, analyzer), ServeSettings(retry_after=7)) as address:
            for path in ("/api/v1/search?q=x", "/api/v1/export?q=x", "/feed.atom", "/healthz", "/", "/search?q=x"):
                response = get(address, path)
                assert response.status_code == 503, path
                assert response.headers["retry-after"] == "7"
                assert "total" not in response.text
            assert get(address, "/healthz").json()["status"] == "unavailable"
    finally:
        engine.close()
        catalogue.close()


def test_a_broken_catalogue_is_503(tmp_path: Path, county: list[Notice]) -> None:
    with service_of(tmp_path, county[:3]) as service, serving(service, ServeSettings()) as address:
        with sqlite3.connect(tmp_path / "catalogue.sqlite") as database:
            database.execute("ALTER TABLE notices RENAME TO lost")
            database.execute("ALTER TABLE change_counter RENAME TO lost_counter")
        database.close()
        for path in ("/notices/qx-000", "/api/v1/notices/qx-000", "/healthz"):
            response = get(address, path)
            assert response.status_code == 503, path
            assert response.headers["retry-after"]
        assert get(address, "/api/v1/search", q="工作").status_code == 200


def test_openapi_describes_every_route_parameter_and_answer(address: str) -> None:
    schema = get(address, "/openapi.json").json()
    assert set(schema["paths"]) == {
        "/api/v1/search",
        "/api/v1/suggest",
        "/api/v1/export",
        "/api/v1/notices/{id}",
        "/api/v1/notices/{id}/similar",
        "/feed.atom",
        "/healthz",
        "/metrics",
    }
    for path, operations in schema["paths"].items():
        operation = operations["get"]
        assert operation["summary"], path
        assert operation["responses"]["200"]["content"], path
        assert "503" in operation["responses"] or path == "/metrics", path
        assert "422" not in operation["responses"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
    search = {row["name"] for row in schema["paths"]["/api/v1/search"]["get"]["parameters"]}
    assert search == {parameter.name for parameter in PARAMETERS} >= set(FACETS)
    example = schema["paths"]["/api/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
    SearchResult.model_validate(example)
