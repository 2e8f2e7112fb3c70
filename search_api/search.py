"""The search service: a request in, a ranked and highlighted answer out; no HTTP, no engine's own language."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from analyzers.analysis import Analyzer, default_analyzer
from analyzers.highlighting import highlight, passage
from analyzers.normalization import compact
from analyzers.notice import Notice
from analyzers.query import UnderstoodQuery, parse_query
from indexer.catalogue import Catalogue, frontier, notices
from indexer.catalogue.frontier import RunReport
from indexer.documents import MAX_TITLE_KEY, date_key
from indexer.engine import FACETS, MAX_WINDOW, Candidate, Engine, EngineQuery, FacetCounts, Recall, Sort
from search_api.ranker import WEIGHTS, Ranked, explain, rank
from search_api.timing import Observe, timed, unobserved

MAX_QUERY_CHARACTERS = 500
MAX_SIZE = 100
WINDOW = 200
"""Candidates that the ranker orders; 67 % of the relevant articles of make relevance are among them."""
ENOUGH = 10
"""Hits below which a looser query is tried: a first page. Against 1 it gains 0.03 nDCG@10, and 50 gains 0.005 more for
half again the time (make relevance)."""
_MAX_PHRASE = 100
_NEWEST = 8
_SIMILAR_CHARACTERS = 5_000


class SearchRequestError(ValueError):
    """A request that cannot be answered: ``parameter`` names what is wrong, the message says it in English."""

    def __init__(self, parameter: str, message: str, reader_message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.reader_message = reader_message
        """The same in Chinese, for a page."""


@dataclasses.dataclass(frozen=True, slots=True)
class SearchRequest:
    q: str = ""
    page: int = 1
    size: int = 10
    sort: Sort = "relevance"
    filters: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    """Facet name to values: any of the values, all of the names."""
    date_from: date | None = None
    date_to: date | None = None
    facets: Sequence[str] = ()
    facet_size: int = 50
    explain: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A notice, or an attachment that matches by itself (then ``parent`` is its notice's id and title)."""

    id: str
    url: str
    title: str
    snippet: str
    """Plain text of the original."""
    highlights: Mapping[str, Sequence[tuple[int, int]]]
    """``title`` and ``snippet`` to spans in code points, end excluded, ascending, not overlapping."""
    score: float
    fields: Mapping[str, Any]
    """The fields of the notice by their names, dates in ISO 8601, plus ``date``, ``year``, ``source``, ``format``."""
    parent: Mapping[str, str] | None = None
    explanation: Mapping[str, Any] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SearchAnswer:
    query: Mapping[str, Any]
    """What was understood."""
    total: int
    took_ms: float
    relaxed: Mapping[str, Sequence[str]] | None
    """``{"left_out": [terms]}`` where not every term is in every hit."""
    suggestion: str | None
    hits: Sequence[Hit]
    facets: Mapping[str, FacetCounts]
    engine: str


@dataclasses.dataclass(frozen=True, slots=True)
class Overview:
    """What the home page shows."""

    total: int
    facets: Mapping[str, FacetCounts]
    newest: Sequence[Hit]


class SearchService:
    """Answers readers; safe to call from several threads."""

    def __init__(self, catalogue: Catalogue, engine: Engine, analyzer: Analyzer | None = None) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._analyzer = analyzer or default_analyzer()
        self._observe: Observe = unobserved

    def observed(self, observe: Observe) -> SearchService:
        """The same service, which tells how long the parts of its answers take."""
        other = copy.copy(self)
        other._observe = observe
        return other

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Raises SearchRequestError, and EngineUnavailableError where there is no answer."""
        started = time.perf_counter()
        _check(request)
        with timed(self._observe, "parse"):
            understood = parse_query(request.q, self._analyzer)
        with timed(self._observe, "recall"):
            query, recall = self._recall(request, understood)
        with timed(self._observe, "rank"):
            ranked = self._page(request, query, recall)
        with timed(self._observe, "display"):
            terms = _shown_terms(understood)
            displays = self._engine.displays([one.candidate.key for one in ranked])
            explanations = self._explanations(query, ranked) if request.explain else {}
            hits = [
                _hit(display, terms, one, explanations.get(one.candidate.key))
                for one in ranked
                if (display := displays.get(one.candidate.key)) is not None
            ]
        relaxed = None
        if query.terms != understood.terms or query.minimum_terms < len(query.terms):
            relaxed = {"left_out": self._left_out(understood.terms, query, recall)}
        return SearchAnswer(
            query=understood.to_json(),
            total=recall.total,
            took_ms=round((time.perf_counter() - started) * 1000, 2),
            relaxed=relaxed,
            suggestion=None,
            hits=hits,
            facets=recall.facets,
            engine=self._engine.name,
        )

    def notice(self, notice_id: str) -> Notice | None:
        with self._catalogue.read() as connection:
            return notices.get(connection, notice_id)

    def parent_of(self, attachment_id: str) -> str | None:
        """The notice that the attachment belongs to."""
        with self._catalogue.read() as connection:
            return notices.notice_of_attachment(connection, attachment_id)

    def source_labels(self) -> Mapping[str, str]:
        """What readers see for each source's name."""
        with self._catalogue.read() as connection:
            return notices.source_labels(connection)

    def similar(self, notice_id: str, *, limit: int = 8) -> Sequence[Hit]:
        """Other notices about the same, most alike first; empty for an unknown id."""
        notice = self.notice(notice_id)
        if notice is None:
            return []
        words = {
            "title": self._analyzer.channels(notice.title).words,
            "body": self._analyzer.channels(notice.body[:_SIMILAR_CHARACTERS]).words,
        }
        # An attachment stands for its notice, so some more are asked for than shown.
        found = self._engine.similar(words, notice_id=notice_id, limit=3 * limit)
        hits = self._plain_hits(found)
        by_notice: dict[str, Hit] = {}
        for hit in hits:
            if hit.parent is None:
                by_notice.setdefault(hit.id, hit)
        return list(by_notice.values())[:limit]

    def suggest(self, prefix: str, *, limit: int = 8) -> Sequence[str]:
        """Titles that hold the text, those that start with it first; none for less than two characters."""
        dense = compact(prefix)[:MAX_QUERY_CHARACTERS]
        if len(dense) < 2:
            return []
        hits = self._plain_hits(self._engine.titles(dense, limit=5 * limit))
        titles = dict.fromkeys(hit.title for hit in hits)
        return sorted(titles, key=lambda title: (not compact(title).startswith(dense), len(title)))[:limit]

    def overview(self) -> Overview:
        """What the home page shows; from the engine, so it is what a search would find."""
        recall = self._engine.recall(EngineQuery(), sort="-date", limit=_NEWEST, facets=FACETS, facet_size=50)
        return Overview(recall.total, recall.facets, self._plain_hits(recall.candidates))

    def health(self) -> Mapping[str, Any]:
        """``{"engine", "documents", "position", "last_change", "lag"}``; raises EngineUnavailableError."""
        with self._catalogue.read() as connection:
            last = notices.last_change(connection)
        state = self._engine.health()
        position = int(state["position"])
        return {
            "engine": self._engine.name,
            "documents": state["documents"],
            "position": position,
            "last_change": last,
            "lag": max(last - position, 0),
        }

    def crawls(self) -> list[RunReport]:
        """The last run of every source that was ever crawled, without failures and notes."""
        with self._catalogue.read() as connection:
            reports = [frontier.run_report(connection, name, failures=0) for name in frontier.known_sources(connection)]
        return [report for report in reports if report is not None]

    def _recall(self, request: SearchRequest, understood: UnderstoodQuery) -> tuple[EngineQuery, Recall]:
        """The strictest query that finds enough, and what it recalls.

        Every term must occur, else half of them, else one; where nothing is found even so, any two neighbouring
        characters, unless a quoted string is asked for.
        """
        query = _engine_query(request, understood)
        strict = self._recalled(request, query)
        enough = ENOUGH if request.sort == "relevance" else 1
        terms = len(query.terms)
        if strict.total >= enough:
            return query, strict
        if terms <= 1:
            return (query, strict) if strict.total else self._any_pair(request, query, strict)
        half = dataclasses.replace(query, minimum_terms=math.ceil(terms / 2))
        found = terms > 2 and self._total(half) >= enough
        loose = half if found else dataclasses.replace(query, minimum_terms=1)
        relaxed = self._recalled(request, loose)
        if not relaxed.total:
            return self._any_pair(request, query, strict)
        return (loose, relaxed) if relaxed.total > strict.total else (query, strict)

    def _any_pair(self, request: SearchRequest, query: EngineQuery, empty: Recall) -> tuple[EngineQuery, Recall]:
        pairs = [pair for pair in query.bigrams if pair not in query.terms]
        if not pairs or query.required or request.sort != "relevance":
            return query, empty
        loose = dataclasses.replace(query, terms=pairs, minimum_terms=1)
        found = self._recalled(request, loose)
        return (loose, found) if found.total else (query, empty)

    def _recalled(self, request: SearchRequest, query: EngineQuery) -> Recall:
        first = (request.page - 1) * request.size
        windowed = request.sort == "relevance" and first < WINDOW
        return self._engine.recall(
            query,
            sort=request.sort,
            offset=0 if windowed else first,
            limit=WINDOW if windowed else request.size,
            facets=request.facets,
            facet_size=request.facet_size,
        )

    def _total(self, query: EngineQuery) -> int:
        return self._engine.recall(query, sort="-date", limit=0).total

    def _page(self, request: SearchRequest, query: EngineQuery, recall: Recall) -> list[Ranked]:
        """The page's candidates: the ranker's order within the first window, the engine's beyond it."""
        first = (request.page - 1) * request.size
        if request.sort != "relevance" or first >= WINDOW:
            return [Ranked(candidate, candidate.score) for candidate in recall.candidates]
        ranked = rank(recall.candidates, year=date.today().year)
        page = ranked[first : first + request.size]
        beyond = first + request.size - WINDOW
        if beyond > 0 and recall.total > WINDOW:
            rest = self._engine.recall(query, offset=WINDOW, limit=beyond)
            page += [Ranked(candidate, candidate.score) for candidate in rest.candidates]
        return page

    def _explanations(self, query: EngineQuery, ranked: Sequence[Ranked]) -> dict[int, dict[str, float]]:
        parts = self._engine.parts(query, [one.candidate.key for one in ranked])
        year = date.today().year
        return {one.candidate.key: explain(one, parts.get(one.candidate.key, {}), year=year) for one in ranked}

    def _left_out(self, terms: Sequence[str], query: EngineQuery, recall: Recall) -> list[str]:
        """The terms that not every hit has."""
        counts = {term: self._total(dataclasses.replace(query, required=[*query.required, term])) for term in terms}
        return [term for term in terms if counts[term] < recall.total]

    def _plain_hits(self, candidates: Sequence[Candidate]) -> list[Hit]:
        displays = self._engine.displays([candidate.key for candidate in candidates])
        return [
            _hit(displays[candidate.key], (), Ranked(candidate, candidate.score), None)
            for candidate in candidates
            if candidate.key in displays
        ]


def _check(request: SearchRequest) -> None:
    if len(request.q) > MAX_QUERY_CHARACTERS:
        raise SearchRequestError(
            "q",
            f"has {len(request.q)} characters; {MAX_QUERY_CHARACTERS} are allowed",
            f"查询内容过长，请控制在 {MAX_QUERY_CHARACTERS} 字以内。",
        )
    if not 1 <= request.size <= MAX_SIZE:
        raise SearchRequestError("size", f"must be from 1 to {MAX_SIZE}", f"每页条数应在 1 到 {MAX_SIZE} 之间。")
    if request.page < 1:
        raise SearchRequestError("page", "must be 1 or more", "页码应从 1 开始。")
    if request.page * request.size > MAX_WINDOW:
        raise SearchRequestError(
            "page",
            f"reaches beyond hit {MAX_WINDOW}; use /api/v1/export for the whole result",
            f"最多翻到第 {MAX_WINDOW} 条，需要全部结果请使用导出。",
        )
    for name in (*request.filters, *request.facets):
        if name not in FACETS:
            raise SearchRequestError(name, "is no facet", f"没有名为 {name} 的筛选项。")


def _engine_query(request: SearchRequest, understood: UnderstoodQuery) -> EngineQuery:
    numbers = [number.keys[0] for number in understood.document_numbers] + list(understood.index_numbers)
    if understood.only_dates:
        numbers += [date_key(day) for day in understood.dates]
    return EngineQuery(
        required=understood.required,
        terms=understood.terms,
        minimum_terms=len(understood.terms),
        excluded=understood.excluded,
        numbers=numbers,
        words=understood.words,
        bigrams=understood.bigrams,
        phrase=understood.phrase[:_MAX_PHRASE],
        title_key=understood.phrase[:MAX_TITLE_KEY],
        boosts=WEIGHTS,
        filters=request.filters,
        date_from=_day(request.date_from),
        date_to=_day(request.date_to),
    )


def _day(day: date | None) -> int | None:
    return day.year * 10_000 + day.month * 100 + day.day if day else None


def _shown_terms(understood: UnderstoodQuery) -> Sequence[str]:
    whole = [understood.phrase] if len(understood.phrase) > 1 else []
    return list(dict.fromkeys([*whole, *understood.required, *understood.terms]))


def _hit(display: str, terms: Sequence[str], ranked: Ranked, explanation: Mapping[str, float] | None) -> Hit:
    shown = json.loads(display)
    found = passage(shown["body"], terms)
    return Hit(
        id=shown["id"],
        url=shown["url"],
        title=shown["title"],
        snippet=found.text,
        highlights={"title": highlight(shown["title"], terms), "snippet": found.spans},
        score=round(ranked.score, 4),
        fields=shown["fields"],
        parent=shown.get("parent"),
        explanation=explanation,
    )
