"""One spelling for search: widths, traditional characters, case, brackets, white space; with the way back."""

from __future__ import annotations

import dataclasses
import functools
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence

import opencc

_INVISIBLE = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufe00-\ufe0f"
INVISIBLE_GAP = rf"[\s{_INVISIBLE}]*"
"""Matches what the compact form drops: white space and characters that nobody sees."""
_DROPPED = re.compile(rf"[\s{_INVISIBLE}]+")
HIDDEN = re.compile(f"[{_INVISIBLE}]+")
_SPACES = re.compile(r"[^\S\n]{2,}")
_SPACE_BESIDE_HAN = re.compile(r"[^\S\n](?:(?![!-~])|(?<![!-~]\s))")
# Nearly every text has these; replacing them one by one is 30 times as fast as a table (benchmarks/analysis.py).
_COMMON = tuple(zip("，（）：；！？“”", ',():;!?""', strict=True))
# Signs that documents use for one another.
_SAME = {
    **dict.fromkeys("〔［【﹝", "["),
    **dict.fromkeys("〕］】﹞", "]"),
    **dict.fromkeys("“”„‟〝〞＂「」『』", '"'),
    **dict.fromkeys("‘’‚‛＇", "'"),
    **dict.fromkeys("—–―－‐‑‒−", "-"),
    **dict.fromkeys("•・‧∙⋅", "·"),
    "○": "〇",
    "〈": "《",
    "〉": "》",
}
_RANGES = ((0x41, 0x5B), (0xA0, 0x3400), (0x3400, 0xA000), (0xF900, 0xFB00), (0xFE10, 0xFFF0))


@dataclasses.dataclass(frozen=True, slots=True)
class Normalized:
    """The compact form of a text and the way back to it.

    Character ``starts[k] + i`` of ``text`` is character ``origins[k] + i`` of the original, up to the next start.
    """

    text: str
    """No white space at all, punctuation kept."""
    starts: Sequence[int]
    origins: Sequence[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span (end excluded) of a non-empty span of ``text``."""
        return self._origin(start), self._origin(end - 1) + 1

    def position(self, origin: int) -> int:
        """The first position of ``text`` at or after the original's character."""
        run = max(bisect_right(self.origins, origin) - 1, 0)
        after = self.starts[run + 1] if run + 1 < len(self.starts) else len(self.text)
        return min(self.starts[run] + max(origin - self.origins[run], 0), after)

    def _origin(self, position: int) -> int:
        run = bisect_right(self.starts, position) - 1
        return self.origins[run] + position - self.starts[run]


@functools.cache
def character_table() -> dict[str, str]:
    """Each character that changes and the one that it becomes: NFKC, simplified (OpenCC), lower case, common signs.

    Character by character, so that offsets stay; OpenCC's phrase rules need the neighbours and are left out.
    """
    characters = [chr(code) for low, high in _RANGES for code in range(low, high) if not chr(code).isspace()]
    simplified = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table: dict[str, str] = {}
    for character, simple in zip(characters, simplified, strict=True):
        normal = character
        for form in (simple, unicodedata.normalize("NFKC", simple), unicodedata.normalize("NFKC", simple).lower()):
            normal = form if len(form) == 1 else normal
        normal = _SAME.get(character) or _SAME.get(normal, normal)
        if normal != character and not normal.isspace():
            table[character] = normal
    # A radical becomes a traditional character, and that one a simplified one.
    return {character: table.get(normal, normal) for character, normal in table.items()}


@functools.cache
def _changes() -> tuple[re.Pattern[str], dict[str, str]]:
    table = character_table()
    return re.compile("[" + "".join(map(re.escape, table)) + "]"), table


def translate(text: str) -> str:
    """The text in normal characters, white space untouched; the same length."""
    for character, normal in _COMMON:
        text = text.replace(character, normal)
    pattern, table = _changes()
    if pattern.search(text) is None:
        return text
    return pattern.sub(lambda match: table[match[0]], text)


def compact(text: str) -> str:
    """``normalize(text).text`` without the way back."""
    return _DROPPED.sub("", translate(text))


def spaced(text: str) -> str:
    """Normal characters for a segmenter: line breaks kept, spaces only between words that are not Han."""
    return _spaced(translate(text))


def compact_and_spaced(text: str) -> tuple[str, str]:
    """Both forms for one translation."""
    translated = translate(text)
    return _DROPPED.sub("", translated), _spaced(translated)


def _spaced(translated: str) -> str:
    if HIDDEN.search(translated):
        translated = HIDDEN.sub("", translated)
    return _SPACE_BESIDE_HAN.sub("", _SPACES.sub(" ", translated))


def normalize(text: str) -> Normalized:
    """The compact form, with a map of offsets: one run for each stretch without white space."""
    translated = translate(text)
    pieces: list[str] = []
    starts: list[int] = []
    origins: list[int] = []
    position = at = 0
    for match in _DROPPED.finditer(translated):
        if match.start() > at:
            pieces.append(translated[at : match.start()])
            starts.append(position)
            origins.append(at)
            position += match.start() - at
        at = match.end()
    if at < len(translated) or not starts:
        pieces.append(translated[at:])
        starts.append(position)
        origins.append(at)
    return Normalized("".join(pieces), starts, origins)
