"""Makes the PDF and Word attachments from their texts: ``python -m samples.attachment_builder``, dev extra needed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from samples.texts import FOLDER, Block, parse_blocks

FONT = "STSong-Light"
"""A font that every PDF reader brings, so that none is embedded."""
_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_pdf(blocks: tuple[Block, ...]) -> bytes:
    """The same bytes for the same text."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    plain = ParagraphStyle("plain", fontName=FONT, fontSize=12, leading=21, wordWrap="CJK", firstLineIndent=24)
    styles = {
        "paragraph": plain,
        "heading": ParagraphStyle("heading", plain, fontSize=18, leading=34, alignment=TA_CENTER, firstLineIndent=0),
        "centre": ParagraphStyle("centre", plain, alignment=TA_CENTER, firstLineIndent=0),
        "right": ParagraphStyle("right", plain, alignment=TA_RIGHT, firstLineIndent=0),
    }
    story: list[Flowable] = []
    for block in blocks:
        if block.kind != "table":
            story.append(Paragraph(block.text, styles[block.kind]))
            continue
        table = Table([list(row) for row in block.rows])
        style = [("FONT", (0, 0), (-1, -1), FONT, 11), ("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
        table.setStyle(TableStyle(style))
        story.extend((table, Spacer(1, 12)))
    stream = io.BytesIO()
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    SimpleDocTemplate(stream, pagesize=A4, invariant=1, title=title, author="").build(story)
    return stream.getvalue()


def build_docx(blocks: tuple[Block, ...]) -> bytes:
    """The same bytes for the same text."""
    document = docx.Document()
    alignments = {
        "heading": WD_ALIGN_PARAGRAPH.CENTER,
        "centre": WD_ALIGN_PARAGRAPH.CENTER,
        "right": WD_ALIGN_PARAGRAPH.RIGHT,
    }
    for block in blocks:
        if block.kind == "table":
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            continue
        paragraph = document.add_paragraph()
        paragraph.add_run(block.text).bold = block.kind == "heading"
        if block.kind in alignments:
            paragraph.alignment = alignments[block.kind]
    stream = io.BytesIO()
    document.save(stream)
    return _without_times(stream.getvalue())


def _without_times(raw: bytes) -> bytes:
    """The ZIP file with every member's time at the start of the format's calendar."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(stream, "w") as new:
        for member in old.infolist():
            fresh = zipfile.ZipInfo(member.filename, _DOS_EPOCH)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(fresh, old.read(member))
    return stream.getvalue()


BUILDERS = {".pdf": build_pdf, ".docx": build_docx}
ATTACHMENTS = FOLDER / "attachments"


def attachment_names() -> list[str]:
    """The files that have a text ``NAME.md`` in ``samples/attachments``."""
    return [file.stem for file in sorted(ATTACHMENTS.glob("*.md"))]


def build(name: str) -> bytes:
    text = (ATTACHMENTS / f"{name}.md").read_text(encoding="utf-8")
    return BUILDERS[Path(name).suffix](parse_blocks(text))


def main() -> None:
    for name in attachment_names():
        (ATTACHMENTS / name).write_bytes(build(name))


if __name__ == "__main__":
    main()
