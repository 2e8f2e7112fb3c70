"""How much of a text is text: a measure that tells a good reading of a file from a bad one."""

from __future__ import annotations

import re
from collections import Counter

_CID = re.compile(r"\(cid:\d+\)")
_HAN = r"\u3007\u3400-\u4dbf\u4e00-\u9fff"
_STRAY = re.compile(rf"(?<=[{_HAN}])[ \u3000\xa0]+(?=[{_HAN}])")
_STRAY_SHARE = 0.15
"""More spaces per Han character than this are a reading's fault; official prose has fewer than 0.05."""
_SAMPLE_CHARACTERS = 200_000


def text_quality(text: str) -> float:
    """From 0 (nothing readable) to 1: the share of characters that a Chinese document would hold.

    Replacement, private-use and control characters, ``(cid:12)`` and the accented letters that misread Chinese turns
    into count against it, as do spaces strewn between Han characters. White space itself counts for nothing.
    """
    text = text[:_SAMPLE_CHARACTERS]
    broken = len(_CID.findall(text))
    counts = Counter(_CID.sub("", text))
    for blank in [character for character in counts if character.isspace()]:
        del counts[blank]
    total = sum(counts.values()) + broken
    if not total:
        return 0.0
    good = sum(_worth(character) * count for character, count in counts.items())
    han = sum(count for character, count in counts.items() if "\u3400" <= character <= "\u9fff")
    quality = good / total
    if han:
        stray = len(_STRAY.findall(text)) / han
        if stray > _STRAY_SHARE:
            quality *= max(0.3, 1.0 - stray)
    return round(quality, 3)


def _worth(character: str) -> float:
    if character == "\ufffd" or "\ue000" <= character <= "\uf8ff" or character >= "\U000f0000":
        return 0.0
    if character < " " or "\x7f" <= character < "\xa0":
        return 0.0
    if character < "\x7f":
        return 1.0
    if "\u4e00" <= character <= "\u9fff":
        return 1.0 if _is_common(character) else 0.6
    if "\xa0" <= character <= "\u024f":
        return 1.0 if character in "·×÷±°§©®«»¥£µ²³¹½¼¾" else 0.2
    if "\u2000" <= character <= "\u33ff" or "\uff00" <= character <= "\uffef" or "\u3400" <= character <= "\u4dbf":
        return 1.0
    if "\u0370" <= character <= "\u04ff" or "\ufe30" <= character <= "\ufe4f" or character >= "\U00020000":
        return 1.0
    return 0.4


def _is_common(character: str) -> bool:
    """In GB2312 or Big5: nearly every character that documents print."""
    for codec in ("gb2312", "big5"):
        try:
            character.encode(codec)
        except UnicodeEncodeError:
            continue
        return True
    return False
