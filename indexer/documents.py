"""From a notice to the documents that an engine takes: the notice itself and each attachment with text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from analyzers.analysis import Analyzer, Channels, join_bigrams
from analyzers.document_number import parse_document_number
from analyzers.normalization import compact, spaced, translate
from analyzers.notice import FIELDS, Attachment, Notice
from indexer.engine import EngineDocument

SCHEMA = "4"
"""Raised whenever an engine's fields or the display change: an index of another schema is rebuilt."""
MAX_INDEXED_CHARACTERS = 4_000_000
"""Of one body. Longer ones are stored whole but searched up to here: Elasticsearch takes requests of 100 MB, and a
document's tokens are about ten times its characters in bytes."""
MAX_TITLE_KEY = 400
_REPEALED = re.compile("废止|失效")


def index_version(analyzer: Analyzer) -> str:
    return f"{SCHEMA}-{analyzer.version}"


def engine_documents(notice: Notice, analyzer: Analyzer) -> Iterator[EngineDocument]:
    """The notice's document, then one for each attachment whose text was read."""
    fields = _display_fields(notice)
    labels = _labels(notice)
    yield _document(
        notice.id, notice, analyzer, title=notice.title, labels=labels, body=notice.body, format=notice.format,
        display={"id": notice.id, "url": notice.url, "title": notice.title, "body": notice.body, "fields": fields},
    )  # fmt: skip
    for file in notice.attachments:
        if file.body:
            yield _attachment_document(notice, file, analyzer, fields)


def document_key(document_id: str) -> int:
    """63 bits of the id's SHA-256: two of ten million documents share one with a chance of 5 in a million."""
    return int.from_bytes(hashlib.sha256(document_id.encode()).digest()[:8], "big") >> 1


def date_key(day: date) -> str:
    """What stands for a document's own date among its numbers."""
    return f"date-{day:%Y%m%d}"


def title_key(title: str) -> str:
    """The compact title as one term."""
    return compact(title)[:MAX_TITLE_KEY]


def _attachment_document(
    notice: Notice, file: Attachment, analyzer: Analyzer, fields: dict[str, Any]
) -> EngineDocument:
    name = file.name.rsplit(".", 1)[0] if "." in file.name else file.name
    display = {
        "id": file.id(notice.id),
        "url": file.url,
        "title": file.name,
        "body": file.body,
        "fields": {**fields, "format": file.format},
        "parent": {"id": notice.id, "title": notice.title},
    }
    return _document(
        file.id(notice.id), notice, analyzer, title=name, labels=[notice.title, *_labels(notice)], body=file.body,
        format=file.format or "unknown", display=display,
    )  # fmt: skip


def _document(
    document_id: str,
    notice: Notice,
    analyzer: Analyzer,
    *,
    title: str,
    labels: Sequence[str],
    body: str,
    format: str,
    display: dict[str, Any],
) -> EngineDocument:
    key = document_key(document_id)
    day = int(f"{notice.date:%Y%m%d}") if notice.date else 0
    channels = {
        "title": analyzer.channels(title),
        "fields": _labels_channels(analyzer, labels),
        "body": analyzer.channels(body[:MAX_INDEXED_CHARACTERS]),
    }
    is_notice = document_id == notice.id
    return EngineDocument(
        id=document_id,
        key=key,
        notice_id=notice.id,
        words={part: found.words for part, found in channels.items()},
        bigrams={part: found.bigrams for part, found in channels.items()},
        characters=" ".join(sorted({c for found in channels.values() for c in found.characters} - {" "})),
        title_key=title_key(title),
        numbers=_numbers(notice) if is_notice else (),
        facets={
            "issuing_agency": notice.issuing_agency,
            "genre": [notice.genre] if notice.genre else [],
            "disclosure_category": notice.disclosure_category,
            "subject_category": notice.subject_category,
            "validity": [notice.validity] if notice.validity else [],
            "source": [notice.source],
            "format": [format],
            "year": [str(notice.date.year)] if notice.date else [],
        },
        date=day,
        repealed=int(_REPEALED.search(notice.validity or "") is not None),
        newest=(day << 32) + (key & 0xFFFFFFFF),
        oldest=((day or 99_999_999) << 32) + (key & 0xFFFFFFFF),
        display=json.dumps(display, ensure_ascii=False),
    )


def _labels(notice: Notice) -> list[str]:
    found = [notice.document_number or "", notice.index_number or "", *notice.issuing_agency, *notice.keywords]
    return [label for label in found if label]


def _labels_channels(analyzer: Analyzer, labels: Sequence[str]) -> Channels:
    """Each label by itself, so that no substring reaches from one into the next."""
    each = [analyzer.channels(label) for label in labels]
    separator = "\u241e"
    dense = separator.join(compact(label) for label in labels)
    return Channels(
        words=" ".join(found.words for found in each),
        bigrams=join_bigrams(dense),
        characters=" ".join(found.characters for found in each),
    )


def _numbers(notice: Notice) -> tuple[str, ...]:
    found: list[str] = []
    if notice.document_number:
        number = parse_document_number(spaced(translate(notice.document_number)))
        found += number.keys if number else [compact(notice.document_number)]
    if notice.index_number:
        found.append(compact(notice.index_number))
    found += [date_key(day) for day in (notice.written_date, notice.published_date) if day]
    return tuple(dict.fromkeys(found))


def _display_fields(notice: Notice) -> dict[str, Any]:
    day = notice.date
    return {
        **{field.name: _shown(getattr(notice, field.name)) for field in FIELDS if field.name != "title"},
        "source": notice.source,
        "format": notice.format,
        "text_quality": notice.text_quality,
        "extracted_by": notice.extracted_by,
        "date": _shown(day),
        "year": str(day.year) if day else None,
    }


def _shown(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
