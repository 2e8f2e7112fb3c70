"""Crawled text made fit to be shown: marks, paragraphs and tables, links, and what must not reach a screen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from markupsafe import Markup, escape

# Bidirectional controls (UAX #9) can make an address or a number read backwards; the others are invisible and
# make two different texts look the same, or break XML.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u206a-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_COMBINING = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)

_CHAPTER = re.compile(r"第[一二三四五六七八九十百零〇\d]{1,6}[编章节](?:\s|$|[^条,，。;；]{1,30}$)")
_ARTICLE = re.compile(r"(第[一二三四五六七八九十百千零〇\d]{1,8}条(?:之[一二三四五六七八九十]{1,3})?)(?=\s|\S)")
_HEADING = re.compile(r"[一二三四五六七八九十]{1,3}、[^。；;]{1,38}$")
_ADDRESSEE = re.compile(
    r"(?=.*(?:政府|单位|部门|机关|委|局|厅|办|镇|乡|街道|中心|学校|医院|公司))[^。；;：:]{2,118}[：:]"
)
_DAY = re.compile(
    r"[一二三四五六七八九十〇○零OＯ\d]{4}年[一二三四五六七八九十\d]{1,3}月[一二三四五六七八九十\d]{1,3}日"
)
_SENTENCE_END = re.compile(r"[。；;：:，,、！？]$")

BlockKind = Literal["paragraph", "addressee", "chapter", "heading", "article", "signature", "table"]


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of some kind, or a table."""

    kind: BlockKind
    text: str = ""
    lead: str = ""
    """The number of an article, in front of ``text``."""
    rows: Sequence[Sequence[str]] = ()


def visible(text: str) -> str:
    """Without invisible and direction-changing characters, and without towers of combining marks."""
    return _COMBINING.sub(r"\1", _INVISIBLE.sub("", text))


def finalize(value: Any) -> Any:
    """What every template expression passes through before it is escaped; None shows as nothing."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return Markup(visible(value))  # noqa: S704 - it was markup before
    if isinstance(value, str):
        return visible(value)
    return value


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """The text escaped, with the spans in ``<mark>``; spans that do not fit the text are left out."""
    parts: list[Markup] = []
    position = 0
    for start, end in spans:
        if not position <= start < end <= len(text):
            continue
        parts += [escape(text[position:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        position = end
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def safe_link(url: str | None) -> str | None:
    """The address if it is http or https with a host; None for all others (javascript:, data:, relative …)."""
    if not url or len(url) > 4000 or re.search(r"[\s\x00-\x20\x7f\\<>\"'`]", url) or _INVISIBLE.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or "@" in parts.netloc:
        return None
    return url


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def notice_path(notice_id: str, attachment_id: str | None = None) -> str:
    """The address of a notice's page, or of one attachment on it."""
    path = f"/notices/{quote(notice_id, safe='')}"
    return f"{path}#{quote(attachment_id, safe='')}" if attachment_id else path


def blocks(body: str) -> list[Block]:
    """A body's paragraphs and tables (lines with tabs), told apart as Chinese official documents set them."""
    found: list[Block] = []
    rows: list[list[str]] = []
    for line in body.split("\n"):
        if "\t" in line:
            rows.append([cell.strip() for cell in line.split("\t")])
            continue
        if rows:
            found.append(_table(rows))
            rows = []
        text = line.strip()
        if text:
            found.append(_block(text, found))
    if rows:
        found.append(_table(rows))
    return found


def _table(rows: list[list[str]]) -> Block:
    width = max(len(row) for row in rows)
    # A ragged row is filled up only where that stays small: one wide line must not make every row wide.
    if width <= 50:
        rows = [row + [""] * (width - len(row)) for row in rows]
    return Block("table", rows=rows)


def _block(text: str, before: list[Block]) -> Block:
    if len(text) <= 40:
        if _CHAPTER.match(text):
            return Block("chapter", text)
        if _DAY.fullmatch(text):
            last = before[-1] if before else None
            if last and last.kind == "paragraph" and len(last.text) <= 30 and not _SENTENCE_END.search(last.text):
                before[-1] = Block("signature", last.text)
            return Block("signature", text)
        if _HEADING.fullmatch(text):
            return Block("heading", text)
    if len(before) < 5 and len(text) <= 120 and _ADDRESSEE.fullmatch(text):
        return Block("addressee", text)
    article = _ARTICLE.match(text)
    if article:
        return Block("article", text[article.end() :].lstrip(), lead=article.group(1))
    return Block("paragraph", text)
