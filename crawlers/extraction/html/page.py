"""A page, read: from bytes to the parts of a notice and the links that a crawl follows."""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import Tag

from analyzers.dates import parse_date
from analyzers.notice import Attachment, clean_text
from crawlers.extraction.heading import first_line, official_heading
from crawlers.extraction.html.attachments import find_attachments, images_of
from crawlers.extraction.html.blocks import Block, blocks_of
from crawlers.extraction.html.body import (
    Body,
    better,
    find_body,
    link_density,
    linked_share,
    main_text,
    render,
    says_where,
    trim,
)
from crawlers.extraction.html.catalogue_table import is_label, is_source_line, meta_of, read_fields
from crawlers.extraction.html.links import PageLink, base_of, links_of
from crawlers.extraction.html.title import find_title
from crawlers.extraction.html.tree import clean, parse, remove_hidden, scripts_of

_URL_DATE = re.compile(
    r"/t((?:19|20)\d{2})(\d{2})(\d{2})_\d+|/((?:19|20)\d{2})[-/](\d{1,2})[-/](\d{1,2})/(?:art|content|c)_?"
)
_PUBLISHED = re.compile(r"(?:信息)?(?:发布|公布|公开|更新|录入|添加)?(?:期|时间)?(?:于|星期.)?")
_NOTICE_CHARACTERS = 60
_LEFT_CHARACTERS = 40
_ERROR_CHARACTERS = 300
_ERROR_PAGE = re.compile(
    r"(?:页面|网页|文章|信息|内容)(?:已经?)?(?:不存在|被删除|没有找到|未找到|走丢)|找不到.{0,8}(?:页面|网页)|\b404\b"
)
_HEAD_LINES = 8
_SENTENCE = re.compile(r"[，。；：]")
_HAN_NUMBER = "[一二三四五六七八九十]{1,3}"
_TEXT_BEGINS = re.compile(rf"[（(]?{_HAN_NUMBER}[）)、.．]|第{_HAN_NUMBER}[条章节]|.*[。；]$")


@dataclasses.dataclass(slots=True)
class Page:
    url: str
    base_url: str
    """What relative addresses resolve against."""
    charset: str
    title: str
    fields: dict[str, Any]
    """Values by field name, clean; only what the page states."""
    body: str
    attachments: list[Attachment]
    extracted_by: str
    text_length: int
    """Characters of the body, white space aside."""
    link_density: float
    """Share of the body's characters that stand in links."""
    looks_like_notice: bool
    """A title, running text or files, few links: no list and no home page."""
    links: list[PageLink]
    scripts: str
    """The page's own scripts, one after the other."""
    html: str
    """The decoded page."""


def read_page(raw: bytes, url: str, content_type: str | None = None) -> Page:
    """Raises ExtractionError for a page that is too large or cannot be parsed."""
    soup, decoded = parse(raw, content_type)
    base = base_of(soup, url)
    scripts = scripts_of(soup)
    meta = meta_of(soup)
    links = links_of(soup, base)
    clean(soup)
    attachments_everywhere = soup.find(("a", "iframe", "embed", "object", "frame")) is not None
    body_with_hidden = find_body(soup, blocks_of(soup.body or soup)).tag if attachments_everywhere else None
    attachments = find_attachments(soup, base, body_with_hidden)
    remove_hidden(soup)
    root = soup.body or soup
    blocks = blocks_of(root)
    found = find_body(soup, blocks)
    stated = read_fields(blocks, found.tag, meta)
    fields = stated.values
    title = clean_text(str(fields.pop("title", "") or ""))
    if not title:
        title = clean_text(find_title(soup, blocks, found.tag, meta.get("sitename")))
    _remove_tables(stated.tables, found.tag)
    body, by, density = _body_text(soup, found, title)
    title = title or official_heading(body) or first_line(body) or ""
    if found.tag is not None and len(body) < 20:
        attachments = attachments or images_of(found.tag, base)
    if "published_date" not in fields:
        day = _date_above(blocks, found.tag) or _date_of_url(url)
        if day:
            fields["published_date"] = day
    density = max(density, linked_share(body, (link.text for link in links)))
    length = len(re.sub(r"\s", "", body))
    return Page(
        url=url,
        base_url=base,
        charset=decoded.charset,
        title=title,
        fields=fields,
        body=body,
        attachments=attachments,
        extracted_by=by,
        text_length=length,
        link_density=round(density, 3),
        looks_like_notice=_is_notice(title, body, length, density, attachments, fields),
        links=links,
        scripts=scripts,
        html=decoded.text,
    )


def _body_text(soup: BeautifulSoup, found: Body, title: str) -> tuple[str, str, float]:
    picked = render(found.tag) if found.tag is not None else ""
    density = link_density(found.tag) if found.tag is not None else 0.0
    by = found.extracted_by
    if by == "density":
        other = main_text(soup)
        if better(picked, other, density):
            picked, by, density = other, "trafilatura", 0.0
    picked = trim(picked)
    if not by.startswith("container #") or by.lower() in ("container #content", "container #con"):
        picked = _without_head(picked, title)
    return clean_text(picked, keep_lines=True), by, density


def _remove_tables(tables: list[Tag], body: Tag | None) -> None:
    """Takes catalogue tables out of the body, unless next to nothing would be left."""
    if body is None:
        return
    limit = len(body.get_text(strip=True)) - _LEFT_CHARACTERS
    for table in tables:
        within = not table.decomposed and any(parent is body for parent in table.parents)
        if within and len(table.get_text(strip=True)) < limit:
            table.decompose()


def _without_head(body: str, title: str) -> str:
    """Without title and line of source and date, where the container holds them, too."""
    lines = body.split("\n")
    cut = 0
    for index, line in enumerate(lines[:_HEAD_LINES]):
        if _TEXT_BEGINS.match(line):
            break
        if is_source_line(line) or says_where(line) or (index < 3 and title and line == title and cut == index):
            cut = index + 1
    return "\n".join(lines[cut:])


def _is_notice(
    title: str, body: str, length: int, density: float, attachments: list[Attachment], fields: dict[str, Any]
) -> bool:
    if not title:
        return False
    if length < _NOTICE_CHARACTERS:
        return bool(attachments) and bool(fields)
    if length < _ERROR_CHARACTERS and _ERROR_PAGE.search(f"{title}\n{body}"):
        return False
    sentences = len(_SENTENCE.findall(body))
    return density < 0.3 and (sentences * 100 >= length or sentences >= 5 or "\t" in body)


def _date_above(blocks: list[Block], body: Tag | None) -> date | None:
    """A date in a short line of its own, close above the body."""
    if body is None:
        return None
    inside = {id(body), *(id(tag) for tag in body.find_all(True))}
    first = next((position for position, block in enumerate(blocks) if id(block.tag) in inside), 0)
    for position in range(first - 1, max(-1, first - 16), -1):
        block = blocks[position]
        line = block.line
        if position and is_label(blocks[position - 1].line):
            continue
        if 6 <= len(line) <= 40 and not block.linked:
            day = parse_date(line)
            if day and _PUBLISHED.fullmatch(re.sub(r"[\d\s年月日:：./〔〕\[\]()（）|-]", "", line)):
                return day
    return None


def _date_of_url(url: str) -> date | None:
    match = _URL_DATE.search(url)
    if not match:
        return None
    year, month, day = (int(part) for part in match.groups() if part)
    try:
        return date(year, month, day)
    except ValueError:
        return None
