"""The title of a page."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import Tag

from analyzers.document_number import parse_document_number
from crawlers.extraction.heading import KIND, is_imprint
from crawlers.extraction.html.blocks import Block
from crawlers.extraction.html.tree import attribute, names_of, squeeze

_TITLE_NAME = re.compile(r"(?:^|[-_])(?:title|tit|bt|biaoti|headline)|title|biaoti")
_ORGANISATION = re.compile(
    r"(?:网|网站|门户|平台|首页|委员会|人民政府|政府|办公室|厅|局|处|中心|专栏|公开|系统|文件|法规规章)[）)]?$"
)
_SEPARATOR = re.compile(r"\s*(?:[_|｜]|\s[-–—]+\s|(?<![0-9A-Za-z])[-–—]+(?![0-9A-Za-z])|--+)\s*")
_NO_TITLE = re.compile(
    r"(?:当前|现在|所在|您的?).{0,3}位置|首页\s*[>＞]|[:：]\s*$|^(?:[:：]|来源|日期|发布|字号|索引号|附件|目录|各县|各市|各区|各省|为)|^\d+$|^第[一1]章"
)
_LABEL = re.compile(r"^(?:信\s*息\s*名\s*称|公\s*文\s*名\s*称|名\s*称|标\s*题)\s*[:：]\s*")
_BULLETS = "■●◆▲★□○◇△☆·•>＞ "
_CUT = re.compile(r"(?:…|\.\.\.|\.{2,})\s*$")
_MAX_CHARACTERS = 150
_LEAST_SCORE = 1.0


def find_title(soup: BeautifulSoup, blocks: list[Block], body: Tag | None, site: str | None) -> str:
    """An element above the body that looks like a title, else ``<title>`` less the site's suffix; may be empty."""
    tag = soup.find("title")
    whole = squeeze(tag.get_text()) if isinstance(tag, Tag) else ""
    page_title = without_site(whole, site)
    candidates: list[tuple[float, int, str]] = []
    if page_title:
        candidates.append((_score_of_page_title(page_title, whole, site), 1, page_title))
    inside = {id(body), *(id(one) for one in body.find_all(True))} if body is not None else set()
    first = next((position for position, block in enumerate(blocks) if id(block.tag) in inside), len(blocks))
    for position, block in enumerate(blocks[: first + 12]):
        text = _LABEL.sub("", block.line).strip(_BULLETS)
        if (
            not 4 <= len(text) <= _MAX_CHARACTERS
            or _NO_TITLE.search(text)
            or parse_document_number(text)
            or is_imprint(text)
        ):
            continue
        score = _score(block, text, whole, site)
        if position >= first:
            score -= 2.0
        else:
            score += 1.5 * max(0.0, 1.0 - (first - position) / 40)
        if score > 0:
            candidates.append((score, -position, text))
    candidates = [one for one in candidates if one[0] > 0]
    if not candidates or max(candidates)[0] < _LEAST_SCORE:
        return ""
    return max(candidates)[2]


def without_site(title: str, site: str | None) -> str:
    """The part of ``<title>`` that is the notice's: names of site and column at its end or start are cut."""
    title = title.strip()
    if site and title.endswith(site):
        cut = re.sub(r"[\s_|｜—–-]+$", "", title[: -len(site)])
        title = cut or title
    parts = _SEPARATOR.split(title)
    if len(parts) < 2:
        return title
    for part in parts:
        if KIND.search(part) and len(part) >= 8:
            return title[: title.find(part) + len(part)] if part is not parts[0] and "《" in parts[0] else part
    return max(parts[:2], key=len) if not _ORGANISATION.search(parts[0]) else max(parts[1:], key=len)


def _score_of_page_title(title: str, whole: str, site: str | None) -> float:
    if len(title) < 4 or title == site or parse_document_number(title) or not re.search(r"[\u4e00-\u9fff]{3}", title):
        return 0.0
    if _ORGANISATION.search(title) and not title.startswith("关于"):
        return 0.3
    score = 2.5
    if KIND.search(title):
        score += 2.0
    if title != whole:
        score += 0.5
    if _CUT.search(title):
        score -= 2.5
    return score


def _score(block: Block, text: str, whole: str, site: str | None) -> float:
    tag = block.tag
    score = 0.0
    if tag.name in ("h1", "ucaptitle"):
        score += 4.0
    elif tag.name in ("h2", "h3"):
        score += 2.5
    names = [name for one in (tag, *_wrapping(tag, block)) for name in names_of(one)]
    if any(_TITLE_NAME.search(name) for name in names):
        score += 4.0
    if _is_set_off(tag):
        score += 1.5
    packed, packed_whole = re.sub(r"\s", "", text), re.sub(r"\s", "", whole)
    if len(packed) >= 8 and packed_whole and (packed in packed_whole or _starts_like(packed, packed_whole)):
        score += 4.0
    if score == 0:
        return 0.0
    if KIND.search(text):
        score += 2.0
    if "关于" in text:
        score += 1.0
    if _CUT.search(text) or text.count("《") != text.count("》"):
        score -= 5.0
    if block.linked * 2 > len(text):
        score -= 5.0
    if text == site or (_ORGANISATION.search(text) and "关于" not in text):
        score -= 3.5
    if len(text) < 8:
        score -= 1.5
    if re.search(r"[。；]$", text):
        score -= 4.0
    return score


def _starts_like(text: str, whole: str) -> bool:
    """Whether ``<title>`` is a cut form of the text."""
    cut = _CUT.sub("", whole)
    return len(cut) >= 10 and text.startswith(cut)


def _wrapping(tag: Tag, block: Block) -> list[Tag]:
    """Inline elements and the parent that hold nothing but the block's text."""
    length = len(re.sub(r"\s", "", block.text))
    inline = tag.find_all(("span", "font", "b", "strong", "em", "big"), limit=12)
    found = [one for one in inline if len(one.get_text(strip=True)) >= 0.8 * length][:4]
    parent = tag.parent
    if parent is not None and len(re.sub(r"\s", "", parent.get_text())) <= length:
        found.append(parent)
    return found


def _is_set_off(tag: Tag) -> bool:
    style = attribute(tag, "style").lower().replace(" ", "")
    centred = attribute(tag, "align").lower() == "center" or "text-align:center" in style or tag.name == "center"
    inner = " ".join(
        attribute(one, "style").lower().replace(" ", "") for one in tag.find_all(("span", "font"), limit=4)
    )
    bold = tag.find(("b", "strong", "big")) is not None or "font-weight:bold" in style + inner
    large = bool(re.search(r"font-size:(?:1[6-9]|2\d|3\d)(?:pt|px)", style + inner))
    return centred and (bold or large)
