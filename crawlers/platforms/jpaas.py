"""大汉 jpaas and JCMS: lists are records of XML, first within the column's page, then from ``dataproxy.jsp``."""

from __future__ import annotations

import dataclasses
import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import BeautifulSoup

from crawlers import addresses, listing
from crawlers.extraction.html.links import links_of
from crawlers.platforms.platform import Parsed, Visit

if TYPE_CHECKING:
    from crawlers.extraction.html.page import Page

MAX_RECORDS = 100_000
"""Records of one column; a larger number is a mistake of the site."""
MAX_ANSWERS = 2_000
"""Calls of the data proxy that one column leads to."""
GROUP_SIZE = 3
"""Pages in one answer where the script does not say it."""

_RECORD = re.compile(r"<record>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</record>", re.DOTALL | re.IGNORECASE)
_STORE = re.compile(r"<datastore\b", re.IGNORECASE)
_PROXY = re.compile(r"""[\w.:/%-]{0,300}/dataproxy\.jsp(?:\?[^\s"'<>]{0,2000})?""", re.IGNORECASE)
_TOTAL = re.compile(r"(?:totalRecord['\"]?\s*:\s*['\"]?|<totalrecord>\s*)(\d{1,9})", re.IGNORECASE)
_PER_PAGE = re.compile(r"\bperPage['\"]?\s*:\s*['\"]?(\d{1,4})", re.IGNORECASE)
_GROUP = re.compile(r"\bgroupSize['\"]?\s*:\s*['\"]?(\d{1,2})", re.IGNORECASE)
_PARAMETERS = re.compile(r"\b(?:ajaxParam|proxyParam)['\"]?\s*:\s*\{([^{}]{1,2000})\}", re.IGNORECASE)
_PAIR = re.compile(r"""['"]?(\w+)['"]?\s*:\s*(?:'([^']*)'|"([^"]*)"|(\w+))""")
_NOTICE_ADDRESS = re.compile(r"/art/(?:19|20)\d{2}/\d{1,2}/\d{1,2}/art_\d+_\d+\.\w+$")
_COLUMN_ADDRESS = re.compile(r"/col/col\d+/(?:index\.\w+)?$")
_NEEDED = ("columnid", "unitid", "webid")


class Jpaas:
    name = "jpaas"

    def recognise(self, page: Page) -> float:
        if _STORE.search(page.html) and (_RECORD.search(page.html) or _PROXY.search(page.html)):
            return 0.95
        known = [link for link in page.links if is_notice_address(link.url) or _COLUMN_ADDRESS.search(link.url)]
        return 0.7 if len(known) >= 2 else 0.0

    def parse(self, page: Page, visit: Visit) -> Parsed:
        paging = listing.paging_links(page.links, visit.url)
        if _STORE.search(page.html) is None:
            return listing.understand(page, visit, paging=paging, is_notice_address=is_notice_address)
        records = [match[1] for match in _RECORD.finditer(page.html)]
        soup = BeautifulSoup(f"<ul>{''.join(records)}</ul>", "lxml")
        within = [
            dataclasses.replace(link, url=url)
            for link in links_of(soup, page.base_url)
            if (url := addresses.try_normalise(link.url, charset=page.charset)) is not None
        ]
        seen = dataclasses.replace(page, links=[*page.links, *within], body="", looks_like_notice=False)
        paging += proxy_addresses(page.html, visit.url, page.base_url, len(records))
        return listing.understand(seen, visit, paging=paging, is_notice_address=is_notice_address)


def is_notice_address(url: str) -> bool:
    return _NOTICE_ADDRESS.search(urlsplit(url).path) is not None


def proxy_addresses(text: str, url: str, base: str, here: int) -> list[str]:
    """Calls of the data proxy for the records that a column's page leaves out; none for the proxy's own answers.

    ``here`` is the number of records within the page. The proxy takes GET as well as POST.
    """
    if urlsplit(url).path.endswith("/dataproxy.jsp"):
        return []
    total = _number(_TOTAL, text)
    proxy = _proxy(text)
    if proxy is None or not total or not here < total <= MAX_RECORDS:
        return []
    path, parameters = proxy
    if not all(parameters.get(name) for name in _NEEDED):
        return []
    per_page = _number(_PER_PAGE, text) or 15
    step = max(1, per_page * (_number(_GROUP, text) or GROUP_SIZE))
    found: list[str] = []
    for first in range(here // step * step + 1, total + 1, step)[:MAX_ANSWERS]:
        numbers = {"startrecord": first, "endrecord": first + step - 1, "perpage": per_page}
        target = addresses.try_normalise(urljoin(base, f"{path}?{urlencode({**numbers, **parameters})}"))
        if target is not None:
            found.append(target)
    return found


def _proxy(text: str) -> tuple[str, dict[str, str]] | None:
    """Address of the data proxy without its query, and what it is to be told beside the numbers of the records."""
    path: str | None = None
    parameters: dict[str, str] = {}
    for found in _PROXY.finditer(text):
        address, _, query = html.unescape(found[0]).partition("?")
        path = path or address
        parameters.update(parse_qsl(query))
    if path is None:
        return None
    if written := _PARAMETERS.search(text):
        parameters = {pair[1]: pair[2] or pair[3] or pair[4] or "" for pair in _PAIR.finditer(written[1])}
    for name in ("startrecord", "endrecord", "perpage", "page"):
        parameters.pop(name, None)
    return path, parameters


def _number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0


PLATFORM = Jpaas()
