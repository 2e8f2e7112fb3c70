"""An answer of a site, read in a worker process: a notice, a list, a file, or the reason why it is nothing."""

from __future__ import annotations

import dataclasses
import difflib
import html
import re
from datetime import date
from urllib.parse import urlsplit

from analyzers.notice import Attachment, Notice, RecordError, clean_text, notice_id
from crawlers import addresses, failure_pages, listing
from crawlers.extraction.errors import ExtractionError
from crawlers.extraction.extract import extract, is_page, name_of, notice_of_page
from crawlers.extraction.files import detect, read_file
from crawlers.extraction.html import Page, read_page
from crawlers.platforms import FALLBACK, Visit, choose
from indexer.catalogue.frontier import Link, Outcome

MAX_PARTS = 50
"""Pages over which one notice may be spread."""
_VISIBLE_LIMIT = 60_000
"""Characters of a page up to which all its text is looked at for an error message; error pages are small."""
_UNSEEN = re.compile(r"(?is)<(script|style|noscript|head)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>")
_LIKENESS = 0.3
"""Ratio of difflib below which the page's title has nothing to do with the one that the list gave."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What was read: a notice, links of a list, or a reason."""

    notice: Notice | None = None
    links: tuple[Link, ...] = ()
    outcome: Outcome | None = None
    """listing, ignored or failed where it is no notice."""
    reason: str | None = None
    more_parts: tuple[str, ...] = ()


def read_answer(raw: bytes, visit: Visit) -> Reading:
    """Reads what a listing or page task brought."""
    try:
        if is_page(raw, visit.url, visit.content_type):
            return _read_html(raw, visit)
        return _read_document(raw, visit)
    except ExtractionError as error:
        return Reading(outcome="failed", reason=str(error))


def read_part(raw: bytes, visit: Visit) -> tuple[str, list[Attachment]]:
    """Body and attachments of a further page of a notice. Raises ExtractionError."""
    page = read_page(raw, visit.url, visit.content_type)
    return page.body, page.attachments


def read_attachment(raw: bytes, url: str, name: str, content_type: str | None) -> Attachment:
    """The file as an attachment: with its text, or with the reason why there is none."""
    file_name = name if "." in name else name_of(url)
    try:
        if detect(raw, file_name) == "html":
            reason = _why_no_page(read_page(raw, url, content_type))
            if reason:
                return Attachment(url, name, error=reason)
        text = read_file(raw, file_name)
    except ExtractionError as error:
        return Attachment(url, name, error=clean_text(str(error)))
    return Attachment(url, name, text.format, text.body, text.text_quality, text.extracted_by, None)


def _read_html(raw: bytes, visit: Visit) -> Reading:
    page = read_page(raw, visit.url, visit.content_type)
    page.links = [
        dataclasses.replace(link, url=url)
        for link in page.links
        if (url := addresses.try_normalise(link.url, charset=page.charset)) is not None
    ]
    reason = _why_no_page(page)
    if reason:
        return Reading(outcome="failed", reason=reason)
    platform = choose(page, visit.source.platform or visit.context.get("platform"))
    if platform.name != FALLBACK:
        visit = dataclasses.replace(visit, context={**visit.context, "platform": platform.name})
    parsed = platform.parse(page, visit)
    if parsed.understood == "notice":
        return Reading(notice=_clean(notice_of(page, visit)), more_parts=tuple(parsed.more_parts[:MAX_PARTS]))
    if parsed.understood == "listing":
        return Reading(outcome="listing", links=tuple(parsed.links), reason=_rows_elsewhere(page, visit))
    return Reading(outcome="ignored", reason=_rows_elsewhere(page, visit) or "neither a notice nor a list")


def _read_document(raw: bytes, visit: Visit) -> Reading:
    """A list's row that leads to a file is a notice of its own."""
    notice = extract(raw, visit.url, visit.content_type, visit.source.id)
    notice = dataclasses.replace(notice, id=notice_id(visit.source.id, visit.url), url=visit.url)
    if visit.row_title and not listing.is_cut(visit.row_title):
        notice.title = visit.row_title
    _take_row_date(notice, visit)
    if not notice.issuing_agency and visit.source.agency:
        notice.issuing_agency = [visit.source.agency]
    return Reading(notice=_clean(notice))


def notice_of(page: Page, visit: Visit) -> Notice:
    """The notice that the page shows, with what the list's row knows better."""
    notice = notice_of_page(page, visit.source.id)
    notice = dataclasses.replace(
        notice,
        id=notice_id(visit.source.id, visit.url),
        url=visit.url,
        title=_title(page, visit),
        attachments=[
            dataclasses.replace(file, url=addresses.try_normalise(file.url, charset=page.charset) or file.url)
            for file in notice.attachments
        ],
    )
    _take_row_date(notice, visit)
    if not notice.issuing_agency and visit.source.agency:
        notice.issuing_agency = [visit.source.agency]
    return notice


def _clean(notice: Notice) -> Notice:
    """Fit for every store. Raises ExtractionError where nothing is left."""
    try:
        return Notice.from_record(notice.to_record())
    except RecordError as error:
        raise ExtractionError(str(error)) from None


def _title(page: Page, visit: Visit) -> str:
    """The page's title, unless it has nothing to do with the list's and the page shows that one, too."""
    row = visit.row_title
    if not page.title:
        return row or visit.url
    if not row or listing.is_cut(row):
        return page.title
    ours, theirs = _squeezed(page.title), _squeezed(row)
    if ours in theirs or theirs in ours or difflib.SequenceMatcher(None, ours, theirs).ratio() >= _LIKENESS:
        return page.title
    return row if theirs in _squeezed(page.body[:5000]) or theirs in _squeezed(_visible(page)) else page.title


def _take_row_date(notice: Notice, visit: Visit) -> None:
    """A list shows the day of the document or that of publishing; the earlier of two different days is the former."""
    text = visit.context.get("date")
    if not text:
        return
    row_date = date.fromisoformat(text)
    if notice.published_date is None:
        notice.published_date = row_date
    elif notice.written_date is None and row_date < notice.published_date:
        notice.written_date = row_date


def _rows_elsewhere(page: Page, visit: Visit) -> str | None:
    """A list whose rows lead to hosts that are not allowed would look empty without a word."""
    hosts = {urlsplit(link.url).netloc for link in page.links if link.date and not visit.source.allows(link.url)}
    if not hosts:
        return None
    shown = ", ".join(sorted(hosts)[:5])
    return f"rows lead to hosts that are not among the allowed ones: {shown}"


def _why_no_page(page: Page) -> str | None:
    if page.looks_like_notice and page.fields and page.text_length > failure_pages.MAX_STUB_TEXT:
        return None
    reason = failure_pages.why_no_page(page.title, _visible(page), page.scripts)
    if reason is None and page.body and not page.attachments:
        reason = failure_pages.why_no_page(page.title, page.body, "")
    return reason


def _visible(page: Page) -> str:
    if len(page.html) > _VISIBLE_LIMIT:
        return page.body or page.html[:_VISIBLE_LIMIT]
    return html.unescape(_UNSEEN.sub(" ", page.html))


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
