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


class EngineError(Exception):
    """The engine did not answer."""


class EngineUnavailableError(EngineError):
    """The engine is down, or its index is missing or being made; try again later."""


class EngineBusyError(EngineError):
    """Another process holds the engine's writer."""


TEXT_PARTS = ("title", "fields", "body")
"""``fields`` holds what is neither title nor body: numbers, agencies, keywords."""


@dataclasses.dataclass(frozen=True, slots=True)
class EngineDocument:
    """A notice or an attachment as an engine takes it: tokens joined by spaces, raw values, numbers."""

    id: str
    key: int
    """63 bits that stand for the id in fast fields (``indexer.documents.document_key``)."""
    notice_id: str
    """The notice it belongs to; its own id for a notice."""
    words: Mapping[str, str]
    """By text part."""
    bigrams: Mapping[str, str]
    """By text part; positions count, so that a phrase of bigrams is a substring."""
    characters: str
    """Each character of all parts once."""
    title_key: str
    """The compact title, cut to a length that both engines take as one term."""
    numbers: Sequence[str]
    """``DocumentNumber.keys`` of the document's own number, its compact index number, and the keys of its dates."""
    facets: Mapping[str, Sequence[str]]
    date: int
    """yyyymmdd, 0 where unknown."""
    repealed: int
    """1 where its own words or the site say that it is no longer in force, else 0."""
    newest: int
    """Sort key, larger is newer, unknown last; different for every document."""
    oldest: int
    """Sort key, smaller is older, unknown last; different for every document."""
    display: str
    """JSON of what a hit shows; opaque to the engine."""


@dataclasses.dataclass(frozen=True, slots=True)
class EngineQuery:
    """What to recall, in terms that each engine translates.

    A document matches when it has one of ``numbers``, or when all ``required`` and at least ``minimum_terms`` of the
    ``terms`` occur in it (compact substrings, sought in every part); in both cases only without ``excluded`` and
    within filters and dates. Without numbers, required and terms everything matches. ``words``, ``bigrams``,
    ``phrase`` and ``title_key`` only score.
    """

    required: Sequence[str] = ()
    terms: Sequence[str] = ()
    minimum_terms: int = 0
    excluded: Sequence[str] = ()
    numbers: Sequence[str] = ()
    words: Sequence[str] = ()
    bigrams: Sequence[str] = ()
    phrase: str = ""
    """The compact query, where it is worth looking for as a whole."""
    title_key: str = ""
    boosts: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Weight of each of ``SCORE_PARTS``; a part without one does not score."""
    filters: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)
    date_from: int | None = None
    """yyyymmdd, included; undated documents do not match."""
    date_to: int | None = None


# The parts of a score: BM25 of the words or bigrams in a part of the text, of the query as one string, and two that are
# there or not. Two engines give the same up to the rounding of their statistics.
SCORE_PARTS = (
    "title_words",
    "fields_words",
    "body_words",
    "title_bigrams",
    "body_bigrams",
    "title_phrase",
    "body_phrase",
    "title_key",
    "number",
    "all_terms",
)
CONSTANT_PARTS: Mapping[str, float] = {"title_key": 100.0, "number": 200.0, "all_terms": 20.0}
"""Parts that are there or not; title and number are high enough to lift such a document above what only resembles the
query, and 20 for all terms is where nDCG@10 of make relevance is best (0 to 50 were tried)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A recalled document, its score, and what the ranker weighs beside it."""

    key: int
    score: float
    """Sum of the parts times their boosts; 0 where sorted by date."""
    date: int
    """yyyymmdd, 0 where unknown."""
    repealed: bool


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
        facets: Sequence[str] = (),
        facet_size: int = 50,
    ) -> Recall:
        """Exact total, the candidates from ``offset`` in the engine's order, and facets.

        A facet is counted over the query without that facet's own filter. ``offset + limit`` is at most MAX_WINDOW.
        """
        ...

    def parts(self, query: EngineQuery, keys: Sequence[int]) -> dict[int, dict[str, float]]:
        """The parts of the scores, without their boosts, of the documents with these keys."""
        ...

    def displays(self, keys: Sequence[int]) -> dict[int, str]:
        """``EngineDocument.display`` by key; documents that are gone are left out."""
        ...

    def similar(self, words: Mapping[str, str], *, notice_id: str, limit: int) -> list[Candidate]:
        """Documents with the most telling words of ``title`` and ``body`` in common, without those of the notice."""
        ...

    def titles(self, text: str, *, limit: int) -> list[Candidate]:
        """Documents whose title holds the compact text of two characters or more, best first."""
        ...

    def writer(self, *, rebuild: bool = False) -> EngineWriter:
        """The one writer; ``rebuild`` writes to a new index beside, and its ``publish`` switches to it.

        Raises EngineBusyError when another process has it.
        """
        ...

    def health(self) -> Mapping[str, Any]:
        """``{"documents": n, "position": n, "version": "…"}``; raises EngineUnavailableError."""
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
