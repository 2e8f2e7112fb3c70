"""HTML and MHTML files, many of them named doc or xls."""

from __future__ import annotations

import email
import email.policy

from bs4 import Tag

from crawlers.extraction.errors import ExtractionError, UnreadableFileError
from crawlers.extraction.files.reading import MAX_BODY_CHARACTERS, Reading
from crawlers.extraction.html import read_page
from crawlers.extraction.html.body import render
from crawlers.extraction.html.tree import clean, parse, remove_hidden


def read_html(raw: bytes) -> Reading:
    """The whole text of a document saved as HTML; the body alone where the file is a page with menus around it."""
    return _read(raw, None, "HTML")


def read_mht(raw: bytes) -> Reading:
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes) and payload:
                charset = part.get_content_charset()
                return _read(payload, f"text/html; charset={charset}" if charset else None, "MHTML")
    raise UnreadableFileError("MHTML: holds no HTML part")


def _read(raw: bytes, content_type: str | None, what: str) -> Reading:
    try:
        page = read_page(raw, "file:///", content_type)
        soup, _ = parse(raw, content_type)
    except ExtractionError as error:
        raise UnreadableFileError(str(error)) from error
    clean(soup)
    remove_hidden(soup)
    root = soup.body or soup
    linked = sum(len(link.get_text(strip=True)) for link in root.find_all("a", href=True) if isinstance(link, Tag))
    text = render(root)
    if page.body and linked > 0.1 * len(text):
        return Reading(page.body[:MAX_BODY_CHARACTERS], f"html {page.extracted_by}")
    return Reading(text[:MAX_BODY_CHARACTERS], f"{what.lower()} whole")
