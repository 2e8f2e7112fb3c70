"""PDF by pdfminer.six: lines by the layout of the page, joined into paragraphs."""

from __future__ import annotations

import dataclasses
import io
import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from pdfminer.high_level import extract_pages
from pdfminer.layout import LAParams, LTChar, LTContainer, LTTextBox, LTTextLine
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfparser import PDFSyntaxError
from pdfminer.psparser import PSException

from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files.reading import Lines, Reading

MAX_PAGES = 3_000
_PAGE_NUMBER = re.compile(
    r"[—–\-·\s]*(?:第\s*)?\d{1,4}(?:\s*[/／]\s*\d{1,4})?(?:\s*页)?(?:\s*共\s*\d{1,4}\s*页)?[—–\-·\s]*"
)
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2018-\u201d\u2026"
_WIDE_GAP = re.compile(
    rf"(?<=[{_WIDE}])[ \t\u3000\xa0]+(?=[{_WIDE}])|(?<=[{_WIDE}]) (?=[\w〔\[(])|(?<=[\w〕\])]) (?=[{_WIDE}])"
)
# Fonts without a proper map give radicals and compatibility forms for the characters they look like.
_RADICALS = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
_NUMBERED = re.compile(r"第[一二三四五六七八九十百零\d]+[章节条编] ")
_ENDS = "。！？；：.!?;:"
_STARTS = re.compile(
    r"第[一二三四五六七八九十百零\d]+[章节条款编]|[（(]?[一二三四五六七八九十]+[）)、．.]|\d{1,2}[、．.](?!\d)|附\s*[件表录]|主题词|抄送"
)
_INDENT_CHARACTERS = 1.2
_SHORT_CHARACTERS = 2.5

logging.getLogger("pdfminer").setLevel(logging.ERROR)


@dataclasses.dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: float
    right: float
    top: float
    size: float
    """Height of its characters in points."""
    box: int


def read(raw: bytes) -> Reading:
    """Raises UnreadableFileError for what is locked, damaged or has no text at all."""
    lines = Lines()
    pages = 0
    pending = ""
    try:
        for page in extract_pages(io.BytesIO(raw), maxpages=MAX_PAGES, laparams=LAParams(boxes_flow=0.5)):
            pages += 1
            paragraphs, open_end = _paragraphs(list(_lines_of(page)))
            if pending and paragraphs and not _begins(paragraphs[0]):
                paragraphs[0] = _glue(pending, paragraphs[0])
            elif pending:
                lines.add(pending)
            pending = paragraphs.pop() if paragraphs and open_end else ""
            for paragraph in paragraphs:
                lines.add(paragraph)
            if lines.full:
                break
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise UnreadableFileError("PDF: encrypted, needs its password") from error
    except (PDFSyntaxError, PSException) as error:
        raise UnreadableFileError("PDF: damaged, it cannot be read") from error
    except Exception as error:
        # pdfminer lets through whatever a broken object leads to.
        if not lines.text():
            raise UnreadableFileError(f"PDF: damaged, it cannot be read ({type(error).__name__})") from error
        return Reading(lines.text(), "pdfminer.six", f"damaged after page {pages}; the text ends there")
    if pending:
        lines.add(pending)
    if not lines.text().strip():
        if not pages:
            raise UnreadableFileError("PDF: damaged, it holds no page")
        raise UnreadableFileError(f"PDF: no text on its {pages} page(s); a scan needs text recognition")
    note = lines.note or (f"the first {MAX_PAGES} pages" if pages >= MAX_PAGES else None)
    return Reading(lines.text(), "pdfminer.six", note)


def _lines_of(page: LTContainer[Any]) -> Iterator[_Line]:
    boxes = [box for box in page if isinstance(box, LTTextBox)]
    for number, box in enumerate(boxes):
        for line in box:
            if not isinstance(line, LTTextLine):
                continue
            characters = [one for one in line if isinstance(one, LTChar)]
            text = _tidy(_once(line))
            if text and not _PAGE_NUMBER.fullmatch(text):
                size = max((one.size for one in characters), default=10.0)
                yield _Line(text, line.x0, line.x1, line.y1, size, number)


def _once(line: LTTextLine) -> str:
    """The text of the line; characters printed twice in one place, a poor man's bold, count once."""
    text: list[str] = []
    last: LTChar | None = None
    for one in line:
        if isinstance(one, LTChar):
            if (
                last is not None
                and one.get_text() == last.get_text()
                and abs(one.x0 - last.x0) < 0.25 * max(one.width, 0.1)
                and abs(one.y0 - last.y0) < 0.25 * max(one.height, 0.1)
            ):
                continue
            last = one
        text.append(one.get_text() if hasattr(one, "get_text") else "")
    return "".join(text)


def _tidy(text: str) -> str:
    text = _RADICALS.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).replace("\xad", "-")
    text = " ".join(text.split())
    head = _NUMBERED.match(text)
    if head:
        return head[0] + _WIDE_GAP.sub("", text[head.end() :])
    return _WIDE_GAP.sub("", text)


def _paragraphs(lines: list[_Line]) -> tuple[list[str], bool]:
    """The paragraphs of one page, and whether the last one goes on overleaf.

    A line goes on in the next where it reaches the right edge of its column and the next is not indented.
    """
    paragraphs: list[str] = []
    open_end = False
    for index, line in enumerate(lines):
        left, right = _column(lines, line)
        previous = lines[index - 1] if index else None
        if previous is not None and open_end and _follows(previous, line, left):
            paragraphs[-1] = _glue(paragraphs[-1], line.text)
        else:
            paragraphs.append(line.text)
        open_end = line.right >= right - _SHORT_CHARACTERS * line.size and len(line.text) > 12
    return paragraphs, open_end


def _column(lines: Iterable[_Line], line: _Line) -> tuple[float, float]:
    """Left and right edge of the text around: of the lines that overlap this one by half its width."""
    near = [
        one
        for one in lines
        if min(one.right, line.right) - max(one.left, line.left) >= 0.5 * (line.right - line.left)
        and len(one.text) > 12
    ]
    if not near:
        return line.left, line.right
    return min(one.left for one in near), max(one.right for one in near)


def _follows(previous: _Line, line: _Line, left: float) -> bool:
    if previous.box == line.box:
        return _goes_on(previous, line, left)
    return _goes_on_below(previous, line, left)


def _goes_on(previous: _Line, line: _Line, left: float) -> bool:
    if _STARTS.match(line.text) and previous.text[-1:] in _ENDS:
        return False
    if line.left - left > _INDENT_CHARACTERS * line.size:
        return False
    return previous.top > line.top and abs(previous.size - line.size) < 0.35 * line.size


def _goes_on_below(previous: _Line, line: _Line, left: float) -> bool:
    """Over two boxes only where the next line lies close below and starts at the left edge."""
    gap = previous.top - line.top
    return 0 < gap < 3.2 * line.size and _goes_on(previous, line, left) and previous.text[-1:] not in "。！？"


def _begins(text: str) -> bool:
    return bool(_STARTS.match(text))


def _glue(first: str, second: str) -> str:
    if not first or not second:
        return first + second
    if first[-1].isascii() and second[0].isascii() and first[-1].isalnum() and second[0].isalnum():
        return f"{first} {second}"
    if first[-1] in ",;:" and second[0].isascii():
        return f"{first} {second}"
    return first + second
