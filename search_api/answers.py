"""What the JSON API answers: the models that describe it, and the way from the service's types to them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from analyzers.notice import Notice
from indexer.engine import FacetCounts
from search_api.search import Hit, SearchAnswer

Span = tuple[int, int]


class ErrorDetail(BaseModel):
    parameter: str | None = Field(description="What of the request is wrong; null where it is not the request.")
    message: str
    reader_message: str = Field(description="The same in Chinese.")


class ErrorAnswer(BaseModel):
    error: ErrorDetail


class Highlights(BaseModel):
    """Spans in Unicode code points, end excluded."""

    title: list[Span]
    snippet: list[Span]


class Parent(BaseModel):
    """The notice that an attachment belongs to."""

    id: str
    title: str


class HitAnswer(BaseModel):
    """A notice, or an attachment that matches by itself; with the fields of the notice beside."""

    model_config = ConfigDict(extra="allow")

    id: str
    url: str = Field(description="Where it was published; from the record, to be checked before it is followed.")
    title: str
    snippet: str = Field(description="Plain text of the original.")
    highlights: Highlights
    score: float
    parent: Parent | None = None
    explanation: dict[str, Any] | None = Field(None, description="Only with explain=true.")
    date: str | None = Field(None, description="The written date, else the published date.")
    year: str | None = None
    source: str | None = None
    format: str | None = None
    issuing_agency: list[str] = []
    genre: str | None = None
    document_number: str | None = None
    validity: str | None = None


class FacetValue(BaseModel):
    value: str
    count: int


class FacetAnswer(BaseModel):
    values: list[FacetValue]
    other: int = Field(description="Counted together: values beyond facet_size.")


class Relaxed(BaseModel):
    left_out: list[str] = Field(description="Words that some hits do not hold.")


class Understood(BaseModel):
    """What the query was taken for; texts in their normal form."""

    text: str = Field(description="As typed.")
    required: list[str] = Field(description="Exact strings, from quotes.")
    excluded: list[str]
    document_numbers: list[str]
    index_numbers: list[str]
    terms: list[str] = Field(description="Words that should occur.")


class SearchResult(BaseModel):
    query: Understood
    total: int = Field(description="Exact.")
    took_ms: float
    relaxed: Relaxed | None
    suggestion: str | None
    hits: list[HitAnswer]
    facets: dict[str, FacetAnswer]
    engine: str


class SimilarResult(BaseModel):
    hits: list[HitAnswer]


class SuggestResult(BaseModel):
    suggestions: list[str]


class AttachmentAnswer(BaseModel):
    id: str
    url: str
    name: str
    format: str | None
    body: str
    text_quality: float | None
    extracted_by: str | None
    error: str | None


class NoticeAnswer(BaseModel):
    """The fields of a notice; dates in ISO 8601, unknown as null or an empty list."""

    model_config = ConfigDict(extra="allow")

    id: str
    url: str
    source: str
    title: str
    body: str
    date: str | None
    attachments: list[AttachmentAnswer]


class HealthAnswer(BaseModel):
    model_config = ConfigDict(extra="allow")

    status: str = Field(description="ok, or unavailable with HTTP 503.")
    live: bool = Field(description="The process answers.")
    ready: bool | None = Field(None, description="It can answer searches, and is not about to end.")
    catalogue: str | None = Field(None, description="ok or unavailable.")
    reason: str | None = Field(None, description="Why it is unavailable.")
    engine: str | None = Field(None, description="tantivy or elasticsearch.")
    documents: int | None = Field(None, description="Documents in the index.")
    position: int | None = Field(None, description="The last change that is in the index.")
    last_change: int | None = Field(None, description="The catalogue's last change.")
    lag: int | None = Field(None, description="Changes that are not in the index yet.")


SEARCH_EXAMPLE: dict[str, Any] = {
    "query": {
        "text": "农机补贴",
        "required": [],
        "excluded": [],
        "document_numbers": [],
        "index_numbers": [],
        "dates": [],
        "terms": ["农机", "补贴"],
    },
    "total": 1,
    "took_ms": 3.2,
    "relaxed": None,
    "suggestion": None,
    "hits": [
        {
            "id": "n1c0ffee",
            "url": "https://www.example.gov.cn/t20110516_1.html",
            "title": "关于农机补贴的通知",
            "snippet": "……农机补贴的申请……",
            "highlights": {"title": [[2, 6]], "snippet": [[2, 6]]},
            "score": 12.5,
            "issuing_agency": ["县农业局"],
            "genre": "通知",
            "date": "2011-05-16",
            "source": "portal",
            "format": "html",
        }
    ],
    "facets": {"genre": {"values": [{"value": "通知", "count": 1}], "other": 0}},
    "engine": "tantivy",
}


def hit_record(hit: Hit) -> dict[str, Any]:
    """The hit as JSON: its own keys first, the notice's fields beside them."""
    record: dict[str, Any] = {
        "id": hit.id,
        "url": hit.url,
        "title": hit.title,
        "snippet": hit.snippet,
        "highlights": {name: [list(span) for span in hit.highlights.get(name, ())] for name in ("title", "snippet")},
        "score": hit.score,
        "parent": dict(hit.parent) if hit.parent else None,
    }
    record.update((name, value) for name, value in hit.fields.items() if name not in record)
    if hit.explanation is not None:
        record["explanation"] = dict(hit.explanation)
    return record


def search_record(answer: SearchAnswer) -> dict[str, Any]:
    return {
        "query": dict(answer.query),
        "total": answer.total,
        "took_ms": round(answer.took_ms, 3),
        "relaxed": {"left_out": list(answer.relaxed["left_out"])} if answer.relaxed else None,
        "suggestion": answer.suggestion,
        "hits": [hit_record(hit) for hit in answer.hits],
        "facets": {name: facet_record(counts) for name, counts in answer.facets.items()},
        "engine": answer.engine,
    }


def facet_record(counts: FacetCounts) -> dict[str, Any]:
    return {"values": [{"value": value, "count": count} for value, count in counts.values], "other": counts.other}


def notice_record(notice: Notice) -> dict[str, Any]:
    record: dict[str, Any] = notice.to_record()
    record["date"] = notice.date.isoformat() if notice.date else None
    record["attachments"] = [
        {"id": attachment.id(notice.id), **values}
        for attachment, values in zip(notice.attachments, record["attachments"], strict=True)
    ]
    return record
