"""What a site serves at one address."""

from __future__ import annotations

import dataclasses
import hashlib
import mimetypes
from datetime import UTC, date, datetime, time

from samples.texts import FOLDER

NEVER_CHANGED = date(2008, 5, 1)
"""The day of the regulation's entry into force stands for everything that is not a notice."""


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


def static_file(name: str) -> Resource:
    """A style sheet or script of ``samples/static``."""
    return _file("static", name, NEVER_CHANGED)


def attachment_file(name: str, modified_date: date) -> Resource:
    return _file("attachments", name, modified_date)


def _file(folder: str, name: str, modified_date: date) -> Resource:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Resource((FOLDER / folder / name).read_bytes(), media_type, modified_date)
