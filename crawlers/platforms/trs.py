"""TRS WCM and its copies: pages numbered by a ``createPageHTML`` call, notices at ``t20110516_12345.html``."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawlers import addresses, listing
from crawlers.platforms.platform import Parsed, Visit

if TYPE_CHECKING:
    from crawlers.extraction.html.page import Page

MAX_PAGES = 5000
"""Pages of one list; a larger number is a mistake of the site."""

# Real calls: createPageHTML(10, 0, "index", "html"); createPageHTML('page_div',10,1,'index','html',200);
# createPageHtml("10","0","index","htm"). A definition (function createPageHTML(_nPageCount, …)) has no literals.
_CALL = re.compile(r"(?<!function )\bcreate_?Page(?:HTML)?\w*\s*\(\s*([^()]{1,300})\)", re.IGNORECASE)
_ARGUMENT = re.compile(r"""\s*(?:(?P<number>-?\d+)|"(?P<double>[^"]*)"|'(?P<single>[^']*)')\s*(?:,|$)""")
_NOTICE_ADDRESS = re.compile(r"/t(?:19|20)\d{6}_\d+\.\w+$")
_EXTENSION = re.compile(r"\.?((?:s|x|d)?html?|jhtml|jsp|aspx?|php)", re.IGNORECASE)
_STEM = re.compile(r"[\w.\-]{1,100}")


class Trs:
    name = "trs"

    def recognise(self, page: Page) -> float:
        if paging_call(page.scripts) is not None:
            return 0.9
        rows = sum(is_notice_address(link.url) for link in page.links)
        return 0.6 if rows >= 2 else 0.3 if rows else 0.0

    def parse(self, page: Page, visit: Visit) -> Parsed:
        paging = listing.paging_links(page.links, visit.url)
        call = paging_call(page.scripts)
        if call is not None:
            total, current, stem, extension = call
            parts = [addresses.try_normalise(f"{stem}_{n}.{extension}", visit.url) for n in range(1, total)]
            named = [part for part in parts if part is not None]
            if is_notice_address(visit.url) or _names_notice(stem):
                understood = listing.understand(page, visit, paging=(), is_notice_address=is_notice_address)
                own = f"{urlsplit(visit.url).path}".endswith(f"/{stem}.{extension}")
                more = named if own and current == 0 and understood.understood == "notice" else []
                return Parsed(understood.understood, understood.links, more)
            paging = list(dict.fromkeys([*paging, *named]))
        return listing.understand(page, visit, paging=paging, is_notice_address=is_notice_address)


def is_notice_address(url: str) -> bool:
    return _NOTICE_ADDRESS.search(urlsplit(url).path) is not None


def paging_call(scripts: str) -> tuple[int, int, str, str] | None:
    """Total, current, stem and extension of the first call that gives them."""
    for found in _CALL.finditer(scripts):
        numbers: list[int] = []
        texts: list[str] = []
        for argument in _ARGUMENT.finditer(found.group(1)):
            text = argument["double"] if argument["double"] is not None else argument["single"]
            if argument["number"] is not None:
                numbers.append(int(argument["number"]))
            elif text is not None and text.strip().isdigit():
                numbers.append(int(text))
            elif text is not None:
                texts.append(text.strip())
        for stem, extension in itertools.pairwise(texts):
            known = _EXTENSION.fullmatch(extension)
            if known and _STEM.fullmatch(stem) and numbers and 1 <= numbers[0] <= MAX_PAGES:
                return numbers[0], numbers[1] if len(numbers) > 1 else 0, stem, known.group(1)
    return None


def _names_notice(stem: str) -> bool:
    return re.fullmatch(r"t(?:19|20)\d{6}_\d+", stem) is not None


PLATFORM = Trs()
