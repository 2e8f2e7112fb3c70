"""Word documents: paragraphs and tables in the order of the body, also where the package is broken."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from lxml import etree

from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files.detect import open_zip
from crawlers.extraction.files.reading import Lines, Reading

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_MAX_DOCUMENT_BYTES = 150_000_000
# Deleted text, field codes and the second rendering of a drawing are not what the reader of the document sees.
_SKIPPED = frozenset(("del", "delText", "instrText", "Fallback", "rPr", "pPr", "tblPr", "tcPr", "sectPr", "moveFrom"))
_BREAKS = frozenset(("br", "cr"))


def read(raw: bytes) -> Reading:
    note = None
    try:
        body: Any = docx.Document(io.BytesIO(raw)).element.body
        by = "python-docx"
    except Exception:  # noqa: BLE001 - any broken relationship or part; the text may still be there
        body = _body_of_package(raw)
        by, note = "document.xml", "parts of the package are broken; the text was read without them"
    lines = Lines()
    for line in _lines(body):
        lines.add(line)
        if lines.full:
            break
    return Reading(lines.text(), by, lines.note or note)


def _body_of_package(raw: bytes) -> Any:
    with open_zip(raw) as archive:
        names = {name.lower().replace("\\", "/"): name for name in archive.namelist()}
        name = names.get("word/document.xml") or names.get("word/document2.xml")
        if name is None:
            raise UnreadableFileError("Word (docx): the package holds no word/document.xml")
        if archive.getinfo(name).file_size > _MAX_DOCUMENT_BYTES:
            raise UnreadableFileError("Word (docx): the document is too large to be read")
        try:
            content = archive.read(name)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
            raise UnreadableFileError("Word (docx): damaged, the document cannot be unpacked") from error
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFileError("Word (docx): damaged, the document is no XML") from error
    if root is None:
        raise UnreadableFileError("Word (docx): damaged, the document is no XML")
    return root


def _lines(body: Any) -> Iterator[str]:
    """The paragraphs outside tables, and one line for each row of an outermost table."""
    for event, element in _walk(body):
        name = _name(element)
        if event == "paragraph":
            for line in _paragraph(element):
                yield line
        elif name == "tr":
            cells = [_cell(cell) for cell in element if _name(cell) == "tc" or _name(cell) == "sdt"]
            line = "\t".join(cells).rstrip("\t")
            if line.strip():
                yield line


def _walk(root: Any) -> Iterator[tuple[str, Any]]:
    """Outermost rows and paragraphs in order, without recursion."""
    stack = [iter(root)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = _name(element)
        if name == "p":
            yield "paragraph", element
        elif name == "tr":
            yield "row", element
        elif name not in _SKIPPED:
            stack.append(iter(element))


def _cell(cell: Any) -> str:
    """Everything in the cell, tables within it too, on one line."""
    joined = ""
    before: Any = None
    for paragraph in cell.iter(f"{_W}p", f"{_STRICT}p"):
        for part in _paragraph(paragraph):
            # A word broken over the lines of a narrow cell becomes whole again.
            short = joined and len(joined) <= 4 and len(part) <= 4 and before is paragraph.getparent()
            glued = short and joined[-1] > "\u3000" and part[0] > "\u3000"
            joined += part if glued or not joined else " " + part
        before = paragraph.getparent()
    return joined


def _paragraph(paragraph: Any) -> list[str]:
    """The lines of a paragraph; text boxes anchored in it come as lines of their own."""
    pieces: list[str] = []
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = _name(element)
        if name in _SKIPPED:
            continue
        if name == "t":
            pieces.append(element.text or "")
        elif name in ("tab", "ptab"):
            pieces.append(" ")
        elif name in _BREAKS or name in ("p", "txbxContent"):
            pieces.append("\n")
            stack.append(iter(element))
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name == "sym":
            continue
        else:
            stack.append(iter(element))
    return [line for line in (" ".join(part.split()) for part in "".join(pieces).split("\n")) if line]


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""
