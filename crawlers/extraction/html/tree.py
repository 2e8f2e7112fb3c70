"""The tree of a page: parsed within bounds, walked without recursion, cleaned of what no reader sees."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Literal

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import Comment, Declaration, Doctype, NavigableString, PageElement, ProcessingInstruction, Tag

from crawlers.extraction.charset import Decoded, decode
from crawlers.extraction.errors import ExtractionError

MAX_PAGE_BYTES = 12_000_000
"""The largest page that is read; a tree takes about twenty times its bytes."""

_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol p pre section table tbody td tfoot th thead tr "
    "ul ucaptitle ucapcontent"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
_UNSEEN_NAMES = "script style noscript template select option button textarea svg canvas"
_UNSEEN = tuple(_UNSEEN_NAMES.split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_TEXT_CHARACTERS = 500
"""A hidden element with more text than this is one that a script shows."""
_WRITTEN = re.compile(r"""document\.write(?:ln)?\(\s*(?:"([^"<>\\]{1,80})"|'([^'<>\\]{1,80})')\s*\)""")
_MAX_WRITTEN = 50
_LABEL_END = re.compile(r"[\u4e00-\u9fff]\s*[:：]\s*$")
_MARKUP = (Comment, Declaration, Doctype, ProcessingInstruction)

Event = Literal["open", "text", "close"]


def parse(raw: bytes, content_type: str | None) -> tuple[BeautifulSoup, Decoded]:
    """Raises ExtractionError for what is too large or no page at all."""
    if len(raw) > MAX_PAGE_BYTES:
        raise ExtractionError(f"HTML: {len(raw):,} bytes are more than the {MAX_PAGE_BYTES:,} that are read")
    decoded = decode(raw, content_type)
    text = decoded.text.replace("\x00", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            soup = BeautifulSoup(text, "lxml")
        except (RecursionError, ValueError, AssertionError) as error:
            raise ExtractionError(f"HTML: the markup cannot be parsed ({type(error).__name__})") from error
    return soup, decoded


def walk(root: Tag) -> Iterator[tuple[Event, PageElement]]:
    """Every element under ``root`` (itself excluded) opened and closed, every text, in document order."""
    stack: list[Tag] = [root]
    for node in root.descendants:
        while stack[-1] is not node.parent:
            yield "close", stack.pop()
        if isinstance(node, Tag):
            yield "open", node
            stack.append(node)
        elif isinstance(node, NavigableString) and not isinstance(node, _MARKUP):
            yield "text", node
    while len(stack) > 1:
        yield "close", stack.pop()


def attribute(tag: Tag, name: str) -> str:
    value = tag.get(name)
    if value is None:
        return ""
    return value if isinstance(value, str) else " ".join(value)


def names_of(tag: Tag) -> list[str]:
    """Its id and its classes, in lower case."""
    return f"{attribute(tag, 'id')} {attribute(tag, 'class')}".lower().split()


def squeeze(text: str) -> str:
    """One line, single spaces; full-width and non-breaking spaces count as spaces."""
    return " ".join(text.split())


def text_of(tag: Tag) -> str:
    return squeeze(tag.get_text())


def scripts_of(soup: BeautifulSoup, limit: int = 2_000_000) -> str:
    parts: list[str] = []
    for tag in soup.find_all("script"):
        part = tag.get_text()
        limit -= len(part)
        if limit < 0:
            break
        parts.append(part)
    return "\n".join(parts)


def clean(soup: BeautifulSoup) -> None:
    """Empties what no reader sees; a short text that a script writes after a label stays as text."""
    replaced = 0
    for script in soup.find_all("script"):
        if replaced >= _MAX_WRITTEN:
            break
        literal = _WRITTEN.search(script.get_text()[:20_000])
        if literal:
            before = script.find_previous(string=lambda text: bool(text and text.strip()))
            if before is not None and before.parent is not script and _LABEL_END.search(str(before)):
                script.replace_with(NavigableString(literal[1] or literal[2]))
                replaced += 1
    for tag in soup.find_all(_UNSEEN):
        tag.clear()


def remove_hidden(soup: BeautifulSoup) -> None:
    for tag in soup.find_all(lambda tag: "hidden" in tag.attrs or bool(_HIDDEN.search(attribute(tag, "style")))):
        if len(tag.get_text(strip=True)) < _HIDDEN_TEXT_CHARACTERS:
            tag.clear()
