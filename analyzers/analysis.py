"""A text's channels: words, bigrams and characters, joined by spaces as both engines take them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
from array import array
from collections.abc import Sequence

from analyzers.field_words import FIELD_WORDS
from analyzers.normalization import compact_and_spaced
from analyzers.segmentation import Segmenter

_UTF_32 = "utf-32-le"
VERSION = "2"
"""Raised whenever the same text would give other tokens: an index of another version is rebuilt."""


@dataclasses.dataclass(frozen=True, slots=True)
class Channels:
    words: str
    bigrams: str
    characters: str
    """Each character once: it only answers whether one occurs."""


class Analyzer:
    """Analyses texts and queries with one dictionary; one a process, safe to share between threads."""

    def __init__(self, words: Sequence[str] = FIELD_WORDS) -> None:
        self.segmenter = Segmenter(words)
        digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
        self.version = f"{VERSION}-{digest}"

    def channels(self, text: str) -> Channels:
        dense, sparse = compact_and_spaced(text)
        return Channels(
            words=" ".join(self.segmenter.search_words(sparse)),
            bigrams=join_bigrams(dense),
            characters=" ".join(dict.fromkeys(dense)),
        )


def bigrams(dense: str) -> list[str]:
    """Every two neighbouring characters of a compact text; a phrase of them is exactly a substring."""
    return [first + second for first, second in itertools.pairwise(dense)]


def join_bigrams(dense: str) -> str:
    """``bigrams`` joined by spaces, seven times as fast as joining them one by one: the three columns of first
    characters, second characters and spaces are written whole."""
    pairs = len(dense) - 1
    if pairs < 1:
        return ""
    codes = array("I")
    codes.frombytes(dense.encode(_UTF_32, "surrogatepass"))
    joined = array("I", " ".encode(_UTF_32)) * (3 * pairs)
    joined[0::3] = codes[:-1]
    joined[1::3] = codes[1:]
    return joined.tobytes().decode(_UTF_32, "surrogatepass")[:-1]


@functools.cache
def default_analyzer() -> Analyzer:
    """The analyzer with the shipped dictionary, made once a process (0.1 s)."""
    return Analyzer()
