"""What a site serves at one address, and what makes a site."""

from __future__ import annotations

import dataclasses
import hashlib
import mimetypes
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from samples.texts import FOLDER, SampleNotice

NEVER_CHANGED = date(2008, 5, 1)
"""The day of the regulation's entry into force stands for everything that is not a notice."""
STUB = b"""<html><head><script type="text/javascript">
document.cookie = "wzws_sessionid=a3f09c; path=/";
window.location.reload();
</script></head><body></body></html>"""


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    body: bytes
    media_type: str
    """The whole Content-Type header."""
    modified_date: date

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'

    @property
    def modified_at(self) -> datetime:
        return datetime.combine(self.modified_date, time(1), UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    label: str
    """The name that readers see."""
    start: str
    """Path of the page that a crawl starts from."""
    address: Callable[[SampleNotice], str]
    """Path and query of a notice's page."""
    build: Callable[[], dict[str, Resource]]
    """Every page of the site by its path and query, the query's parameters in alphabetical order."""


def path_of(target: str) -> str:
    """A request target as the key of a site's pages."""
    parts = urlsplit(target)
    path = unquote(parts.path)
    if parts.query:
        path += "?" + urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return path


def trap(row: SampleNotice, missing: Resource) -> Resource | None:
    """What stands at the address of a row that is no notice; None for nothing."""
    if row.kind == "missing":
        return missing
    return Resource(STUB, "text/html", NEVER_CHANGED) if row.kind == "stub" else None


def static_file(name: str) -> Resource:
    """A style sheet or script of ``samples/static``."""
    return _file("static", name, NEVER_CHANGED)


def attachment_file(name: str, modified_date: date) -> Resource:
    return _file("attachments", name, modified_date)


def _file(folder: str, name: str, modified_date: date) -> Resource:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Resource((FOLDER / folder / name).read_bytes(), media_type, modified_date)
