"""The links of a page, with the date and the place in the tree that tell the rows of a list."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from analyzers.dates import parse_date
from crawlers.extraction.html.tree import attribute, squeeze, text_of

MAX_LINKS = 20_000
_ROWS = frozenset(("tr", "li", "dd", "dt", "dl", "div", "p", "td", "h3", "h4", "article", "section"))
_ROW_LEVELS = 5
_ROW_CHARACTERS = 600
_PATH_STEPS = 12
# Classes that set off single rows of a list, not the list.
_ROW_STATE = re.compile(r"(?:odd|even|first|last|cur|current|active|on|hover|top|new|hot|bg|line|li|item|row)?[-_]?\d*")


@dataclasses.dataclass(frozen=True, slots=True)
class PageLink:
    url: str
    """Absolute, without fragment."""
    text: str
    title_attribute: str
    date: date | None
    """The date that stands in the same row."""
    path: str
    """Tag names and classes of the innermost ancestors: equal for the rows of one list."""


def base_of(soup: BeautifulSoup, url: str) -> str:
    tag = soup.find("base", href=True)
    if isinstance(tag, Tag):
        return absolute(url, attribute(tag, "href")) or url
    return url


def absolute(base: str, href: str) -> str | None:
    """The address with http, https or file scheme; None for scripts, mail and what is no address."""
    href = href.strip().replace("\n", "").replace("\r", "").replace("\t", "")
    if not href or href.startswith("#"):
        return None
    try:
        url = urljoin(base, href)
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https", "file") or (parts.scheme != "file" and not parts.hostname):
        return None
    if parts.scheme == "file" and urlsplit(base).scheme != "file":
        return None
    return url.split("#", 1)[0]


def links_of(soup: BeautifulSoup, base: str) -> list[PageLink]:
    """In document order, the same address as often as it stands there; bounded."""
    found: list[PageLink] = []
    paths: dict[int, tuple[str, ...]] = {}
    for tag in soup.find_all(("a", "area", "iframe", "frame")):
        if len(found) >= MAX_LINKS:
            break
        url = absolute(base, attribute(tag, "src" if tag.name in ("iframe", "frame") else "href"))
        if url is None:
            continue
        found.append(
            PageLink(
                url=url,
                text=text_of(tag),
                title_attribute=squeeze(attribute(tag, "title")),
                date=_row_date(tag),
                path=">".join(_path(tag, paths)),
            )
        )
    return found


def _row_date(link: Tag) -> date | None:
    href = attribute(link, "href")
    for level, row in enumerate(link.parents):
        if level >= _ROW_LEVELS or row.name in ("body", "html", "table", "tbody", "ul"):
            return None
        if row.name not in _ROWS and level:
            continue
        others = {attribute(other, "href") for other in row.find_all("a", href=True, limit=6)} - {href}
        if len(others) > 1:
            return None
        text = row.get_text(" ")
        if len(text) > _ROW_CHARACTERS:
            return None
        own = link.get_text(" ")
        around = text.replace(own, " ", 1) if own.strip() else text
        found = parse_date(around) or (parse_date(own) if not others and row.name in ("li", "tr", "dd") else None)
        if found:
            return found
        if row.name in ("li", "tr"):
            return None
    return None


def _path(tag: Tag, paths: dict[int, tuple[str, ...]]) -> tuple[str, ...]:
    waiting: list[Tag] = []
    node: Tag | None = tag
    while node is not None and id(node) not in paths and node.parent is not None:
        waiting.append(node)
        node = node.parent
    path = paths.get(id(node), ()) if node is not None else ()
    for node in reversed(waiting):
        path = (*path, _step(node))[-_PATH_STEPS:]
        paths[id(node)] = path
    return path


def _step(tag: Tag) -> str:
    classes = [name for name in attribute(tag, "class").split() if not _ROW_STATE.fullmatch(name.lower())]
    return ".".join((tag.name, *classes[:3]))
