"""What an extractor brings back, and the bounds that hold for all of them."""

from __future__ import annotations

import dataclasses

MAX_FILE_BYTES = 200_000_000
MAX_BODY_CHARACTERS = 5_000_000
"""Longer texts are cut, and their note says so."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    body: str
    """Paragraphs with a line break between them, rows with tabs between cells."""
    extracted_by: str
    note: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class FileText:
    format: str
    """Lower-case type by content, such as ``pdf``."""
    body: str
    text_quality: float
    extracted_by: str
    note: str | None = None
    """What a reader should know of the reading, in one line: cut, recovered, hidden parts."""


class Lines:
    """Collects lines up to the bound."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._left = MAX_BODY_CHARACTERS
        self.full = False

    def add(self, line: str) -> None:
        if self.full:
            return
        if len(line) + 1 > self._left:
            line = line[: self._left]
            self.full = True
        self._left -= len(line) + 1
        self._lines.append(line)

    def text(self) -> str:
        return "\n".join(self._lines)

    @property
    def note(self) -> str | None:
        return f"cut after {MAX_BODY_CHARACTERS:,} characters" if self.full else None
