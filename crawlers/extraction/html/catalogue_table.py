"""The fields that a page states: catalogue table, label–value lists, the line of source and date, meta tags."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Tag

from analyzers.notice import FIELDS, clean_field
from crawlers.extraction.html.blocks import Block
from crawlers.extraction.html.tree import attribute, squeeze

_FIELD_OF_LABEL = {variant: field.name for field in FIELDS for variant in field.variants}
# Words that stand before other things, too: they count in a line of source and date or among other labels.
_WEAK = frozenset(("来源", "信息来源", "日期", "时间", "名称", "标题", "体裁", "摘要"))
_LINE = frozenset(("来源", "信息来源", "日期", "时间"))
_META = {
    "articletitle": "title",
    "pubdate": "published_date",
    "contentsource": "issuing_agency",
    "keywords": "keywords",
    "description": "summary",
}
_HAN = "\u3007\u4e00-\u9fff"
_LABEL = re.compile(rf"(?<![{_HAN}])((?:[{_HAN}]\s*){{2,10}})[:：]")
_LINE_END = re.compile(r"浏览|点击|阅读|访问|字体|字号|打印|分享|作者|责任编辑|编辑|【|\[\s*[大打]|\||\n\s*\n")
_NO_AGENCY = re.compile(r"本站|原创|转载")
_MAX_VALUE = {"title": 400, "summary": 3_000, "keywords": 400, "issuing_agency": 120}
_GROUP_CHARACTERS = 1_500
_NUMBERED = re.compile(r"[一二三四五六七八九十\d]\s*[、.．)）]\s*$")
"""What stands before a label that begins an item of the text (一、时间：), not a field."""


@dataclasses.dataclass(slots=True)
class _Hit:
    field: str
    label: str
    value: Any
    """Clean; None or [] where the page leaves it empty."""
    group: Tag
    position: int
    colon: bool
    in_text: bool
    """Among the body's running text."""
    in_body: bool


@dataclasses.dataclass(slots=True)
class StatedFields:
    values: dict[str, Any]
    tables: list[Tag]
    """Catalogue tables that stand within the body's container; not body."""
    title_from_table: bool


def read_fields(blocks: list[Block], body: Tag | None, meta: dict[str, str]) -> StatedFields:
    """The fields by name, from the most to the least trustworthy place; labels within running text do not count."""
    hits = _hits(blocks, body)
    sizes: dict[int, set[str]] = {}
    for hit in hits:
        sizes.setdefault(id(hit.group), set()).add(hit.field)
    ranked = []
    tables: list[Tag] = []
    for hit in hits:
        rank = _rank(hit, len(sizes[id(hit.group)]))
        if rank is None:
            continue
        ranked.append((rank, hit.position, hit))
        if hit.in_body and body is not None and not any(hit.group is table for table in tables):
            tables.append(hit.group)
    ranked.sort(key=lambda one: one[:2])
    values: dict[str, Any] = {}
    for _, _, hit in ranked:
        if hit.value and hit.field not in values:
            values[hit.field] = hit.value
    from_table = "title" in values
    for name, value in fields_of_meta(meta).items():
        values.setdefault(name, value)
    return StatedFields(values, tables, from_table)


def is_label(line: str) -> bool:
    return re.sub(r"\s", "", line).rstrip(":：") in _FIELD_OF_LABEL


def meta_of(soup: BeautifulSoup) -> dict[str, str]:
    """Content by lower-case name, the first that is not empty."""
    found: dict[str, str] = {}
    for tag in soup.find_all("meta"):
        name = (attribute(tag, "name") or attribute(tag, "property")).strip().lower()
        content = squeeze(attribute(tag, "content"))
        if name and content and len(found) < 200:
            found.setdefault(name, content[:5_000])
    return found


def fields_of_meta(meta: dict[str, str]) -> dict[str, Any]:
    """Keywords and description are the notice's own only on pages that follow the national page-label rule."""
    follows = "articletitle" in meta
    values: dict[str, Any] = {}
    for key, name in _META.items():
        if key in meta and (follows or key in ("pubdate", "contentsource")):
            value = clean_field(name, meta[key])
            if value:
                values[name] = value
    if values.get("summary") == values.get("title"):
        values.pop("summary", None)
    return values


def is_source_line(line: str) -> bool:
    """Whether a short line only says where a notice comes from and when it was published."""
    if len(line) > 160:
        return False
    labels = [re.sub(r"\s", "", label) for label in _LABEL.findall(line)]
    known = sum(any(label.endswith(variant) for variant in _FIELD_OF_LABEL) for label in labels)
    others = sum(bool(_LINE_END.search(label)) for label in labels)
    return known >= 1 and known + others >= min(2, len(labels))


def _rank(hit: _Hit, fields_in_group: int) -> int | None:
    if hit.in_text:
        return 0 if fields_in_group >= 3 and hit.label not in _WEAK else None
    if hit.label not in _WEAK:
        return 0 if hit.colon or fields_in_group >= 2 else None
    if fields_in_group >= 3:
        return 1
    if hit.colon and (hit.label in _LINE or fields_in_group >= 2):
        return 2
    return None


def _hits(blocks: list[Block], body: Tag | None) -> list[_Hit]:
    within = _positions_within(blocks, body)
    first_sentence = next((position for position in within if _is_running(blocks[position])), within.stop)
    last = max(within, default=len(blocks))
    hits: list[_Hit] = []
    groups = _Groups(body)

    def add(label: str, value: str, *, colon: bool) -> None:
        hit = _hit(label, value, block)
        if hit is not None:
            group = groups.of(block.tag)
            hits.append(_Hit(hit[0], label, hit[1], group, position, colon, in_text, position in within))

    for position, block in enumerate(blocks):
        in_text = position in within and position >= first_sentence
        if len(block.pieces) > 400 or (block.inner and not block.text.strip()):
            continue
        text = block.text
        if len(text) > 4_000:
            continue
        found = _labels_with_colon(text)
        for index, (label, start, end, next_start) in enumerate(found):
            if (position > last and label in _WEAK) or _NUMBERED.search(text[:start]):
                continue
            value = text[end:next_start]
            if not value.strip() and index == len(found) - 1:
                value = _next_value(blocks, position)
            elif in_text and start > 0 and text[:start].strip() and len(found) == 1:
                continue
            add(label, value, colon=True)
        if not found:
            alone, value = _label_alone(blocks, position)
            if alone and not (position > last and alone in _WEAK):
                add(alone, value, colon=False)
    return hits


def _hit(label: str, value: str, block: Block) -> tuple[str, Any] | None:
    """Field and clean value; None for what is no value of the field."""
    name = _FIELD_OF_LABEL[label]
    if label in _LINE and name == "issuing_agency":
        value = _LINE_END.split(value.strip(), maxsplit=1)[0]
        if _NO_AGENCY.search(value):
            return None
    # A row of links after 关键词 is the site's hot searches.
    if name == "keywords" and block.linked * 2 > len(value):
        return None
    value = squeeze(value)
    if len(value) > _MAX_VALUE.get(name, 200) or value.startswith(("http://", "https://")):
        return None
    return name, clean_field(name, value) if value else None


def _is_running(block: Block) -> bool:
    line = block.line
    return len(line) >= 40 and bool(re.search(r"[。；]|[，].*[，]", line))


def _positions_within(blocks: list[Block], body: Tag | None) -> range:
    if body is None:
        return range(0)
    inside = {id(body), *(id(tag) for tag in body.find_all(True))}
    positions = [position for position, block in enumerate(blocks) if id(block.tag) in inside]
    return range(positions[0], positions[-1] + 1) if positions else range(0)


def _labels_with_colon(text: str) -> list[tuple[str, int, int, int]]:
    """Known labels as (label, start, end after the colon, start of the next label of any kind)."""
    matches = list(_LABEL.finditer(text))
    found = []
    for index, match in enumerate(matches):
        known = _known_suffix(match[1])
        if known is None:
            continue
        label, offset = known
        next_start = len(text)
        if index + 1 < len(matches):
            following = matches[index + 1]
            suffix = _known_suffix(following[1])
            next_start = following.start() + (suffix[1] if suffix else _last_word(following[1]))
        found.append((label, match.start() + offset, match.end(), next_start))
    return found


def _known_suffix(text: str) -> tuple[str, int] | None:
    """The longest known label that the text is or, after a word and white space, ends with, and where it starts.

    Single characters set apart (截 止 日 期) are one padded label, never a word and a label.
    """
    starts = [0, *(match.end() for match in re.finditer(r"\s+", text))]
    for start in starts:
        label = re.sub(r"\s", "", text[start:])
        if label in _FIELD_OF_LABEL:
            before = text[:start].split()
            return None if before and len(before[-1]) == 1 else (label, start)
    return None


def _last_word(text: str) -> int:
    words = text.split()
    if len(words) < 2 or any(len(word) == 1 for word in words):
        return 0
    return text.rstrip().rfind(words[-1])


def _label_alone(blocks: list[Block], position: int) -> tuple[str | None, str]:
    """A label without colon: the whole cell, or the first inline element of the cell."""
    block = blocks[position]
    pieces = [piece for piece in block.pieces if piece.strip()]
    if not pieces:
        return None, ""
    first = re.sub(r"\s", "", pieces[0])
    if first not in _FIELD_OF_LABEL:
        return None, ""
    if len(pieces) > 1:
        return first, "".join(pieces[1:])
    return first, _next_value(blocks, position)


def _next_value(blocks: list[Block], position: int) -> str:
    """The text of the next cell of the same row or pair; empty where that is a label itself."""
    tag = blocks[position].tag
    row = tag.find_parent("tr") if tag.name not in ("dt", "dd", "li", "div") or tag.find_parent(("td", "th")) else None
    for block in blocks[position + 1 : position + 6]:
        if block.inner and not block.text.strip():
            continue
        if row is not None:
            if block.tag.find_parent("tr") is not row:
                return ""
        elif not _near(tag, block.tag):
            return ""
        text = block.text
        if re.sub(r"\s", "", text).strip("：:") in _FIELD_OF_LABEL or _labels_with_colon(text):
            return ""
        return text
    return ""


def _near(first: Tag, second: Tag) -> bool:
    ancestors = [id(tag) for tag, _ in zip(first.parents, range(2), strict=False)]
    return id(first) in (id(tag) for tag, _ in zip(second.parents, range(2), strict=False)) or any(
        id(tag) in ancestors for tag, _ in zip(second.parents, range(2), strict=False)
    )


class _Groups:
    """The largest element around a label that is small enough to be a catalogue table."""

    def __init__(self, body: Tag | None) -> None:
        self._around_body = {id(body), *(id(parent) for parent in body.parents)} if body is not None else set()
        self._sizes: dict[int, int] = {}

    def of(self, tag: Tag) -> Tag:
        group = tag
        for parent in tag.parents:
            if id(parent) in self._around_body or parent.name in ("body", "html", "[document]"):
                break
            if self.size(parent) > _GROUP_CHARACTERS:
                break
            group = parent
        return group

    def size(self, tag: Tag) -> int:
        if id(tag) not in self._sizes:
            self._sizes[id(tag)] = len(tag.get_text(strip=True))
        return self._sizes[id(tag)]
