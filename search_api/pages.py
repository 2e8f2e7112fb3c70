"""Templates and what they are filled with: a page's links, chips, facets and hits."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from analyzers.normalization import compact
from analyzers.notice import FIELDS, Notice
from indexer.engine import MAX_WINDOW, FacetCounts, Sort
from search_api.display import Block, blocks, finalize, host_of, marked, notice_path, safe_link
from search_api.parameters import FACET_LABELS, query_pairs
from search_api.search import Hit, Overview, SearchAnswer, SearchRequest
from search_api.settings import ServeSettings
from search_api.timing import Observe, timed, unobserved

PACKAGE = Path(__file__).parent

DISCLOSURE_CATEGORIES = (
    "规章和规范性文件",
    "规划及相关政策",
    "统计信息",
    "财政性和公共性资金",
    "行政事业性收费",
    "政府集中采购",
    "行政许可审批",
    "城市建设和管理",
    "教育、医疗、扶贫、社会保障、就业",
    "突发公共事件应急预案、预警",
    "机构职能",
)
"""The categories that a district's annual report counts its disclosures by."""

PAGE_FACETS = (
    "disclosure_category",
    "issuing_agency",
    "year",
    "genre",
    "validity",
    "subject_category",
    "format",
    "source",
)
"""In the order of the page."""

SORTS: tuple[tuple[Sort, str], ...] = (("relevance", "相关度"), ("-date", "最新"), ("date", "最早"))

_VALIDITY_KINDS = {
    "有效": "valid",
    "现行有效": "valid",
    "失效": "invalid",
    "废止": "invalid",
    "已失效": "invalid",
    "已废止": "invalid",
    "已修改": "changed",
    "部分失效": "changed",
    "尚未生效": "future",
}
_FORMAT_LABELS = {
    "html": "网页",
    "doc": "Word（doc）",
    "docx": "Word（docx）",
    "xls": "Excel（xls）",
    "xlsx": "Excel（xlsx）",
    "ppt": "PPT",
    "pptx": "PPT（pptx）",
    "txt": "纯文本",
}
_UNDERSTOOD = (
    ("required", "原文"),
    ("document_numbers", "文号"),
    ("index_numbers", "索引号"),
    ("dates", "日期"),
    ("terms", "词语"),
    ("excluded", "不含"),
)
_SHORT_FACET = 6
"""Values that a facet shows before 更多."""
_LINKED_FIELDS = ("issuing_agency", "genre", "disclosure_category", "subject_category", "validity")


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str
    current: bool = False
    count: int | None = None
    note: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FacetView:
    name: str
    label: str
    shown: Sequence[Link]
    more: Sequence[Link]
    other: int


@dataclasses.dataclass(frozen=True, slots=True)
class HitView:
    title: Markup
    href: str
    snippet: Markup
    agencies: str
    document_number: str | None
    day: str | None
    validity: str | None
    validity_kind: str
    source: str | None
    file_type: str | None
    """Of an attachment or a notice that is a file; None for a page."""
    parent: Link | None
    explanation: Mapping[str, Any] | None


@dataclasses.dataclass(frozen=True, slots=True)
class FileView:
    id: str
    name: str
    file_type: str
    href: str | None
    blocks: Sequence[Block]
    cut: bool
    error: str | None
    recognised: bool


class Pages:
    """Renders the templates; autoescaping is on for all, and no text reaches a page but through ``finalize``."""

    def __init__(self, settings: ServeSettings, observe: Observe = unobserved) -> None:
        self.settings = settings
        self._observe = observe
        self._environment = Environment(
            loader=FileSystemLoader(PACKAGE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=finalize,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            site_name=settings.site_name,
            static={path.name: _static_address(path) for path in (PACKAGE / "static").iterdir() if path.is_file()},
            max_query_characters=settings.max_query_characters,
        )
        self._environment.filters.update(day=day_text, number=lambda value: f"{value:,}", own=self._own)

    def render(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> HTMLResponse:
        with timed(self._observe, "render"):
            text = self._environment.get_template(template).render(**context)
        return HTMLResponse(text.encode("utf-8", "replace"), status_code=status, headers=headers)

    def _own(self, path: str) -> str:
        """The address of a path of this service, as readers reach it."""
        return self.settings.root_path + path

    def error(
        self, status: int, reader_message: str, request: Request, *, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        again = str(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
        return self.render(
            "error.html",
            status=status,
            headers=headers,
            code=status,
            message=reader_message,
            again=again if status in (429, 503) and request.method == "GET" else None,
        )

    def home(self, overview: Overview) -> HTMLResponse:
        categories = overview.facets.get("disclosure_category")
        groups = [
            (FACET_LABELS[name], _home_links(name, overview.facets[name]))
            for name in ("issuing_agency", "genre", "year")
            if name in overview.facets and overview.facets[name].values
        ]
        return self.render(
            "home.html",
            total=overview.total,
            categories=_category_links(categories) if categories and categories.values else [],
            groups=groups,
            newest=[hit_view(hit) for hit in overview.newest],
        )

    def results(self, request: SearchRequest, answer: SearchAnswer, sources: Mapping[str, str]) -> HTMLResponse:
        """``sources``: what readers see for the name of a source."""
        last = max(1, -(-min(answer.total, MAX_WINDOW) // request.size))
        while last > 1 and last * request.size > MAX_WINDOW:
            last -= 1
        everything = dataclasses.replace(request, page=1)
        return self.render(
            "results.html",
            request=request,
            answer=answer,
            hits=[hit_view(hit, sources) for hit in answer.hits],
            facets=facet_views(request, answer, sources),
            chips=chips(request, sources),
            clear=search_path(SearchRequest(q=request.q, sort=request.sort, size=request.size)),
            sorts=[
                Link(label, search_path(dataclasses.replace(everything, sort=sort)), sort == request.sort)
                for sort, label in SORTS
            ],
            pages=page_links(request, last),
            previous=_page_path(request, request.page - 1) if 1 < request.page <= last else None,
            following=_page_path(request, request.page + 1) if request.page < last else None,
            first=search_path(everything),
            beyond=answer.total > last * request.size,
            understood=understood(answer.query),
            left_out=list(answer.relaxed["left_out"]) if answer.relaxed else [],
            suggestion=_suggestion(request, answer.suggestion),
            state=[pair for pair in query_pairs(request, page=1) if pair[0] != "q"],
            state_without_dates=[
                pair for pair in query_pairs(request, page=1) if pair[0] not in ("date_from", "date_to")
            ],
            exports=export_links(request),
        )

    def notice(self, notice: Notice, similar: Sequence[Hit] | None, sources: Mapping[str, str]) -> HTMLResponse:
        """``similar`` is None where the engine does not answer."""
        left = self.settings.max_page_characters
        body, left, body_cut = _cut(notice.body, left)
        files = []
        for attachment in notice.attachments:
            text, left, cut = _cut(attachment.body, left)
            files.append(
                FileView(
                    id=attachment.id(notice.id),
                    name=attachment.name,
                    file_type=format_label(attachment.format or "") if attachment.format else "文件",
                    href=safe_link(attachment.url),
                    blocks=blocks(text),
                    cut=cut,
                    error=attachment.error,
                    recognised=_recognised(attachment.extracted_by),
                )
            )
        source_link = safe_link(notice.url)
        return self.render(
            "notice.html",
            notice=notice,
            day=notice.date,
            validity_kind=_VALIDITY_KINDS.get(notice.validity or "", "other"),
            catalogue=_catalogue_rows(notice, sources),
            blocks=blocks(body),
            body_cut=body_cut,
            recognised=_recognised(notice.extracted_by),
            files=files,
            source_link=source_link,
            source_host=host_of(source_link) if source_link else "",
            file_type=None if notice.format == "html" else format_label(notice.format),
            json_href=f"/api/v1{notice_path(notice.id)}",
            permanent=notice_path(notice.id),
            similar=None if similar is None else [hit_view(hit) for hit in similar],
        )


def search_path(request: SearchRequest) -> str:
    pairs = query_pairs(request)
    return "/search" + (f"?{urlencode(pairs)}" if pairs else "")


def hit_view(hit: Hit, sources: Mapping[str, str] | None = None) -> HitView:
    """With ``sources`` the hit says where it comes from."""
    fields = hit.fields
    agencies = fields.get("issuing_agency") or []
    validity = fields.get("validity")
    form = fields.get("format") or "html"
    href = notice_path(hit.parent["id"], hit.id) if hit.parent else notice_path(hit.id)
    return HitView(
        title=marked(hit.title, hit.highlights.get("title", ())),
        href=href,
        snippet=marked(hit.snippet, hit.highlights.get("snippet", ())),
        agencies=agencies if isinstance(agencies, str) else "、".join(agencies),
        document_number=fields.get("document_number"),
        day=fields.get("date"),
        validity=validity,
        validity_kind=_VALIDITY_KINDS.get(validity or "", "other"),
        source=facet_text("source", fields["source"], sources) if sources is not None else None,
        file_type=format_label(form) if hit.parent or form != "html" else None,
        parent=Link(hit.parent["title"], notice_path(hit.parent["id"])) if hit.parent else None,
        explanation=hit.explanation,
    )


def facet_views(request: SearchRequest, answer: SearchAnswer, sources: Mapping[str, str]) -> list[FacetView]:
    views = []
    for name in PAGE_FACETS:
        counts = answer.facets.get(name)
        chosen = request.filters.get(name, ())
        if counts is None:
            continue
        values = list(counts.values)
        known = {value for value, _ in values}
        if name == "year":
            values.sort(key=lambda pair: pair[0], reverse=True)
        values = [(value, 0) for value in chosen if value not in known] + values
        if not values or (len(values) == 1 and not chosen and values[0][1] == answer.total):
            continue
        links = [
            Link(facet_text(name, value, sources), search_path(toggled(request, name, value)), value in chosen, count)
            for value, count in values
        ]
        links = [link for link in links if link.current] + [link for link in links if not link.current]
        short = max(_SHORT_FACET, sum(link.current for link in links))
        if len(links) == short + 1:
            short += 1
        views.append(FacetView(name, FACET_LABELS[name], links[:short], links[short:], counts.other))
    return views


def toggled(request: SearchRequest, name: str, value: str) -> SearchRequest:
    """The first page with the filter's value added, or taken away where it is there."""
    chosen = list(request.filters.get(name, ()))
    if value in chosen:
        chosen.remove(value)
    else:
        chosen.append(value)
    filters = {**request.filters, name: tuple(chosen)}
    return dataclasses.replace(request, page=1, filters={key: values for key, values in filters.items() if values})


def chips(request: SearchRequest, sources: Mapping[str, str]) -> list[Link]:
    """One for each active filter; its address is the result without it."""
    links = [
        Link(facet_text(name, value, sources), search_path(toggled(request, name, value)), note=FACET_LABELS[name])
        for name in PAGE_FACETS
        for value in request.filters.get(name, ())
    ]
    first = dataclasses.replace(request, page=1)
    if request.date_from:
        href = search_path(dataclasses.replace(first, date_from=None))
        links.append(Link(f"{day_text(request.date_from)}起", href, note="日期"))
    if request.date_to:
        href = search_path(dataclasses.replace(first, date_to=None))
        links.append(Link(f"{day_text(request.date_to)}止", href, note="日期"))
    return links


def page_links(request: SearchRequest, last: int) -> list[Link | None]:
    """Numbered links around the present page; None is a gap. Empty for a single page."""
    if last == 1:
        return []
    present = request.page
    around = {1, last, *range(max(1, present - 2), min(last, present + 2) + 1)}
    links: list[Link | None] = []
    before = 0
    for number in sorted(around):
        if number == before + 2:
            links.append(Link(str(number - 1), _page_path(request, number - 1)))
        elif number > before + 2:
            links.append(None)
        links.append(Link(str(number), _page_path(request, number), number == present))
        before = number
    return links


def export_links(request: SearchRequest) -> list[Link]:
    pairs = [pair for pair in query_pairs(request, page=1) if pair[0] != "size"]
    links = []
    for form, text in (("csv", "表格（CSV）"), ("jsonl", "数据（JSONL）")):
        links.append(Link(text, f"/api/v1/export?{urlencode([('format', form), *pairs])}"))
    feed = urlencode([pair for pair in pairs if pair[0] != "sort"])
    links.append(Link("订阅（Atom）", "/feed.atom" + (f"?{feed}" if feed else "")))
    return links


def facet_text(name: str, value: str, sources: Mapping[str, str] | None = None) -> str:
    """What a reader sees for a facet's value."""
    if name == "source":
        return (sources or {}).get(value) or value
    if name == "format":
        return format_label(value)
    if name == "year":
        return f"{value}年"
    return value.replace("\\", " › ")


def format_label(form: str) -> str:
    return _FORMAT_LABELS.get(form.lower(), form.upper()[:12])


def day_text(value: date | str | None) -> str:
    """``2011年5月16日``; a text that is no ISO date stays as it is."""
    if not value:
        return ""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return str(value)
    return f"{day.year}年{day.month}月{day.day}日"


def understood(query: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Labels and texts of what the query was taken for; empty where that is just the words as typed."""
    numbers = {
        compact(number).removesuffix("号") for name in ("document_numbers", "index_numbers") for number in query[name]
    }
    dates = [day_text(day) for day in query["dates"]]
    terms = [term for term in query["terms"] if term not in numbers and term not in dates]
    groups = {**query, "terms": terms, "dates": dates}
    found = [(label, list(groups[name])) for name, label in _UNDERSTOOD if groups[name]]
    if len(found) == 1 and "".join(found[0][1]) == compact(query["text"]):
        return []
    return found


def _suggestion(request: SearchRequest, text: str | None) -> Link | None:
    if not text:
        return None
    return Link(text, search_path(dataclasses.replace(request, q=text[:500], page=1)))


def _page_path(request: SearchRequest, page: int) -> str:
    return search_path(dataclasses.replace(request, page=page))


def _category_links(counts: FacetCounts) -> list[Link]:
    number = dict(counts.values)
    names = [*DISCLOSURE_CATEGORIES, *(value for value, _ in counts.values if value not in DISCLOSURE_CATEGORIES)]
    return [
        Link(name, search_path(SearchRequest(filters={"disclosure_category": (name,)})), count=number.get(name, 0))
        for name in names
    ]


def _home_links(name: str, counts: FacetCounts) -> list[Link]:
    values = list(counts.values)
    if name == "year":
        values.sort(key=lambda pair: pair[0], reverse=True)
    return [
        Link(facet_text(name, value), search_path(SearchRequest(filters={name: (value,)})), count=count)
        for value, count in values[:12]
    ]


def _catalogue_rows(notice: Notice, sources: Mapping[str, str]) -> list[tuple[str, list[Link]]]:
    """Label and values; a value without a link has an empty address."""
    rows = []
    for field in FIELDS:
        value = getattr(notice, field.name)
        if field.name in ("title", "summary") or not value:
            continue
        values = value if isinstance(value, list) else [day_text(value) if field.kind == "date" else value]
        links = []
        for text in values:
            href = ""
            if field.name in _LINKED_FIELDS and len(text) <= 200:
                href = search_path(SearchRequest(filters={field.name: (text,)}))
            links.append(Link(facet_text(field.name, text), href))
        rows.append((field.label, links))
    source = SearchRequest(filters={"source": (notice.source,)})
    rows.append((FACET_LABELS["source"], [Link(facet_text("source", notice.source, sources), search_path(source))]))
    return rows


def _cut(text: str, left: int) -> tuple[str, int, bool]:
    shown = text[:left]
    return shown, left - len(shown), len(shown) < len(text)


def _recognised(extracted_by: str | None) -> bool:
    return "ocr" in (extracted_by or "").lower()


def _static_address(path: Path) -> str:
    return f"/static/{path.name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
