"""Documents and queries for the benchmarks, made of the law corpus by a seeded shuffle."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path

from analyzers.analysis import default_analyzer
from analyzers.field_words import QUESTION_WORDS
from analyzers.notice import Notice

LAWS = Path(__file__).resolve().parents[2] / "shared" / "data" / "D_corpus" / "laws.jsonl"
CHARACTERS = 2_100
_GENRES = ("通知", "公告", "办法", "意见", "批复", "函", "规定", "细则")
_VALIDITIES = ("有效", "失效", "废止", "已修改")


def articles() -> list[str]:
    """The paragraphs of the corpus, each at least a sentence long."""
    laws = [json.loads(line) for line in LAWS.read_text(encoding="utf-8").splitlines()]
    return [part for law in laws for part in law["body"].split("\n\n") if len(part) > 20]


def make_notices(count: int, *, seed: int = 1) -> list[Notice]:
    """Distinct documents of about CHARACTERS characters, with the fields that facets count."""
    chance = random.Random(seed)
    paragraphs = articles()
    made = []
    for number in range(count):
        body: list[str] = []
        while sum(map(len, body)) < CHARACTERS:
            body.append(chance.choice(paragraphs))
        made.append(
            Notice(
                id=f"bench-{number}",
                url=f"https://bench.example/{number}",
                source=f"source-{number % 12}",
                title=body[0][:32],
                body="\n".join(body),
                issuing_agency=[f"第{chance.randrange(60)}局"],
                genre=chance.choice(_GENRES),
                validity=chance.choice(_VALIDITIES),
                written_date=date(2006, 1, 1) + timedelta(days=chance.randrange(6_500)),
            )
        )
    return made


def make_queries(count: int, *, seed: int = 2) -> list[str]:
    """Two to four telling words that stand close together in one paragraph, as a reader would type them."""
    chance = random.Random(seed)
    paragraphs = articles()
    segmenter = default_analyzer().segmenter
    queries: list[str] = []
    while len(queries) < count:
        words = [word for word in segmenter.words(chance.choice(paragraphs)) if len(word) > 1]
        words = [word for word in words if word not in QUESTION_WORDS]
        if len(words) > 8:
            start = chance.randrange(len(words) - 4)
            queries.append("".join(words[start : start + chance.randint(2, 4)]))
    return queries
