"""The format of a file by its content: magic bytes, members of a ZIP, streams of an OLE2 file, markup."""

from __future__ import annotations

import io
import re
import zipfile

from crawlers.extraction.charset import decode
from crawlers.extraction.errors import UnreadableFileError

MAX_UNPACKED_BYTES = 400_000_000
"""What the members of an office file may unpack to, all together."""
_MAX_MEMBERS = 20_000
_MAX_RATIO = 400
"""Packed to unpacked; office files stay below 100, bombs are at 1,000."""

NAMES = {
    "pdf": "PDF",
    "docx": "Word (docx)",
    "doc": "Word 97-2003 (doc)",
    "wps": "WPS (wps)",
    "xlsx": "Excel (xlsx)",
    "xls": "Excel 97-2003 (xls)",
    "ods": "OpenDocument spreadsheet (ods)",
    "odt": "OpenDocument text (odt)",
    "pptx": "PowerPoint (pptx)",
    "ppt": "PowerPoint 97-2003 (ppt)",
    "ofd": "OFD",
    "rtf": "RTF",
    "zip": "ZIP archive",
    "rar": "RAR archive",
    "7z": "7z archive",
    "html": "HTML",
    "mht": "MHTML",
    "xml": "XML",
    "txt": "text",
    "csv": "CSV",
    "jpg": "picture (JPEG)",
    "png": "picture (PNG)",
    "gif": "picture (GIF)",
    "bmp": "picture (BMP)",
    "tif": "picture (TIFF)",
    "webp": "picture (WebP)",
    "encrypted": "encrypted Office file",
    "lock": "Word lock file",
    "appledouble": "AppleDouble file",
    "ole": "OLE2 file",
    "ceb": "CEB",
    "empty": "empty file",
    "binary": "unknown binary format",
}
_OCR = "a picture has no text of its own; reading it would need text recognition"
WANTING = {
    "doc": "this format is not read; a docx or PDF of it would be",
    "wps": "this format is not read; a docx or PDF of it would be",
    "odt": "this format is not read; a docx or PDF of it would be",
    "pptx": "this format is not read; a PDF of it would be",
    "ppt": "this format is not read; a PDF of it would be",
    "ofd": "this format is not read; a PDF of it would be",
    "rtf": "this format is not read; a docx or PDF of it would be",
    "ceb": "only the maker's own program opens it; a PDF of it would be read",
    "zip": "archives are not unpacked; its files by themselves would be read",
    "rar": "archives are not unpacked; its files by themselves would be read",
    "7z": "archives are not unpacked; its files by themselves would be read",
    "xml": "no reader for this kind of XML",
    "encrypted": "needs its password",
    "lock": "Word's note of who has the document open, not the document",
    "appledouble": "the resource fork that macOS writes beside a file, not the file",
    "ole": "holds no Word, Excel or PowerPoint document",
    "empty": "0 bytes",
    "binary": "the bytes match no format that is known",
    **dict.fromkeys(("jpg", "png", "gif", "bmp", "tif", "webp"), _OCR),
}

_MAGIC = (
    (b"{\\rtf", "rtf"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tif"),
    (b"MM\x00*", "tif"),
    (b"\x00\x05\x16\x07", "appledouble"),
    (b"\x00\x05\x16\x00", "appledouble"),
    (b"Founder CEB", "ceb"),
)
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE2_STREAMS = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
_LOCK_BYTES = (162, 165)
_MARKUP = re.compile(r"<\s*(?:!doctype\s+html|html|head|body|table|meta|div|p|title|datastore)\b", re.IGNORECASE)
_MHT = re.compile(
    rb"^(?:MIME-Version:|Content-Type:\s*multipart/related|From:.{0,200}\r?\n(?:.{0,400}\r?\n){0,8}MIME-Version:)", re.I
)
_MAX_CONTROLS = 0.02


def detect(raw: bytes, name: str = "") -> str:
    """Raises UnreadableFileError for a ZIP that would unpack to too much."""
    if not raw.strip(b"\x00 \t\r\n"):
        return "empty"
    if b"%PDF-" in raw[:1024]:
        return "pdf"
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(raw)
    if raw.startswith(_OLE2):
        return _ole2_kind(raw)
    for magic, kind in _MAGIC:
        if raw.startswith(magic):
            return kind
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "webp"
    if raw.startswith(b"BM") and len(raw) > 54 and raw[14:15] in (b"\x28", b"\x0c", b"\x6c", b"\x7c"):
        return "bmp"
    if len(raw) in _LOCK_BYTES and 0 < raw[0] <= 54 and raw.count(b"\x00") + raw.count(b" ") > 40:
        return "lock"
    if _MHT.match(raw[:4096].lstrip()):
        return "mht"
    return _text_kind(raw, name)


def open_zip(raw: bytes) -> zipfile.ZipFile:
    """Raises UnreadableFileError for a ZIP that is damaged or would unpack to too much."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
        raise UnreadableFileError("ZIP archive: damaged, its directory cannot be read") from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if len(members) > _MAX_MEMBERS or unpacked > MAX_UNPACKED_BYTES:
        archive.close()
        raise UnreadableFileError(f"ZIP archive: {len(members):,} members of {unpacked:,} bytes are more than are read")
    for member in members:
        if member.file_size > 20_000_000 and member.file_size > _MAX_RATIO * max(1, member.compress_size):
            archive.close()
            raise UnreadableFileError(f"ZIP archive: {member.filename[:60]!r} unpacks to {member.file_size:,} bytes")
    return archive


def _zip_kind(raw: bytes) -> str:
    with open_zip(raw) as archive:
        names = set(archive.namelist())
        if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
            try:
                kind = archive.read("mimetype").decode("ascii", "replace")
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
                kind = ""
            for word, found in (("spreadsheet", "ods"), ("opendocument.text", "odt"), ("presentation", "pptx")):
                if word in kind:
                    return found
    lower = {name.lower().replace("\\", "/") for name in names}
    if "ofd.xml" in lower:
        return "ofd"
    for folder, kind in (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx")):
        if any(name.startswith(folder) for name in lower):
            return kind
    return "zip"


def _ole2_kind(raw: bytes) -> str:
    """The names of the streams stand in the directory as UTF-16."""
    for stream, kind in _OLE2_STREAMS:
        if stream.encode("utf-16-le") + b"\x00\x00" in raw:
            return kind
    return "ole"


def _text_kind(raw: bytes, name: str) -> str:
    head = decode(raw[:65_536]).text
    if _MARKUP.search(head[:8_192]):
        return "html"
    controls = sum(
        1 for character in head if (character < " " and character not in "\t\n\r\f") or character == "\ufffd"
    )
    if controls > _MAX_CONTROLS * len(head):
        return "binary"
    if head.lstrip().startswith("<?xml"):
        return "xml"
    return "csv" if name.lower().endswith(".csv") else "txt"
