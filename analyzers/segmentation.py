"""Chinese words: jieba's search mode by its Rust implementation, with the field's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import rjieba

MAX_TOKEN_CHARACTERS = 64
"""A longer token is cut: Elasticsearch's whitespace tokenizer splits at 255, no word of a language is this long."""
_SHORT = 3
_WORD = re.compile(r"\w")
_FIELD_FREQUENCY = 20_000
"""High enough that jieba keeps each of the field's words whole in the sentences of the tests."""


class Segmenter:
    """Cuts normalised text into words; the same tokens as jieba but for runs of digits, letters and dots (0.10g,
    gb3838-2002), which stay in jieba's Rust implementation's pieces (tests/analyzers/test_segmentation.py)."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self._jieba = rjieba.Jieba()
        for word in words:
            self._jieba.add_word(word, _FIELD_FREQUENCY, "n")

    def search_words(self, text: str) -> list[str]:
        """Words and the shorter words within them, in order, without punctuation and white space."""
        return _telling(self._jieba.cut_for_search(text))

    def words(self, text: str) -> list[str]:
        """The words that make up the text, none within another."""
        return _telling(self._jieba.cut(text))

    def short_words(self, text: str) -> list[str]:
        """``words``, but a word that shorter words make up is replaced by them: 农机补贴 is 农机 and 补贴."""
        found: list[str] = []
        for word in self.words(text):
            found += self._made_of(word) if len(word) > _SHORT else [word]
        return found

    def _made_of(self, word: str) -> list[str]:
        """The longest words within the word, none of them needless: 国务院 and 办公厅, not the 院办 across them."""
        parts = {part for part in self._jieba.cut_for_search(word) if 1 < len(part) < len(word)}
        needed = [part for part in parts if not any(part in other for other in parts if other != part)]
        needed.sort(key=lambda part: (word.find(part), part))
        for part in sorted(needed, key=len):
            others = [other for other in needed if other != part]
            if _cover(word, others):
                needed = others
        return needed if _cover(word, needed) else [word]


def _cover(word: str, parts: Sequence[str]) -> bool:
    end = 0
    for part in parts:
        at = word.find(part)
        if at > end:
            return False
        end = max(end, at + len(part))
    return end == len(word)


def _telling(tokens: Sequence[str]) -> list[str]:
    """Without those that are signs and white space only, the longest ones cut."""
    found = [token for token in tokens if token.isalnum() or _WORD.search(token)]
    if max(map(len, found), default=0) > MAX_TOKEN_CHARACTERS:
        return [token[:MAX_TOKEN_CHARACTERS] for token in found]
    return found
