"""Questions over the sample district with the notices that answer them, judged by reading."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_name("questions.jsonl")
KINDS = {"plain": 60, "title": 25, "number": 20, "phrase": 20, "abbreviation": 15, "typo": 10}
"""How many there are of each."""


@dataclasses.dataclass(frozen=True)
class Question:
    id: str
    kind: str
    query: str
    relevant: Mapping[str, int]
    """Names of notices (``site/key``) to grades: 3 answers, 2 helps, 1 is near."""
    why: str


def load_questions() -> list[Question]:
    """Raises ValueError naming the line that is none."""
    found = []
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Question(**json.loads(line)))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{FILE.name}:{number}: {error}") from None
    return found
