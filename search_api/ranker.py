"""The one ranker: what the parts of a score weigh on both engines, and what the notice's own features change."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from indexer.engine import Candidate

# make relevance: on 1,235 laymen's questions over 20,000 articles of law the body's words and bigrams do best in equal
# parts; titles there are numbers of articles and only cost, while a notice's title is what a reader remembers.
WEIGHTS: Mapping[str, float] = {
    "title_words": 0.5,
    "fields_words": 0.2,
    "body_words": 0.8,
    "title_bigrams": 0.3,
    "body_bigrams": 0.8,
    "title_phrase": 0.6,
    "body_phrase": 0.3,
    "title_key": 1.0,
    "number": 1.0,
    "all_terms": 1.0,
}
RECENCY_SHARE = 0.05
"""How much more a notice of today scores than one of twenty years before it: less than a matching word."""
_RECENCY_YEARS = 20
REPEALED_FACTOR = 0.8
"""A notice that is no longer in force stands below one that says the same and is; a title or number still finds it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    score: float


def rank(candidates: Sequence[Candidate], *, year: int) -> list[Ranked]:
    """Best first; equal scores keep the engine's order. ``year`` is the present one."""
    ranked = [
        Ranked(candidate, candidate.score * math.prod(factors(candidate, year).values())) for candidate in candidates
    ]
    ranked.sort(key=lambda one: -one.score)
    return ranked


def factors(candidate: Candidate, year: int) -> dict[str, float]:
    """What the notice's own features multiply its score by."""
    return {
        "recency": recency_factor(candidate.date, year),
        "repealed": REPEALED_FACTOR if candidate.repealed else 1.0,
    }


def recency_factor(date: int, year: int) -> float:
    """From 1 for twenty years ago and for the undated up to 1 + RECENCY_SHARE for this year; ``date`` is yyyymmdd."""
    age = max(year - date // 10_000, 0)
    return 1.0 + RECENCY_SHARE * max(0.0, 1.0 - age / _RECENCY_YEARS) if date else 1.0


def explain(ranked: Ranked, parts: Mapping[str, float], *, year: int) -> dict[str, float]:
    """What each part added to the score, and the factors that were put on their sum."""
    added = {name: WEIGHTS[name] * score for name, score in parts.items()}
    return added | {f"{name}_factor": factor for name, factor in factors(ranked.candidate, year).items()}
