"""The search service: a request in, a ranked and highlighted answer out; it knows neither HTTP nor an engine's language."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from analyzers.notice import Notice
from indexer.catalogue import Catalogue
from indexer.engine import Engine, FacetCounts, Sort

MAX_QUERY_CHARACTERS = 500
MAX_SIZE = 100


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

    def __init__(self, catalogue: Catalogue, engine: Engine) -> None:
        self._catalogue = catalogue
        self._engine = engine

    def search(self, request: SearchRequest) -> SearchAnswer:
        """Raises SearchRequestError, and EngineUnavailableError where there is no answer."""
        raise NotImplementedError

    def notice(self, notice_id: str) -> Notice | None:
        raise NotImplementedError

    def parent_of(self, attachment_id: str) -> str | None:
        """The notice that the attachment belongs to."""
        raise NotImplementedError

    def similar(self, notice_id: str, *, limit: int = 8) -> Sequence[Hit]:
        raise NotImplementedError

    def suggest(self, prefix: str, *, limit: int = 8) -> Sequence[str]:
        """Titles that hold the text, those that start with it first."""
        raise NotImplementedError

    def overview(self) -> Overview:
        raise NotImplementedError
