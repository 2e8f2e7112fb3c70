"""Makes the attachments and the gazette: ``python -m samples.attachment_builder``, dev extra needed."""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from samples.texts import FOLDER, Block, SampleNotice, load_rows, parse_blocks

FONT = "STSong-Light"
"""A font that every PDF reader brings, so that none is embedded."""
_DOS_EPOCH = (1980, 1, 1, 0, 0, 0)


def build_pdf(blocks: Sequence[Block]) -> bytes:
    """The same bytes for the same text."""
    title = next((block.text for block in blocks if block.kind == "heading"), "")
    return _typeset(_flowables(blocks), title)


def build_gazette(title: str, imprint: str, notices: Sequence[SampleNotice]) -> bytes:
    """An issue of the district's gazette: cover, contents with page numbers, and the documents one after the other."""
    pages = dict.fromkeys((notice.name for notice in notices), 0)
    for _ in range(2):
        contents = [Block("table", rows=tuple((f"{n.title}", str(pages[n.name])) for n in notices))]
        story = _flowables([Block("heading", title), Block("centre", imprint), Block("heading", "目　录"), *contents])
        for notice in notices:
            mark = _Mark(pages, notice.name)
            story += [PageBreak(), mark, *_flowables([Block("heading", notice.title), *notice.blocks])]
        raw = _typeset(story, title)
    return raw


class _Mark(Spacer):  # type: ignore[misc]
    """Notes the number of the page that it comes to stand on."""

    def __init__(self, pages: dict[str, int], name: str) -> None:
        super().__init__(0, 0)
        self._pages, self._name = pages, name

    def draw(self) -> None:
        self._pages[self._name] = self.canv.getPageNumber()


def _typeset(story: list[Flowable], title: str) -> bytes:
    stream = io.BytesIO()
    SimpleDocTemplate(stream, pagesize=A4, invariant=1, title=title, author="").build(story)
    return stream.getvalue()


def _flowables(blocks: Sequence[Block]) -> list[Flowable]:
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    plain = ParagraphStyle("plain", fontName=FONT, fontSize=12, leading=21, wordWrap="CJK", firstLineIndent=24)
    cell = ParagraphStyle("cell", plain, fontSize=11, leading=15, firstLineIndent=0)
    styles = {
        "paragraph": plain,
        "heading": ParagraphStyle("heading", plain, fontSize=18, leading=34, alignment=TA_CENTER, firstLineIndent=0),
        "centre": ParagraphStyle("centre", plain, alignment=TA_CENTER, firstLineIndent=0),
        "right": ParagraphStyle("right", plain, alignment=TA_RIGHT, firstLineIndent=0),
    }
    story: list[Flowable] = []
    for block in blocks:
        if block.kind != "table":
            story.append(Paragraph(escape(block.text), styles[block.kind]))
            continue
        table = Table([[Paragraph(escape(text), cell) for text in row] for row in block.rows], colWidths=_widths(block))
        style = [("GRID", (0, 0), (-1, -1), 0.5, colors.black), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
        table.setStyle(TableStyle(style))
        story.extend((table, Spacer(1, 12)))
    return story


def _widths(block: Block) -> list[float]:
    """Of the columns, in points: in proportion to their longest cells, within a page."""
    longest = [max(4, *(min(len(cell), 24) for cell in column)) for column in zip(*block.rows, strict=True)]
    unit = min(12.0, 440 / sum(longest))
    return [unit * (length + 0.8) for length in longest]


def build_xlsx(blocks: Sequence[Block]) -> bytes:
    """One sheet: paragraphs as rows of one cell, tables as they are; the same bytes for the same text."""
    rows: list[tuple[str, ...]] = []
    for block in blocks:
        rows.extend(block.rows if block.kind == "table" else [(block.text,)])
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for at, text in enumerate(row)
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**_SHEET_PARTS, "xl/worksheets/sheet1.xml": _SHEET.format(cells)}.items():
            member = zipfile.ZipInfo(name, _DOS_EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, _XML + text)
    return stream.getvalue()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>{{}}</sheetData></worksheet>'
_SHEET_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def build_docx(blocks: Sequence[Block]) -> bytes:
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


BUILDERS = {".pdf": build_pdf, ".docx": build_docx, ".xlsx": build_xlsx}
ATTACHMENTS = FOLDER / "attachments"


def attachment_names() -> list[str]:
    """The files that have a text ``NAME.md``, or the list ``NAME.toml`` of a gazette, in ``samples/attachments``."""
    return sorted(file.stem for suffix in ("md", "toml") for file in ATTACHMENTS.glob(f"*.{suffix}"))


def build(name: str) -> bytes:
    gazette = ATTACHMENTS / f"{name}.toml"
    if gazette.is_file():
        issue = tomllib.loads(gazette.read_text(encoding="utf-8"))
        known = {row.name: row for site in ("portal", "education") for row in load_rows(site)}
        return build_gazette(issue["title"], issue["imprint"], [known[one] for one in issue["notices"]])
    text = (ATTACHMENTS / f"{name}.md").read_text(encoding="utf-8")
    return BUILDERS[Path(name).suffix](parse_blocks(text))


def main() -> None:
    for name in attachment_names():
        (ATTACHMENTS / name).write_bytes(build(name))


if __name__ == "__main__":
    main()
