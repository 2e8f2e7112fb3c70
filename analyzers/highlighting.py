"""Where a query's words stand in the original text, and the passage that shows most of them."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import re
from collections.abc import Iterable, Sequence

from analyzers.normalization import HIDDEN, INVISIBLE_GAP, translate

SNIPPET_CHARACTERS = 120
MAX_SCANNED_CHARACTERS = 1_000_000
"""Of one body; a passage beyond is not shown."""
_MAX_SPANS = 400
_RUNS = re.compile(r"\s+|\S+")
_SENTENCE_END = re.compile(r"[。！？；\n]")

Span = tuple[int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class Passage:
    text: str
    """One line of the original."""
    spans: Sequence[Span]
    """Highlights in ``text``."""


def highlight(text: str, terms: Sequence[str]) -> list[Span]:
    """Where the compact terms occur in the text: ascending, joined where they touch."""
    return _joined((start, end) for start, end, _term in _occurrences(text, terms))


def passage(text: str, terms: Sequence[str], *, characters: int = SNIPPET_CHARACTERS) -> Passage:
    """The stretch of the text with the most different terms close together, beginning at a sentence where one is
    near; the beginning of the text where none occurs."""
    text = text[:MAX_SCANNED_CHARACTERS]
    spans = _occurrences(text, terms)
    start = _sentence_start(text, _best_start(spans, characters), characters) if spans else 0
    end = min(start + characters, len(text))
    line, offsets = _one_line(text, start, end)
    inside = [(max(a, start), min(b, end)) for a, b, _term in spans if a < end and b > start]
    shown = _joined((offsets[a - start], offsets[b - start]) for a, b in inside)
    prefix, suffix = "…" if start else "", "…" if end < len(text) else ""
    return Passage(prefix + line + suffix, [(a + len(prefix), b + len(prefix)) for a, b in shown if b > a])


def _occurrences(text: str, terms: Sequence[str]) -> list[tuple[int, int, int]]:
    """(start, end, number of the term), ascending; at most _MAX_SPANS a term."""
    translated = translate(text)  # as long as the text, so that offsets are the same
    gap = INVISIBLE_GAP if HIDDEN.search(translated) else r"\s*"
    found: list[tuple[int, int, int]] = []
    for number, term in enumerate(terms):
        if term:
            matches = itertools.islice(_spaced_out(term, gap).finditer(translated), _MAX_SPANS)
            found += [(*match.span(), number) for match in matches]
    return sorted(found)


@functools.lru_cache(maxsize=4096)
def _spaced_out(term: str, gap: str) -> re.Pattern[str]:
    """The term with any white space between its characters; ten times as fast as mapping the compact text back."""
    return re.compile(gap.join(map(re.escape, term)))


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _best_start(spans: Sequence[tuple[int, int, int]], characters: int) -> int:
    """The start of the window with the most different terms, then the longest text of them, the first of equals."""
    best, best_value = spans[0][0], (-1, -1)
    left = 0
    counts: dict[int, int] = {}
    length = 0
    for right in range(len(spans)):
        counts[spans[right][2]] = counts.get(spans[right][2], 0) + 1
        length += spans[right][1] - spans[right][0]
        while spans[right][1] - spans[left][0] > characters and left < right:
            counts[spans[left][2]] -= 1
            if not counts[spans[left][2]]:
                del counts[spans[left][2]]
            length -= spans[left][1] - spans[left][0]
            left += 1
        value = (len(counts), length)
        if value > best_value:
            best, best_value = spans[left][0], value
    return best


def _sentence_start(text: str, at: int, characters: int) -> int:
    """The beginning of the sentence around ``at`` where it is at most a third of a passage before."""
    earliest = max(0, at - characters // 3)
    ends = [match.end() for match in _SENTENCE_END.finditer(text, earliest, at)]
    if ends:
        return _skip_space(text, ends[-1], at)
    return 0 if earliest == 0 else max(earliest, at - 20)


def _skip_space(text: str, start: int, at: int) -> int:
    while start < at and text[start].isspace():
        start += 1
    return start


def _one_line(text: str, start: int, end: int) -> tuple[str, list[int]]:
    """The stretch with white space runs as one space, and for each of its positions the one in the line."""
    pieces: list[str] = []
    offsets: list[int] = []
    length = 0
    for match in _RUNS.finditer(text, start, end):
        run = match[0]
        if run.isspace():
            piece = " " if length else ""
            offsets += [length] * len(run)
        else:
            piece = run
            offsets += range(length, length + len(run))
        pieces.append(piece)
        length += len(piece)
    offsets.append(length)
    return "".join(pieces), offsets
