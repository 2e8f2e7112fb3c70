"""A file of any format: told by its content, read by the format's own extractor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzers.notice import clean_text
from analyzers.text_quality import text_quality
from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files import docx, markup, pdf, plain, sheets
from crawlers.extraction.files.detect import NAMES, WANTING, detect
from crawlers.extraction.files.reading import MAX_FILE_BYTES, FileText, Reading

__all__ = ["MAX_FILE_BYTES", "READERS", "FileText", "detect", "read_file"]

# Adding a format is one module and one line here.
READERS: Mapping[str, Callable[[bytes], Reading]] = {
    "pdf": pdf.read,
    "docx": docx.read,
    "xlsx": sheets.read,
    "xls": sheets.read,
    "ods": sheets.read,
    "html": markup.read_html,
    "mht": markup.read_mht,
    "txt": plain.read,
    "csv": plain.read,
}


def read_file(raw: bytes, name: str) -> FileText:
    """The text of a file; ``name`` tells only what content cannot (txt from csv).

    Raises UnreadableFileError with one line that names the format and what would be needed.
    """
    if len(raw) > MAX_FILE_BYTES:
        raise UnreadableFileError(f"{len(raw):,} bytes are more than the {MAX_FILE_BYTES:,} that are read")
    kind = detect(raw, name)
    reader = READERS.get(kind)
    if reader is None:
        raise UnreadableFileError(f"{NAMES.get(kind, kind)}: {WANTING.get(kind, 'no reader for this format')}")
    reading = reader(raw)
    body = clean_text(reading.body, keep_lines=True)
    if not body:
        raise UnreadableFileError(f"{NAMES.get(kind, kind)}: the file holds no text")
    return FileText(
        format=kind,
        body=body,
        text_quality=text_quality(body),
        extracted_by=reading.extracted_by,
        note=reading.note,
    )
