"""Dates as Chinese documents write them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import date

_HAN_DIGITS = "〇零0０ＯO○oа一二三四五六七八九"
_DIGIT_OF = {
    **dict.fromkeys("〇零ＯO○oа", "0"),
    **{han: str(n) for n, han in enumerate("一二三四五六七八九", start=1)},
    **{full: str(n) for n, full in enumerate("０１２３４５６７８９")},
    **{str(n): str(n) for n in range(10)},
}
YEAR = rf"(?:(?<![0-9０-９])[12１２][0-9０-９OＯo〇]{{3}}|[一二][{_HAN_DIGITS}]{{3}})"
"""Four digits in any spelling, as a regular expression."""
_SMALL = r"(?:[0-9０-９]{1,2}|[一二三]?十[一二三四五六七八九]?|[元一二三四五六七八九]|廿[一二三四五六七八九]?|卅[一]?)"
_SEPARATED = (
    rf"(?P<year>{YEAR})\s*(?:年|[-－—/／.．])\s*(?P<month>{_SMALL})\s*(?:月|[-－—/／.．])"
    rf"\s*(?P<day>{_SMALL})(?:\s*[日号]|(?![0-9０-９]))"
)
_COMPACT = (
    r"(?<![0-9０-９])(?P<year2>(?:19|20)\d\d)(?P<month2>0[1-9]|1[0-2])(?P<day2>0[1-9]|[12]\d|3[01])(?![0-9０-９])"
)
_ANY = re.compile(f"{_SEPARATED}|{_COMPACT}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclasses.dataclass(frozen=True, slots=True)
class FoundDate:
    start: int
    end: int
    date: date


def parse_date(text: str) -> date | None:
    """The first whole date in the text, such as 2011年5月16日, 二〇一一年五月十六日 or 20110516; None without one."""
    return next((found.date for found in _found(text)), None)


def find_dates(text: str) -> list[FoundDate]:
    """Every whole date with its span in code points."""
    return list(_found(text))


def han_number(text: str) -> int | None:
    """A number below 100 in Arabic (any width) or Chinese numerals: 9, ０９, 九, 十六, 二十一, 元 (1)."""
    text = text.strip()
    if not text:
        return None
    if all(_DIGIT_OF.get(character, "").isdigit() for character in text):
        return int("".join(_DIGIT_OF[character] for character in text))
    text = text.replace("廿", "二十").replace("卅", "三十")
    if text == "元":
        return 1
    tens, ten, ones = text.partition("十")
    if not ten:
        return None
    try:
        return 10 * int(_DIGIT_OF[tens] if tens else 1) + int(_DIGIT_OF[ones] if ones else 0)
    except KeyError:
        return None


def year_number(text: str) -> int | None:
    """A year of four digits in any of the spellings that documents use (2011, ２０１１, 二〇一一, 二O一一)."""
    digits = "".join(_DIGIT_OF.get(character, "x") for character in text)
    if len(digits) != 4 or not digits.isdigit():
        return None
    year = int(digits)
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None


def _found(text: str) -> Iterator[FoundDate]:
    for match in _ANY.finditer(text):
        year = year_number(match["year"] or match["year2"])
        month = han_number(match["month"] or match["month2"])
        day = han_number(match["day"] or match["day2"])
        if year is None or month is None or day is None:
            continue
        try:
            yield FoundDate(match.start(), match.end(), date(year, month, day))
        except ValueError:
            continue
