"""A page or a file as the notice that would be stored for it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from analyzers.notice import Notice, clean_text, notice_id
from analyzers.text_quality import text_quality
from crawlers.extraction.files import detect, read_file
from crawlers.extraction.heading import first_line, number_at_head, official_heading
from crawlers.extraction.html import Page, read_page
from crawlers.extraction.html.attachments import DOCUMENT_SUFFIXES

_READABLE = 0.6
"""Below this quality no line of a text is its title."""


def extract(raw: bytes, address: str, content_type: str | None = None, source: str = "extract") -> Notice:
    """What would be stored for the bytes that stand at a URL or in a file.

    ``content_type`` is the HTTP header. Raises ExtractionError for what gives no text, with one line that says why.
    """
    if is_page(raw, address, content_type):
        return notice_of_page(read_page(raw, address, content_type), source)
    name = name_of(address)
    text = read_file(raw, name)
    stem = name.rsplit(".", 1)[0].strip()
    title = stem if text.text_quality < _READABLE else official_heading(text.body)
    title = title or (stem if _speaks(stem) else first_line(text.body)) or stem or address
    return Notice(
        id=notice_id(source, address),
        url=address,
        source=source,
        title=clean_text(title),
        body=text.body,
        document_number=number_at_head(text.body),
        format=text.format,
        text_quality=text.text_quality,
        extracted_by=text.extracted_by,
    )


def is_page(raw: bytes, address: str, content_type: str | None = None) -> bool:
    """Whether the bytes are a page of a site; markup under a document's name is a file."""
    kind = detect(raw, name_of(address))
    if kind == "html":
        return _suffix(address) not in DOCUMENT_SUFFIXES
    return kind in ("txt", "empty") and ("html" in (content_type or "") or _suffix(address) in ("html", "htm", "shtml"))


def notice_of_page(page: Page, source: str) -> Notice:
    fields = dict(page.fields)
    fields["document_number"] = fields.get("document_number") or number_at_head(page.body)
    return Notice(
        id=notice_id(source, page.url),
        url=page.url,
        source=source,
        title=page.title or name_of(page.url) or page.url,
        body=page.body,
        text_quality=text_quality(page.body) if page.body else None,
        extracted_by=page.extracted_by,
        attachments=page.attachments,
        **fields,
    )


def name_of(address: str) -> str:
    """The file name in a URL or a path."""
    try:
        path = urlsplit(address).path if "://" in address else address
    except ValueError:
        path = address
    return clean_text(unquote(path) if "://" in address else path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def _suffix(address: str) -> str:
    name = name_of(address)
    return name.rsplit(".", 1)[-1].strip().lower() if "." in name else ""


def _speaks(stem: str) -> bool:
    """Whether a file name says what the file is about, unlike P020151106."""
    return sum(1 for character in stem if "\u4e00" <= character <= "\u9fff") >= 4
