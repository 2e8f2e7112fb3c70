"""Document numbers (发文字号): agency code, year and sequence, in the spellings that documents and readers use."""

from __future__ import annotations

import dataclasses
import re

from analyzers.dates import YEAR, year_number

_DIGIT = "0-9０-９"
# At most so much white space: without a limit a run of it costs the square of its length.
_GAP = r"\s{0,8}"
_YEAR = rf"(?P<year>{YEAR})"
_OPEN = "〔\\[（(【［﹝{<〈《「"
_CLOSE = "〕\\]）)】］﹞}>〉》」"
_SEQUENCE = rf"第?{_GAP}(?P<sequence>[{_DIGIT}]{{1,5}})"
_BRACKETED_YEAR = rf"[{_OPEN}]{_GAP}{_YEAR}{_GAP}年?{_GAP}[{_CLOSE}]"
_HAN = r"[\u4e00-\u9fff]"
_SIGN = r"[号號]?"
_BRACKETED = re.compile(
    rf"(?P<code>(?<!{_HAN})(?:{_HAN}\s){{1,8}}{_HAN}|[\u4e00-\u9fffA-Za-z]{{0,14}})"
    rf"{_GAP}{_BRACKETED_YEAR}{_GAP}{_SEQUENCE}{_GAP}{_SIGN}"
)
# Without brackets only after the characters that agency codes end with: not 台风2011年5号, not 2011年12月.
_PLAIN = re.compile(
    rf"(?P<code>{_HAN}{{0,13}}[发办函字令规通告议复审批建]){_GAP}{_YEAR}(?:{_GAP}年{_GAP}|\s{{1,8}}|(?=第))"
    rf"{_SEQUENCE}(?!{_GAP}[月日{_DIGIT}./-]){_GAP}{_SIGN}"
)
_ORDER = re.compile(rf"(?P<code>{_HAN}{{0,24}}令){_GAP}(?:{_BRACKETED_YEAR}{_GAP})?{_SEQUENCE}{_GAP}[号號]")
# What may stand before a number in running text and is no part of the agency's code.
_LEADING = re.compile(
    rf"^(?:.*(?:根据|按照|依据|依照|贯彻|落实|执行|印发|转发|文件|通知|精神|关于|废止|规定|公布|发布|以及|同时)原?|原)(?={_HAN}{{1,6}}$)"
)


# Between two numbers, after the 号 of the first; elsewhere 和 may begin a code.
_AND = ("和", "与", "及")


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentNumber:
    code: str
    """机关代字 such as 国发; empty where the text gives only year and sequence."""
    year: int | None
    sequence: int
    start: int
    end: int

    @property
    def canonical(self) -> str:
        """国发〔2011〕12号; an order without a year is 令第12号."""
        if self.year is None:
            return f"{self.code}第{self.sequence}号"
        return f"{self.code}〔{self.year}〕{self.sequence}号"

    @property
    def keys(self) -> tuple[str, ...]:
        """What is compared: with the code, and without it."""
        year = self.year or ""
        bare = f"{year}-{self.sequence}"
        return (f"{self.code}{bare}", bare) if self.code and self.year else (f"{self.code}{bare}",)


def find_document_numbers(text: str) -> list[DocumentNumber]:
    """The document numbers in a text with their spans, brackets and widths of any kind.

    An order (令) may lack the year. Without brackets the year needs 年, 第 or a space before the sequence.
    """
    found: list[DocumentNumber] = []
    taken: list[tuple[int, int]] = []
    for pattern in (_BRACKETED, _ORDER, _PLAIN):
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            groups = match.groupdict()
            year = year_number(groups["year"]) if groups.get("year") else None
            if groups.get("year") and year is None:
                continue
            code = groups["code"] or ""
            shortened = _LEADING.sub("", code)
            if shortened[:1] in _AND and text.endswith("号", 0, match.start()):
                shortened = shortened[1:]
            start = match.start() + len(code) - len(shortened)
            shortened = "".join(shortened.split())
            found.append(DocumentNumber(shortened, year, int(groups["sequence"]), start, match.end()))
            taken.append((match.start(), match.end()))
    return sorted(found, key=lambda number: number.start)


def parse_document_number(text: str) -> DocumentNumber | None:
    """The one number that the text is, white space aside; None where there is more or none."""
    found = find_document_numbers(text)
    if len(found) != 1:
        return None
    rest = text[: found[0].start] + text[found[0].end :]
    return found[0] if not rest.strip(" 　,，。.;；:：") else None
