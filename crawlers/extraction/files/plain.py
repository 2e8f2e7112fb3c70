"""Plain text and CSV."""

from __future__ import annotations

from crawlers.extraction.charset import decode
from crawlers.extraction.files.reading import Lines, Reading


def read(raw: bytes) -> Reading:
    decoded = decode(raw)
    lines = Lines()
    for line in decoded.text.splitlines():
        line = line.replace("\u3000", " ").replace("\xa0", " ").strip(" ")
        if line.strip():
            lines.add(line)
    return Reading(lines.text(), f"text {decoded.charset}", lines.note)
