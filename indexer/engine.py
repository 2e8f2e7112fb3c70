"""What every engine answers: the types that pass between analysis, engines and ranker, and the protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

# Filters and facets: raw values, several a document.
FACETS = (
    "issuing_agency",
    "genre",
    "disclosure_category",
    "subject_category",
    "validity",
    "source",
    "format",
    "year",
)
MAX_WINDOW = 10_000
"""How far paging goes; beyond it, export."""

Sort = Literal["relevance", "date", "-date"]
Channel = Literal["words", "bigrams", "characters"]
Part = Literal["title", "body"]


class EngineError(Exception):
    """The engine did not answer."""


class EngineUnavailableError(EngineError):
    """The engine is down, or its index is missing or being made; try again later."""


class EngineBusyError(EngineError):
    """Another process holds the engine's writer."""


@dataclasses.dataclass(frozen=True, slots=True)
class EngineDocument:
    """A notice or an attachment as an engine takes it: tokens joined by spaces, raw values, numbers."""

    id: str
    notice_id: str
    """The notice it belongs to; its own id for a notice."""
    tokens: Mapping[str, str]
    """Field name such as ``title_words`` to tokens joined by single spaces."""
    facets: Mapping[str, Sequence[str]]
    document_numbers: Sequence[str]
    """Keys of ``analyzers.document_number`` of the notice's own number and index number."""
    date: int
    """yyyymmdd, 0 where unknown."""
    newest: int
    """Sort key, larger is newer, unknown last; unique enough for stable paging."""
    oldest: int
    """Sort key, smaller is older, unknown last."""
    display: str
    """JSON of what a hit shows; opaque to the engine."""


@dataclasses.dataclass(frozen=True, slots=True)
class Clause:
    """A text to be found as an exact substring (of the normalised text) in title or body."""

    text: str
    part: Part | None = None
    """None: title, body or document number."""


@dataclasses.dataclass(frozen=True, slots=True)
class EngineQuery:
    """What to recall, in terms that each engine translates.

    A document matches when all ``required`` groups match (a group matches when one of its clauses does), at least
    ``minimum_terms`` of the ``terms``, none of ``excluded``, and the filters. With no required and no terms
    everything matches. ``words`` and ``bigrams`` only score.
    """

    required: Sequence[Sequence[Clause]] = ()
    terms: Sequence[str] = ()
    minimum_terms: int = 0
    excluded: Sequence[Clause] = ()
    document_numbers: Sequence[str] = ()
    """Keys: a document with one of them matches whatever the rest says (filters and exclusions still hold)."""
    words: Sequence[str] = ()
    bigrams: Sequence[str] = ()
    phrase: str | None = None
    """The whole query as a substring, for scoring."""
    filters: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    date_from: int | None = None
    """yyyymmdd, included; undated documents do not match."""
    date_to: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A recalled document with the parts of its score (names of ``SCORE_PARTS``; absent means 0)."""

    id: str
    notice_id: str
    score: float
    """The engine's own order."""
    parts: Mapping[str, float]
    date: int


SCORE_PARTS = ("title_words", "body_words", "title_bigrams", "body_bigrams", "title_phrase", "body_phrase", "document_number")


@dataclasses.dataclass(frozen=True, slots=True)
class FacetCounts:
    values: Sequence[tuple[str, int]]
    """By count, then value."""
    other: int
    """Documents' values beyond the size asked for, counted together."""


@dataclasses.dataclass(frozen=True, slots=True)
class Recall:
    total: int
    candidates: Sequence[Candidate]
    facets: Mapping[str, FacetCounts]


class Engine(Protocol):
    """One index of documents. Methods that read raise EngineUnavailableError when there is no answer."""

    name: str

    def recall(
        self,
        query: EngineQuery,
        *,
        sort: Sort = "relevance",
        offset: int = 0,
        limit: int = 200,
        parts: bool = True,
        facets: Sequence[str] = (),
        facet_size: int = 50,
    ) -> Recall:
        """Exact total, the candidates from ``offset`` in the engine's order, and facets.

        A facet is counted over the query without that facet's own filter. ``offset + limit`` is at most MAX_WINDOW.
        """
        ...

    def displays(self, ids: Sequence[str]) -> dict[str, str]:
        """``EngineDocument.display`` by document id; ids that are gone are left out."""
        ...

    def similar(self, document_id: str, *, limit: int = 10) -> list[Candidate]:
        """Notices (not attachments) with the most telling words in common; empty for an unknown id."""
        ...

    def writer(self, *, rebuild: bool = False) -> EngineWriter:
        """The one writer; ``rebuild`` writes to a new index beside, and its ``publish`` switches to it.

        Raises EngineBusyError when another process has it.
        """
        ...

    def health(self) -> Mapping[str, Any]:
        """``{"documents": n, "position": n, "schema": "…"}``; raises EngineUnavailableError."""
        ...

    def close(self) -> None: ...


class EngineWriter(Protocol):
    """Writes batches; a batch is durable, then visible, when ``commit`` returns."""

    position: int
    """The last change number whose change is in the index; 0 for a new one."""

    def replace(self, notice_ids: Iterable[str], documents: Iterable[EngineDocument]) -> None:
        """Removes all documents of the notices, then adds these."""
        ...

    def commit(self, position: int) -> None: ...

    def publish(self) -> None:
        """Readers see this index from now on; the old one is removed. Only after a rebuild does it do something."""
        ...

    def close(self) -> None: ...
