"""The body of a notice: the element that holds it, and its text as paragraphs and tables."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable

import trafilatura
from bs4 import BeautifulSoup
from bs4.element import Tag

from crawlers.extraction.heading import is_imprint
from crawlers.extraction.html.blocks import Block
from crawlers.extraction.html.catalogue_table import is_source_line
from crawlers.extraction.html.tree import BLOCKS, attribute, names_of, squeeze, walk

# Names of containers that publishing systems give the body, from the surest to the most general.
_SYSTEM_NAMES = (
    "zoom zoomcon ucap-content trs_editor trs_editor_view trs_ueditor bt-content bt_content vsb_content v_news_content "
    "fontzoom"
)
_BODY_NAMES = (
    "pages_content article-content article_content articlecontent article-con arc_content arccontent news_content "
    "newscontent showcontent mycontent conttxt contxt con_text contenttext content_body xxgk_content detail-content "
    "detail_content artibody articlebody article_body textcontent info_content infocontent maincontent zhengwen neirong"
)
_CONTAINERS = (
    frozenset(_SYSTEM_NAMES.split()),
    frozenset(_BODY_NAMES.split()),
    frozenset(("article", "articles", "view", "text")),
    frozenset(("content",)),
)
_CONTAINER_TAGS = ("ucapcontent",)
_ENOUGH_CHARACTERS = 40
_MAX_LEVELS = 80
"""Markup nested deeper than this is broken markup; what it nests is then taken with the whole page."""
_MAX_LINK_DENSITY = 0.4
_EMPTIED = re.compile(r"<(script|style|noscript|template)\b[^<>]*></\1>")
_MAX_COMPARED_CHARACTERS = 1_000_000
_SENTENCE = re.compile(r"[，。；：！？、]")
_FRAME = re.compile(
    r"(?:^|[-_])(?:foot|footer|copyright|nav|menu|crumb|sidebar|header|top|banner|related|recommend|share)"
)
_PLACE = re.compile(r"(?:当前|现在|所在|您的?).{0,3}位置\s*(?:是|为|[:：])")
# Sentences, and rows of figures.
_RUNNING = re.compile(r".{10}[，。；]|\t[\d.,%]+(?:\t|$)")
_CHROME = re.compile(
    r"[【\[（(]?\s*(?:字\s*[号体].{0,12}|(?:打印|关闭|收藏|返回|纠错|复制)\S{0,6}|大\s*中\s*小|扫一扫\S{0,20}|分享(?:到|至)?.{0,30}"
    r"|[上下]一[篇条页].{0,80}|相关(?:链接|文章|新闻|信息)|视力保护色.{0,20}|浏览次数.{0,12}|责任编辑.{0,20}|我要纠错.{0,10})"
    r"(?:\s*[】\])）]?\s*[【\[（(]?\s*(?:打印|关闭|收藏|返回|纠错)\S{0,6})*\s*[】\])）]?"
)
_WIDE = r"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_HAN_BREAK = re.compile(rf"(?<=[{_WIDE}])[ \t]*\n\s*(?=[{_WIDE}])")
_LEAST_SHARE = 0.5
"""A container with less of the page's running text than this is another's: a summary, a footer."""


@dataclasses.dataclass(slots=True)
class Body:
    tag: Tag | None
    extracted_by: str


def find_body(soup: BeautifulSoup, blocks: list[Block]) -> Body:
    """A container that publishing systems are known to use, else the deepest element with the running text."""
    root = soup.body or soup
    weights = _Weights(root, blocks)
    for tier, names in enumerate(_CONTAINERS):
        best: Tag | None = None
        size = _ENOUGH_CHARACTERS - 1
        for tag in root.find_all(True):
            if not _is_container(tag, names):
                continue
            text, linked = _lengths(tag)
            if text <= size or (tier > 0 and linked > _MAX_LINK_DENSITY * text):
                continue
            if weights.share(tag) >= _LEAST_SHARE:
                best, size = tag, text
        if best is not None:
            inner = _innermost(best, size) if tier else best
            return Body(inner, f"container {_selector(inner)}")
    return Body(weights.deepest(), "density")


def _innermost(container: Tag, size: int) -> Tag:
    """The last known container within that still holds most of the text."""
    names = frozenset().union(*_CONTAINERS)
    best = container
    for tag in container.find_all(True):
        if _is_container(tag, names) and _lengths(tag)[0] >= 0.7 * size:
            best = tag
    return best


def render(root: Tag) -> str:
    """Paragraphs on lines of their own; the rows of a table on lines, tabs between the cells."""
    writer = _Writer()
    if root.name == "table":
        writer.open(root)
    for event, node in walk(root):
        if event == "text":
            writer.text(str(node))
        elif isinstance(node, Tag):
            (writer.open if event == "open" else writer.close)(node)
    if root.name == "table":
        writer.close(root)
    return writer.done()


def trim(text: str) -> str:
    """Without the lines of buttons around the text."""
    return "\n".join(line for line in text.split("\n") if not _CHROME.fullmatch(line))


def main_text(soup: BeautifulSoup) -> str:
    """What trafilatura takes for the text; for pages whose body has no known container. Empty for very large pages."""
    html = _EMPTIED.sub("", str(soup))
    if len(html) > _MAX_COMPARED_CHARACTERS:
        return ""
    found = trafilatura.extract(html, include_comments=False, include_tables=True, favor_recall=True, fast=True)
    lines = (_cells(squeeze(part)) for part in (found or "").split("\n"))
    return "\n".join(line for line in lines if line and not is_imprint(line))


def _cells(line: str) -> str:
    """A row of trafilatura's tables, ``| a | b |``, with tabs between the cells; its ruling lines are dropped."""
    if not (line.startswith("|") and line.endswith("|") and len(line) > 1):
        return line
    cells = [cell.strip() for cell in line[1:-1].split("|")]
    return "" if all(re.fullmatch(r":?-{3,}:?", cell) for cell in cells) else "\t".join(cells).rstrip("\t")


def better(picked: str, found: str, link_density: float) -> bool:
    """Whether trafilatura's text is better than ours: ours holds too many links, or misses what runs in theirs."""
    if not found:
        return False
    if not picked:
        return True
    ours = _shingles(picked)
    theirs = _shingles("\n".join(line for line in found.split("\n") if _RUNNING.search(line)))
    missed = len(theirs - ours) / max(1, len(theirs))
    return missed > 0.2 or (link_density > 0.15 and len(ours) > 1.5 * len(theirs))


def linked_share(body: str, texts: Iterable[str]) -> float:
    """The share of the body that is the text of the page's links: nearly all of a list, little of a notice."""
    length = len("".join(body.split()))
    linked = sum(len("".join(text.split())) for text in set(texts) if len(text) >= 4 and text in body)
    return min(1.0, linked / length) if length else 0.0


def says_where(line: str) -> bool:
    """Whether a line is the trail of menus above a page."""
    return bool(_PLACE.search(line))


def link_density(tag: Tag) -> float:
    text, linked = _lengths(tag)
    return linked / text if text else 0.0


def _lengths(tag: Tag) -> tuple[int, int]:
    text = len(tag.get_text(strip=True))
    linked = sum(len(link.get_text(strip=True)) for link in tag.find_all("a", href=True))
    return text, min(text, linked)


def _is_container(tag: Tag, names: frozenset[str]) -> bool:
    if tag.name in ("a", "input", "img", "li"):
        return False
    system = "zoom" in names
    if system and tag.name in _CONTAINER_TAGS:
        return True
    return any(name in names or (system and name.startswith("vsb_content_")) for name in names_of(tag))


def _selector(tag: Tag) -> str:
    known = frozenset().union(*_CONTAINERS)
    identifier = attribute(tag, "id")
    if identifier.lower() in known or identifier.lower().startswith("vsb_content"):
        return f"#{identifier}"
    return next((f".{name}" for name in attribute(tag, "class").split() if name.lower() in known), tag.name)


class _Weights:
    """How much running text each element holds, menus, footers and imprint aside.

    Short pieces without punctuation count a third.
    """

    def __init__(self, root: Tag, blocks: list[Block]) -> None:
        self._root = root
        self._sums: dict[int, float] = {}
        self._tags: dict[int, Tag] = {}
        self._total = 0.0
        frames: dict[int, bool] = {}
        for block in blocks:
            line = block.line
            length = len(line) - block.linked
            if (
                length < 2
                or is_imprint(line)
                or says_where(line)
                or is_source_line(line)
                or _in_frame(block.tag, frames)
            ):
                continue
            weight = float(length) if length >= 10 and _SENTENCE.search(line) else length / 3
            self._total += weight
            for tag in (block.tag, *itertools.islice(block.tag.parents, _MAX_LEVELS)):
                self._sums[id(tag)] = self._sums.get(id(tag), 0.0) + weight
                self._tags[id(tag)] = tag
                if tag is root:
                    break

    def share(self, tag: Tag) -> float:
        """Of the page's running text; an inline element counts as the block around it, as far as it fills it."""
        if not self._total:
            return 1.0
        if id(tag) in self._sums:
            return self._sums[id(tag)] / self._total
        return len(tag.get_text(strip=True)) / self._total

    def deepest(self) -> Tag | None:
        """The deepest element that holds four fifths of it.

        All that hold so much stand within one another, and the inner ones were counted first.
        """
        best: Tag | None = None
        least = float("inf")
        if self._total < _ENOUGH_CHARACTERS:
            return None
        for key, weight in self._sums.items():
            if 0.8 * self._total <= weight < least:
                best, least = self._tags[key], weight
        best = best or self._root
        while best is not None and best.name in ("p", "span", "tr", "tbody", "li", "thead") and best is not self._root:
            best = best.parent
        return best


def _in_frame(tag: Tag, known: dict[int, bool]) -> bool:
    chain: list[Tag] = []
    answer = False
    for one in (tag, *tag.parents):
        if id(one) in known:
            answer = known[id(one)]
            break
        chain.append(one)
        if one.name in ("footer", "nav", "header") or any(_FRAME.match(name) for name in names_of(one)):
            answer = one.name not in ("body", "html")
            if answer:
                break
    for one in chain:
        known[id(one)] = answer
    return answer


def _shingles(text: str) -> set[str]:
    packed = re.sub(r"\s", "", text)
    return {packed[start : start + 5] for start in range(max(1, len(packed) - 4))}


class _Writer:
    """Turns the events of a walk into lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._buffer: list[str] = []
        self._open_rows = 0
        self._rows: list[list[str] | None] = []
        """One entry for each open table: the cells of its row, or None for a table that only lays out."""

    def text(self, text: str) -> None:
        self._buffer.append(text)

    def open(self, tag: Tag) -> None:
        name = tag.name
        if name == "table":
            self._break()
            places_only = self._in_row or _lays_out(tag)
            self._rows.append(None if places_only else [])
            self._open_rows += not places_only
        elif name == "br" or name in BLOCKS:
            self._break()

    def close(self, tag: Tag) -> None:
        name = tag.name
        if name == "table":
            self._break()
            if self._rows:
                self._end_row()
                self._open_rows -= self._rows.pop() is not None
        elif name in ("td", "th") and self._in_row:
            row = self._rows[-1]
            if row is not None:
                row.append(self._take())
            else:
                self._break()
        elif name == "tr":
            self._break()
            self._end_row()
        elif name in BLOCKS:
            self._break()

    def done(self) -> str:
        self._break()
        return "\n".join(self._lines)

    @property
    def _in_row(self) -> bool:
        return self._open_rows > 0

    def _break(self) -> None:
        if self._in_row:
            self._buffer.append("\x1f")
            return
        line = _tidy("".join(self._buffer))
        self._buffer.clear()
        if line:
            self._lines.append(line)

    def _take(self) -> str:
        parts = [_tidy(part) for part in "".join(self._buffer).split("\x1f")]
        self._buffer.clear()
        return _join([part for part in parts if part])

    def _end_row(self) -> None:
        row = self._rows[-1] if self._rows else None
        if row is None:
            return
        rest = self._take()
        if rest:
            row.append(rest)
        line = "\t".join(row).rstrip("\t")
        if line.strip():
            self._lines.append(line)
        row.clear()


def _lays_out(table: Tag) -> bool:
    """Whether a table only places things: one column, tables within, or cells of many paragraphs."""
    if table.find("table") is not None:
        return True
    widest = 0
    for row in table.find_all("tr"):
        cells = row.find_all(("td", "th"))
        widest = max(widest, len(cells))
    if widest < 2:
        return True
    return any(len(cell.find_all("p")) > 12 for cell in table.find_all("td"))


def _tidy(text: str) -> str:
    if "\n" in text:
        text = _HAN_BREAK.sub("", text)
    return squeeze(text).replace("\u200b", "").replace("\ufeff", "")


def _join(parts: list[str]) -> str:
    """The paragraphs of one cell; a word broken over narrow lines becomes whole again."""
    joined = ""
    for part in parts:
        glued = joined and len(joined) <= 4 and len(part) <= 4 and joined[-1] > "\u3000" and part[0] > "\u3000"
        joined += part if glued or not joined else " " + part
    return joined
