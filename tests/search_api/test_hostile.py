"""No text of a record or a query reaches a reader as anything but text."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, urljoin, urlsplit
from xml.etree import ElementTree

import lxml.html
import pytest
import requests

from search_api.search import SearchService
from search_api.settings import ServeSettings
from tests.search_api.conftest import service_of, serving
from tests.search_api.hostile import HOSTILE_QUERIES, HOSTILE_TEXTS, hostile_notices

# All that the templates write; an element or attribute beyond it came from a text.
ELEMENTS = {
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "div", "span", "form", "label", "input",
    "datalist", "button", "main", "footer", "p", "ul", "ol", "li", "section", "h1", "h2", "h3", "nav", "aside",
    "details", "summary", "mark", "time", "article", "dl", "dt", "dd", "b", "strong", "table", "tbody", "tr", "td",
    "code", "pre",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "href", "rel", "type", "src", "defer", "class", "id", "tabindex", "for",
    "value", "maxlength", "autocomplete", "spellcheck", "enterkeyhint", "placeholder", "list", "action", "method",
    "role", "aria-hidden", "aria-label", "aria-labelledby", "aria-current", "datetime", "start", "min", "max", "title",
}  # fmt: skip
INVISIBLE = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture(scope="module")
def hostile_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchService]:
    with service_of(tmp_path_factory.mktemp("hostile"), hostile_notices()) as service:
        yield service


@pytest.fixture(scope="module")
def hostile_address(hostile_service: SearchService) -> Iterator[str]:
    with serving(hostile_service, ServeSettings()) as address:
        yield address


def check_page(response: requests.Response, address: str) -> lxml.html.HtmlElement:
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert not INVISIBLE.search(response.text)
    page = lxml.html.document_fromstring(response.text)
    for element in page.iter():
        assert isinstance(element.tag, str), f"a comment: {element}"
        assert element.tag in ELEMENTS, element.tag
        assert set(element.attrib) <= ATTRIBUTES, (element.tag, dict(element.attrib))
        for name in ("href", "src", "action"):
            target = element.get(name)
            if target is None:
                continue
            parts = urlsplit(urljoin(address, target))
            assert parts.scheme in ("http", "https")
            own = parts.netloc == urlsplit(address).netloc
            assert own or (element.tag == "a" and "external" in element.get("rel", "")), target
            assert parts.hostname != "evil.example"
    scripts = page.findall(".//script")
    assert [bool(script.get("src")) and not script.text for script in scripts] == [True]
    return page


def test_there_are_enough() -> None:
    assert len(set(HOSTILE_TEXTS)) >= 60


def test_pages_of_hostile_records(hostile_address: str) -> None:
    paths = ["/", "/search", "/search?q=农机补贴&size=100", "/search?q=alert&explain=true&sort=-date"]
    paths += [f"/notices/hostile-{number}" for number in range(len(HOSTILE_TEXTS))]
    for path in paths:
        response = requests.get(hostile_address + path, timeout=30)
        assert response.status_code == 200, path
        check_page(response, hostile_address)


def test_the_text_itself_is_there(hostile_address: str) -> None:
    for number in (0, 4, 18, 23):
        page = check_page(requests.get(f"{hostile_address}/notices/hostile-{number}", timeout=30), hostile_address)
        assert HOSTILE_TEXTS[number] in page.text_content()


@pytest.mark.parametrize("path", ["/search", "/api/v1/search", "/api/v1/suggest", "/feed.atom", "/api/v1/export"])
def test_hostile_queries(hostile_address: str, path: str) -> None:
    for text in HOSTILE_QUERIES:
        response = requests.get(hostile_address + path, params={"q": text}, timeout=30)
        assert response.status_code == (200 if len(" ".join(text.split())) <= 500 else 400), text
        assert "set-cookie" not in response.headers
        if path == "/search":
            check_page(response, hostile_address)


def test_hostile_filters_and_names(hostile_address: str) -> None:
    for text in HOSTILE_QUERIES:
        for parameters in ({"genre": text}, {"issuing_agency": [text, "x"]}, {text: "x"}, {"sort": text}):
            response = requests.get(f"{hostile_address}/search", params=parameters, timeout=30)
            assert response.status_code in (200, 400), parameters
            check_page(response, hostile_address)
        response = requests.get(f"{hostile_address}/notices/{quote(text, safe='')}", timeout=30)
        assert response.status_code == 404
        check_page(response, hostile_address)


def test_a_filter_by_a_hostile_value_can_be_taken_away(hostile_address: str) -> None:
    address = f"{hostile_address}/search"
    page = check_page(requests.get(address, params={"genre": HOSTILE_TEXTS[0]}, timeout=30), hostile_address)
    [chip] = page.xpath("//div[@class='chips']//a")
    assert chip.get("href") == "/search"


def test_json_is_json(hostile_address: str) -> None:
    notices = {record.id: record for record in hostile_notices()}
    found: set[str] = set()
    for page in (1, 2, 3):
        answer = requests.get(f"{hostile_address}/api/v1/search", params={"size": 100, "page": page}, timeout=30)
        assert answer.headers["content-type"] == "application/json"
        found |= {hit["id"] for hit in answer.json()["hits"]}
    assert found >= set(notices)
    for number in range(len(HOSTILE_TEXTS)):
        record = requests.get(f"{hostile_address}/api/v1/notices/hostile-{number}", timeout=30).json()
        assert record["title"] == notices[f"hostile-{number}"].title


def test_json_within_a_page_of_another_site_ends_no_script(hostile_address: str) -> None:
    """The type says what it is, nothing sniffs, and no other site may read it."""
    headers = requests.get(f"{hostile_address}/api/v1/search?q=script", timeout=30).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_the_head_of_a_request_is_bounded(hostile_address: str) -> None:
    with contextlib.suppress(requests.RequestException):
        assert requests.get(f"{hostile_address}/search", params={"q": "很" * 100_000}, timeout=30).status_code == 400
    assert requests.get(f"{hostile_address}/healthz", timeout=30).status_code == 200


def test_exports_run_nothing(hostile_address: str) -> None:
    lines = requests.get(f"{hostile_address}/api/v1/export", timeout=30).content.decode().splitlines()
    assert len([json.loads(line) for line in lines]) >= len(HOSTILE_TEXTS)
    text = requests.get(f"{hostile_address}/api/v1/export?format=csv", timeout=30).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == len(lines) + 1
    assert {len(row) for row in rows} == {len(rows[0])}
    for row in rows:
        for cell in row:
            assert not re.match(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]", cell), cell
            assert not re.search(r"[\r\n\t\x00]", cell)


def test_feeds_are_whole(hostile_address: str) -> None:
    feed = ElementTree.fromstring(requests.get(f"{hostile_address}/feed.atom", timeout=30).content)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = feed.findall(f"{atom}entry")
    assert entries
    for element in feed.iter():
        assert element.tag.startswith(atom)
        assert not INVISIBLE.search(element.text or "")
        if element.tag == f"{atom}link":
            assert urlsplit(element.attrib["href"]).scheme in ("http", "https")
    assert all(len(entry.findall(f"{atom}title")) == 1 for entry in entries)
