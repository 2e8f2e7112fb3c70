"""What a reader's question means: exact strings, exclusions, numbers, terms that must occur, words that score."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from analyzers.analysis import Analyzer, bigrams
from analyzers.dates import find_dates
from analyzers.document_number import DocumentNumber, find_document_numbers
from analyzers.field_words import QUESTION_WORDS
from analyzers.normalization import compact, spaced, translate

_QUOTED = re.compile(r'(?P<minus>(?:(?<=\s)|^)-)?"(?P<text>[^"]+)"')
_EXCLUDED = re.compile(r"(?:(?<=\s)|^)-(?P<text>[^\s\"-][^\s\"]*)")
_INDEX_NUMBER = re.compile(r"(?<![0-9a-z])[0-9a-z]{6,20}/\d{4}-\d{3,6}(?!\d)")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ASKING = re.compile("可不可以|能不能|是不是|有没有|会不会|要不要")
"""Question words that the dictionary cuts into others."""
MAX_TERMS = 32
"""More terms are not required to occur; a reader's question has fewer than ten."""


@dataclasses.dataclass(frozen=True, slots=True)
class UnderstoodQuery:
    """The parts of a query; all texts are compact (``analyzers.normalization``)."""

    text: str
    """As typed, white space trimmed."""
    required: Sequence[str] = ()
    """In quotes: exactly these strings."""
    excluded: Sequence[str] = ()
    document_numbers: Sequence[DocumentNumber] = ()
    index_numbers: Sequence[str] = ()
    dates: Sequence[date] = ()
    """Whole dates in any spelling; each is also a term in the spelling of documents, 2011年5月16日."""
    terms: Sequence[str] = ()
    """Words that should occur, each once, in the order typed, question words left out."""
    words: Sequence[str] = ()
    """For scoring: search mode's words."""
    bigrams: Sequence[str] = ()
    phrase: str = ""
    """All that was typed outside exclusions, as one string."""

    @property
    def empty(self) -> bool:
        return not (self.required or self.excluded or self.terms)

    @property
    def only_dates(self) -> bool:
        return bool(self.dates) and len(self.terms) == len(self.dates) and not self.required

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "required": list(self.required),
            "excluded": list(self.excluded),
            "document_numbers": [number.canonical for number in self.document_numbers],
            "index_numbers": list(self.index_numbers),
            "dates": [day.isoformat() for day in self.dates],
            "terms": list(self.terms),
        }


def parse_query(text: str, analyzer: Analyzer) -> UnderstoodQuery:
    """Understands any text; nothing is an error: an open quote, a lone minus or a bracket is ordinary text."""
    text = _LONE_SURROGATE.sub("\ufffd", text.strip())
    normal = translate(text)
    required: list[str] = []
    excluded: list[str] = []
    for match in _QUOTED.finditer(normal):
        if dense := compact(match["text"]):
            (excluded if match["minus"] else required).append(dense)
    rest = _QUOTED.sub(" ", normal)
    excluded += [dense for match in _EXCLUDED.finditer(rest) if (dense := compact(match["text"]))]
    rest = _EXCLUDED.sub(" ", rest)
    phrase = compact(_EXCLUDED.sub(" ", _QUOTED.sub(lambda m: " " if m["minus"] else f" {m['text']} ", normal)))
    index_numbers = _INDEX_NUMBER.findall(rest)
    rest = _INDEX_NUMBER.sub(" ", rest)
    numbers = find_document_numbers(rest)
    terms = [compact(number.canonical).removesuffix("号") for number in numbers] + [compact(n) for n in index_numbers]
    for number in reversed(numbers):
        rest = f"{rest[: number.start]} {rest[number.end :]}"
    dates = find_dates(rest)
    terms += [f"{found.date.year}年{found.date.month}月{found.date.day}日" for found in dates]
    for found in reversed(dates):
        rest = f"{rest[: found.start]} {rest[found.end :]}"
    rest = spaced(rest)
    rest = _ASKING.sub(" ", rest) if _ASKING.sub("", rest).strip() else rest
    terms += _terms(rest, analyzer) if rest.strip() or not terms else []
    scoring = " ".join([rest, *required])
    scored = [word for word in analyzer.segmenter.search_words(scoring) if word not in QUESTION_WORDS]
    dense = compact("".join(_kept(rest, analyzer))) if terms else compact(rest)
    return UnderstoodQuery(
        text=text,
        required=tuple(dict.fromkeys(required)),
        excluded=tuple(dict.fromkeys(excluded)),
        document_numbers=tuple(numbers),
        index_numbers=tuple(dict.fromkeys(index_numbers)),
        dates=tuple(dict.fromkeys(found.date for found in dates)),
        terms=tuple(dict.fromkeys(terms))[:MAX_TERMS],
        words=tuple(dict.fromkeys(scored)),
        bigrams=tuple(dict.fromkeys(pair for part in [dense, *required] for pair in bigrams(part))),
        phrase=phrase,
    )


def _kept(text: str, analyzer: Analyzer) -> list[str]:
    return [word for word in analyzer.segmenter.words(text) if word not in QUESTION_WORDS]


def _terms(text: str, analyzer: Analyzer) -> list[str]:
    """The words that must occur; single characters only where there is nothing longer."""
    every = analyzer.segmenter.short_words(text)
    telling = [compact(word) for word in every if word not in QUESTION_WORDS]
    longer = [word for word in telling if len(word) > 1]
    return longer or telling or [compact(word) for word in every] or _signs(text)


def _signs(text: str) -> list[str]:
    """A query of signs alone looks for the signs."""
    dense = compact(text)
    return [dense] if dense else []
