"""Whole results as files: JSON lines, CSV that a spreadsheet can open without running anything, Atom."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from analyzers.notice import FIELDS
from indexer.engine import MAX_WINDOW
from search_api.answers import hit_record
from search_api.display import notice_path, safe_link, visible
from search_api.parameters import FACET_LABELS, ExportForm, query_pairs
from search_api.search import MAX_SIZE, Hit, SearchAnswer, SearchRequest

COLUMNS: tuple[str, ...] = (
    "id",
    "title",
    "date",
    *(field.name for field in FIELDS if field.name != "title"),
    "source",
    "format",
    "url",
    "parent",
    "snippet",
)
MEDIA_TYPES: Mapping[ExportForm, str] = {"jsonl": "application/x-ndjson", "csv": "text/csv"}
FEED_ENTRIES = 30

_ATOM = "http://www.w3.org/2005/Atom"
# What spreadsheets take for the start of a formula, also full-width and after white space.
_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠\t\r\n]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


async def export_lines(
    first: SearchAnswer,
    request: SearchRequest,
    form: ExportForm,
    search: Callable[[SearchRequest], Awaitable[SearchAnswer]],
) -> AsyncIterator[bytes]:
    """The result up to MAX_WINDOW hits, page by page; ``first`` answers ``request``, which asks for page 1.

    A hit that moves between pages while the index changes is written once.
    """
    if form == "csv":
        yield csv_lines([COLUMNS], bom=True)
    written: set[str] = set()
    answer = first
    pages = min(MAX_WINDOW, first.total + request.size - 1) // request.size
    for page in range(1, max(pages, 1) + 1):
        if page > 1:
            answer = await search(replace(request, page=page))
        new = [hit for hit in answer.hits if hit.id not in written]
        written.update(hit.id for hit in new)
        yield (csv_lines(csv_row(hit) for hit in new) if form == "csv" else json_lines(new))
        if not answer.hits:
            break


def export_request(request: SearchRequest) -> SearchRequest:
    """The first page of an export of the request."""
    return replace(request, page=1, size=MAX_SIZE, facets=(), explain=False)


def json_lines(hits: Iterable[Hit]) -> bytes:
    return "".join(json.dumps(hit_record(hit), ensure_ascii=False) + "\n" for hit in hits).encode("utf-8", "replace")


def csv_row(hit: Hit) -> list[str]:
    record = hit_record(hit)
    record["parent"] = hit.parent["id"] if hit.parent else None
    return [csv_cell(record.get(column)) for column in COLUMNS]


def csv_cell(value: Any) -> str:
    """One line of text that no spreadsheet takes for a formula; several values are joined by ``；``."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = "；".join(str(one) for one in value)
    text = _NOT_XML.sub("", str(value))
    if _FORMULA.match(text):
        text = "'" + text
    return " ".join(text.split("\r\n")).replace("\n", " ").replace("\r", " ").replace("\t", " ")


def csv_lines(rows: Iterable[Sequence[str]], *, bom: bool = False) -> bytes:
    """The byte order mark makes spreadsheets read UTF-8."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8", "replace")


def feed(answer: SearchAnswer, request: SearchRequest, *, site_name: str, address: str, now: str) -> bytes:
    """An Atom feed of the newest hits; ``address`` is the service's, without a slash; ``now`` is UTC, ISO 8601.

    ``now`` dates the feed only where no hit has a date.
    """
    query = urlencode(query_pairs(replace(request, sort="relevance", size=10), page=1))
    ElementTree.register_namespace("", _ATOM)
    root = ElementTree.Element(f"{{{_ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "zh-CN"})
    own = f"{address}/feed.atom" + (f"?{query}" if query else "")
    dates = sorted(str(hit.fields["date"]) for hit in answer.hits if hit.fields.get("date"))
    _text(root, "id", own)
    _text(root, "title", f"{_what(request)} - {site_name}")
    _text(root, "updated", f"{dates[-1]}T00:00:00Z" if dates else now)
    _link(root, "self", own, "application/atom+xml")
    _link(root, "alternate", f"{address}/search" + (f"?{query}" if query else ""), "text/html")
    for hit in answer.hits:
        entry = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
        page = address + (notice_path(hit.parent["id"], hit.id) if hit.parent else notice_path(hit.id))
        day = hit.fields.get("date")
        _text(entry, "id", page)
        _text(entry, "title", hit.title)
        _text(entry, "updated", f"{day}T00:00:00Z" if day else "1970-01-01T00:00:00Z")
        if day:
            _text(entry, "published", f"{day}T00:00:00Z")
        agencies = hit.fields.get("issuing_agency") or [site_name]
        for agency in [agencies] if isinstance(agencies, str) else agencies:
            _text(ElementTree.SubElement(entry, f"{{{_ATOM}}}author"), "name", agency)
        _link(entry, "alternate", page, "text/html")
        source = safe_link(hit.url)
        if source:
            _link(entry, "via", source)
        _text(entry, "summary", hit.snippet)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def feed_request(request: SearchRequest) -> SearchRequest:
    """The newest hits of the request."""
    return replace(request, page=1, size=FEED_ENTRIES, sort="-date", facets=(), explain=False)


def _what(request: SearchRequest) -> str:
    parts = [request.q] if request.q else []
    parts += [f"{FACET_LABELS[name]}：{'、'.join(values)}" for name, values in request.filters.items()]
    return "，".join(parts) or "最新公开信息"


def _text(parent: ElementTree.Element, name: str, text: Any) -> None:
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}").text = _NOT_XML.sub("", visible(str(text)))


def _link(parent: ElementTree.Element, relation: str, address: str, media_type: str | None = None) -> None:
    attributes = {"rel": relation, "href": _NOT_XML.sub("", address)}
    if media_type:
        attributes["type"] = media_type
    ElementTree.SubElement(parent, f"{{{_ATOM}}}link", attributes)
