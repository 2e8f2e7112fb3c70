"""Chinese words: jieba's search mode by its Rust implementation, with the field's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import rjieba

MAX_TOKEN_CHARACTERS = 64
"""A longer token is cut: Elasticsearch's whitespace tokenizer splits at 255, no word of a language is this long."""
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
        return [word[:MAX_TOKEN_CHARACTERS] for word in self._jieba.cut_for_search(text) if _WORD.search(word)]

    def words(self, text: str) -> list[str]:
        """The words that make up the text, none within another."""
        return [word[:MAX_TOKEN_CHARACTERS] for word in self._jieba.cut(text) if _WORD.search(word)]
