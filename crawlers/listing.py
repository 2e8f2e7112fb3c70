"""Lists: which links of a page are rows, which lead on, and whether the page is a list at all."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from crawlers import addresses
from crawlers.platforms.platform import Parsed, Visit
from indexer.catalogue.frontier import Link

if TYPE_CHECKING:
    from crawlers.extraction.html.links import PageLink
    from crawlers.extraction.html.page import Page

MAX_LINKS = 5000
"""Links that are taken from one page; the longest real list seen has 146."""
_MIN_TITLE = 4
_MIN_UNDATED_TITLE = 8
"""Characters in the middle title of a list without dates; columns have 2 to 6 (政策法规), titles 10 and more."""

_NEXT = re.compile(
    r"[\[【<«]?\s*(?:下一?[页頁]|后一?[页頁]|后页|next(?:\s*page)?|>{1,2}|»|›)\s*[>»\]】]*", re.IGNORECASE
)
_PAGE_NUMBER = re.compile(r"[\[【(]?\s*(?:第\s*)?(\d{1,5})\s*[页頁]?\s*[\]】)]?")
_LAST = re.compile(r"[\[【]?\s*(?:尾[页頁]|末[页頁]|最后一?[页頁]|last)\s*[\]】]?", re.IGNORECASE)
_PAGE_WORD = re.compile(
    r"[\[【<«]*\s*(?:首[页頁]|上一?[页頁]|前一?[页頁]|第一[页頁]|first|prev(?:ious)?)\s*[\]】]*", re.IGNORECASE
)
_NOT_COLUMNS = re.compile(
    r"登[录陆]|注册|打印|关闭|返回|收藏|设为首页|联系我们|关于我们|版权|隐私|帮助|免责|声明|邮箱|繁體|English|RSS|无障碍|手机版|更换|验证码"
)
_DOCUMENT_TITLE = re.compile(
    r"(?:通知|公告|通告|公示|通报|办法|规定|意见|决定|决议|条例|细则|方案|规划|批复|复函|公报|报告|预案|规则|指南)"
    r"(?:[（(〔\[].{1,30})?[》”]?$"
)
_CUT = re.compile(r"(?:…+|\.{2,}|。{2,})\s*$")
_DIGITS = re.compile(r"\d+")
_DATE_TAIL = re.compile(r"[\[(（【]?\s*(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?\s*[\])）】]?\s*$")
_BULLET = re.compile(r"^[\s·•●◆■□▪▶>*・.．、\-—]+")
_FILE_SUFFIX = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|wps|et|ofd|rtf|zip|rar|7z|txt|csv)$", re.IGNORECASE)
_NO_PAGE_SUFFIX = re.compile(r"\.(?:jpe?g|png|gif|bmp|ico|css|js|swf|mp[34]|avi|wmv|flv|exe|apk|xml)$", re.IGNORECASE)


def understand(
    page: Page,
    visit: Visit,
    *,
    paging: Sequence[str],
    is_notice_address: Callable[[str], bool] | None = None,
) -> Parsed:
    """A notice, a list with its links, or neither."""
    known = is_notice_address or (lambda _: False)
    rows = list_rows(page.links, visit, known)
    columns = _columns(page.links, visit, rows, paging)
    links = [*_paging_tasks(paging, visit), *(_row_task(url, row, visit) for url, row in rows.items()), *columns]
    running_text = page.looks_like_notice and not _consists_of(rows, page.body)
    if known(visit.url) or visit.kind == "page":
        alone = len(rows) < 3 and not paging
        if known(visit.url) or running_text or (alone and _shows_its_row(page, visit)):
            return Parsed("notice")
        return Parsed("listing", links[:MAX_LINKS]) if rows or paging else Parsed("neither")
    if running_text and not paging and _says_what(page) and len(rows) < 5:
        return Parsed("notice")
    if rows or paging or columns:
        return Parsed("listing", links[:MAX_LINKS])
    return Parsed("neither")


def list_rows(links: Iterable[PageLink], visit: Visit, is_notice_address: Callable[[str], bool]) -> dict[str, PageLink]:
    """The rows of the page's lists by address, in their order.

    Rows share their place in the page; at least half of them have a date, or they are long titles whose addresses
    differ in their numbers only.
    """
    groups: dict[str, dict[str, PageLink]] = {}
    for link in links:
        if not _may_be_row(link, visit):
            continue
        url = addresses.try_normalise(link.url)
        if url is None or url == visit.url:
            continue
        group = groups.setdefault(link.path, {})
        known = group.get(url)
        if known is None or len(row_title(link)) > len(row_title(known)):
            group[url] = link
    rows: dict[str, PageLink] = {}
    for group in groups.values():
        for url, link in _rows_of(group, is_notice_address).items():
            rows.setdefault(url, link)
    return rows


def row_title(link: PageLink) -> str:
    """The title of a row: whole from the title attribute where the text is cut, without bullets and dates."""
    text = _clean(link.text)
    attribute = _clean(link.title_attribute or "")
    stem = _CUT.sub("", text)
    if attribute and (not text or (stem != text and attribute.startswith(stem[:8]))):
        return attribute
    return text


def is_cut(title: str) -> bool:
    return _CUT.search(title) is not None


def paging_links(links: Iterable[PageLink], url: str) -> list[str]:
    """Addresses of further pages of the list at ``url``."""
    found: dict[str, None] = {}
    for link in links:
        text = " ".join(link.text.split()) or (link.title_attribute or "").strip()
        target = addresses.try_normalise(link.url)
        if target is None or target == url or len(text) > 12:
            continue
        if _NEXT.fullmatch(text) or _LAST.fullmatch(text):
            if urlsplit(target).netloc == urlsplit(url).netloc and (_same_list(target, url) or _NEXT.fullmatch(text)):
                found[target] = None
        elif _PAGE_NUMBER.fullmatch(text) and _same_list(target, url):
            found[target] = None
    return list(found)


def _same_list(target: str, url: str) -> bool:
    """Whether the addresses differ in a page number only: in the query, or at the end of the file's name."""
    ours, theirs = urlsplit(url), urlsplit(target)
    if ours.netloc != theirs.netloc:
        return False
    if ours.path == theirs.path:
        return ours.query != theirs.query
    our_folder, _, our_file = ours.path.rpartition("/")
    their_folder, _, their_file = theirs.path.rpartition("/")
    if our_folder != their_folder:
        # /list/1/ and /list/2/, /page/2 and /page/3
        return _DIGITS.sub("0", ours.path) == _DIGITS.sub("0", theirs.path) and _DIGITS.search(theirs.path) is not None
    return _stem(our_file) == _stem(their_file) or _stem(our_file) in ("", "index", "default", "list")


def _stem(file: str) -> str:
    name = file.rsplit(".", 1)[0].lower()
    return re.sub(r"[_-]?\d+$", "", name)


def _rows_of(group: dict[str, PageLink], is_notice_address: Callable[[str], bool]) -> dict[str, PageLink]:
    """The rows among links that share their place in the page; old tables put their menus in the same place."""
    known = {url: row for url, row in group.items() if is_notice_address(url)}
    if known:
        return {**known, **{url: row for url, row in group.items() if row.date is not None}}
    dated = {url: row for url, row in group.items() if row.date is not None}
    if dated and (len(dated) * 2 >= len(group) or len(dated) >= 3):
        titles = [len(row_title(row)) for row in dated.values()]
        one_date_for_all = len(dated) >= 3 and len({row.date for row in dated.values()}) == 1
        if one_date_for_all and statistics.median(titles) < 2 * _MIN_TITLE:
            return {}
        shapes = {_shape(url) for url in dated}
        return {url: row for url, row in group.items() if url in dated or _shape(url) in shapes}
    titles = [len(row_title(row)) for row in group.values()]
    if len(group) < 3 or statistics.median(titles) < _MIN_UNDATED_TITLE:
        return {}
    shape, count = Counter(_shape(url) for url in group).most_common(1)[0]
    if "0" not in shape or count * 5 < len(group) * 4:
        return {}
    return {url: row for url, row in group.items() if _shape(url) == shape}


def _shape(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc + _DIGITS.sub("0", f"{parts.path}?{parts.query}")


def _may_be_row(link: PageLink, visit: Visit) -> bool:
    text = " ".join(link.text.split())
    if max(len(row_title(link)), len(text)) < _MIN_TITLE or _is_paging_word(text):
        return False
    if _NO_PAGE_SUFFIX.search(urlsplit(link.url).path):
        return False
    return visit.source.allows(link.url)


def _is_paging_word(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (_NEXT, _LAST, _PAGE_WORD, _PAGE_NUMBER))


def _columns(links: Iterable[PageLink], visit: Visit, rows: dict[str, PageLink], paging: Sequence[str]) -> list[Link]:
    """Further lists within the scope: what the page links to beside its rows."""
    if visit.depth >= visit.source.depth:
        return []
    found: dict[str, Link] = {}
    for link in links:
        text = " ".join(link.text.split())
        url = addresses.try_normalise(link.url)
        if url is None or url in rows or url in paging or url == visit.url or url in found:
            continue
        path = urlsplit(url).path
        if (
            _is_paging_word(text)
            or _NOT_COLUMNS.search(text)
            or _FILE_SUFFIX.search(path)
            or _NO_PAGE_SUFFIX.search(path)
        ):
            continue
        if visit.source.allows(url) and addresses.is_within(url, visit.source.scopes):
            found[url] = Link(url, "listing", visit.depth + 1, _inherited(visit))
    return list(found.values())


def _paging_tasks(paging: Sequence[str], visit: Visit) -> list[Link]:
    context = {**_inherited(visit), "paging": True}
    return [Link(url, "listing", visit.depth, context) for url in paging if visit.source.allows(url)]


def _row_task(url: str, row: PageLink, visit: Visit) -> Link:
    context = _inherited(visit)
    context["title"] = row_title(row)
    if row.date is not None:
        context["date"] = row.date.isoformat()
    return Link(url, "page", visit.depth + 1, context)


def _inherited(visit: Visit) -> dict[str, Any]:
    platform = visit.context.get("platform")
    return {"platform": platform} if platform else {}


def _shows_its_row(page: Page, visit: Visit) -> bool:
    """Whether the page has something under the title that the list gave it: a short text, a file, a picture."""
    title = visit.row_title
    if not title or not (page.body.strip() or page.attachments):
        return False
    wanted = _squeezed(_CUT.sub("", title))[:12]
    return bool(wanted) and (wanted in _squeezed(page.title or "") or wanted in _squeezed(page.body[:2000]))


def _consists_of(rows: dict[str, PageLink], body: str) -> bool:
    """Whether the text is a list of the rows' titles."""
    text = _squeezed(body)
    titles = {_squeezed(row_title(row)) for row in rows.values()}
    covered = sum(len(title) for title in titles if title in text)
    return len(titles) >= 2 and covered * 5 > len(text) * 2


def _says_what(page: Page) -> bool:
    """Whether the page shows a notice's marks, as pages about the site itself (联系我们) do not."""
    names = ("written_date", "published_date", "index_number", "document_number")
    return any(page.fields.get(name) for name in names) or _DOCUMENT_TITLE.search(page.title) is not None


def _clean(text: str) -> str:
    text = _BULLET.sub("", " ".join(text.split()))
    return _DATE_TAIL.sub("", text).strip()


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
