"""Files told by their content and read; what cannot be read says so in one line."""

import base64
import contextlib
import io
import struct
import zipfile
from collections.abc import Callable, Sequence

import docx
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files import FileText, detect, read_file

TITLE = "某市人民政府关于印发公共租赁住房管理办法的通知"
SENTENCE = "为了规范公共租赁住房的管理，根据国家有关规定，结合本市实际，制定本办法。"


def zipped(members: dict[str, bytes | str], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph(TITLE)
    table = document.add_table(2, 2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells], ("序号", "单位", "1", "粮库"), strict=True
    ):
        cell.text = text
    inner = table.rows[1].cells[1].add_table(1, 2)
    inner.rows[0].cells[0].text = "甲"
    inner.rows[0].cells[1].text = "乙"
    document.add_paragraph("　　" + SENTENCE)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def with_broken_relationship(raw: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    rels = "word/_rels/document.xml.rels"
    broken = b'<Relationship Id="rId99" Type="http://x/image" Target="NULL"/></Relationships>'
    members[rels] = members[rels].replace(b"</Relationships>", broken)
    return zipped(dict(members))


def workbook(sheets: dict[str, Sequence[Sequence[str | float]]]) -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    types = f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
    listed, rels, members = "", "", {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}.worksheet+xml"/>'
        listed += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        rels += (
            f'<Relationship Id="r{number}" Target="worksheets/sheet{number}.xml" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
        )
        lines = ""
        for row, values in enumerate(rows, 1):
            cells = ""
            for column, value in enumerate(values):
                at = f"{chr(65 + column)}{row}"
                if isinstance(value, str):
                    cells += f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
                else:
                    cells += f'<c r="{at}"><v>{value}</v></c>'
            lines += f'<row r="{row}">{cells}</row>'
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{space}"><sheetData>{lines}</sheetData></worksheet>'
        )
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f"{types}</Types>",
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{rels}</Relationships>',
            **members,
        }
    )


def pdf(draw: Callable[[Canvas], None], **options: object) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(595, 842), **options)
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    draw(canvas)
    canvas.save()
    return stream.getvalue()


def letter(canvas: Canvas) -> None:
    text = "　　" + SENTENCE * 6
    for page in range(2):
        canvas.setFont("STSong-Light", 16)
        if page == 0:
            canvas.drawCentredString(297, 770, TITLE)
        canvas.setFont("STSong-Light", 14)
        for line in range(6):
            canvas.drawString(80, 700 - 28 * line, text[line * 31 : line * 31 + 31])
        canvas.drawCentredString(297, 40, f"— {page + 1} —")
        canvas.showPage()
        text = "　　第二条　" + SENTENCE * 6


def test_docx_in_the_order_of_the_body() -> None:
    read = read_file(word(), "x.docx")
    assert read.body == f"{TITLE}\n序号\t单位\n1\t粮库 甲 乙\n{SENTENCE}"
    assert (read.format, read.text_quality, read.extracted_by, read.note) == ("docx", 1.0, "python-docx", None)


def test_docx_with_a_broken_relationship() -> None:
    read = read_file(with_broken_relationship(word()), "x.docx")
    assert read.body == f"{TITLE}\n序号\t单位\n1\t粮库 甲 乙\n{SENTENCE}"
    assert read.extracted_by == "document.xml"
    assert read.note is not None


def test_docx_leaves_out_deleted_text_and_fields_and_second_renderings() -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="urn:mc"'
    xml = f"""<w:document {w}><w:body><w:p><w:r><w:t>现</w:t></w:r><w:del><w:r><w:delText>旧</w:delText></w:r></w:del>
    <w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>行</w:t><w:br/><w:t>次行</w:t></w:r></w:p><w:p><w:r>
    <mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent></mc:Choice>
    <mc:Fallback><w:t>框内</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p></w:body></w:document>"""
    assert read_file(zipped({"word/document.xml": xml}), "x.docx").body == "现行\n次行\n框内"


def test_workbook_with_its_sheets() -> None:
    raw = workbook({"岗位": [["序号", "单位", "人数"], [1, "粮库", 2.5]], "空": [], "说明": [["", "填表说明"]]})
    read = read_file(raw, "x.xls")
    assert (read.format, read.body) == ("xlsx", "# 岗位\n序号\t单位\t人数\n1\t粮库\t2.5\n# 说明\n填表说明")


def test_workbook_of_one_sheet_needs_no_name() -> None:
    assert read_file(workbook({"Sheet1": [["甲", 12.0, 0.1]]}), "x.xlsx").body == "甲\t12\t0.1"


def test_pdf_lines_become_paragraphs() -> None:
    read = read_file(pdf(letter), "x.pdf")
    lines = read.body.split("\n")
    assert lines[0] == TITLE
    assert lines[1] == (SENTENCE * 6)[:184]
    assert lines[2].startswith("第二条 " + SENTENCE)
    assert len(lines) == 3
    assert read.text_quality == 1.0


def test_pdf_bold_by_overprinting_counts_once() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 16)
        for character, x in zip(TITLE, range(80, 600, 16), strict=False):
            canvas.drawString(x, 700, character)
            canvas.drawString(x + 0.3, 700, character)

    assert read_file(pdf(draw), "x.pdf").body == TITLE


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (pdf(lambda canvas: canvas.rect(10, 10, 20, 20)), "PDF: no text on its 1 page"),
        (pdf(letter, encrypt="geheim"), "PDF: encrypted, needs its password"),
        (b"%PDF-1.4\nnothing more", "PDF: damaged"),
        (pdf(letter)[:900], "PDF: "),
        (b"%PDF-1.7\n" + b"\x00\xff" * 5_000, "PDF: "),
    ],
)
def test_pdf_without_text(raw: bytes, why: str) -> None:
    with pytest.raises(UnreadableFileError, match=why):
        read_file(raw, "x.pdf")


def test_a_pdf_cut_short_never_raises_anything_else() -> None:
    whole = pdf(letter)
    for end in range(200, len(whole), len(whole) // 40):
        with contextlib.suppress(UnreadableFileError):
            assert read_file(whole[:end], "x.pdf").body


TABLE = "<table><tr><td>序号</td><td>单位</td></tr></table>"
HTML = f"<html><head><title>x</title></head><body>{TABLE}<p>{SENTENCE}</p></body>"
MHT = (
    'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
    'Content-Type: text/html; charset="gb2312"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
)


def test_markup_under_another_name() -> None:
    read = read_file(HTML.encode("gbk"), "x.xls")
    assert (read.format, read.body) == ("html", f"序号\t单位\n{SENTENCE}")


def test_mht() -> None:
    raw = MHT.encode() + base64.encodebytes(HTML.encode("gbk")) + b"\r\n--b--\r\n"
    read = read_file(raw, "x.doc")
    assert (read.format, read.body) == ("mht", f"序号\t单位\n{SENTENCE}")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_plain_text(codec: str) -> None:
    text = f"　　{TITLE}\r\n\r\n　　{SENTENCE}\r\n"
    assert read_file(text.encode(codec), "x").body == f"{TITLE}\n{SENTENCE}"


def test_the_name_tells_csv_from_text_only() -> None:
    assert read_file("序号,单位\n1,粮库".encode(), "x.csv").format == "csv"
    assert read_file("序号,单位\n1,粮库".encode(), "x.pdf").format == "txt"


def ole2(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + stream.encode("utf-16-le") + b"\x00" * 600


LOCK = bytes([4]) + b"User" + b" " * 50 + b"\x04\x00" + "User".encode("utf-16-le") + b" \x00" * 48 + b"\x00"


@pytest.mark.parametrize(
    ("raw", "kind", "why"),
    [
        (ole2("WordDocument"), "doc", "Word 97-2003"),
        (ole2("EncryptedPackage"), "encrypted", "needs its password"),
        (ole2("PowerPoint Document"), "ppt", "PowerPoint 97-2003"),
        (ole2("Contents"), "ole", "OLE2"),
        (ole2("Workbook"), "xls", "damaged"),
        (b"{\\rtf1\\ansi}", "rtf", "RTF"),
        (b"Rar!\x1a\x07\x00", "rar", "RAR archive"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "png", "text recognition"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40, "jpg", "text recognition"),
        (b"\x00\x05\x16\x07\x00\x02", "appledouble", "resource fork"),
        (LOCK[:162].ljust(162, b"\x00"), "lock", "who has the document open"),
        (zipped({"OFD.xml": "<OFD/>"}), "ofd", "OFD"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "odt", "OpenDocument text"),
        (zipped({"ppt/presentation.xml": "<p/>"}), "pptx", "PowerPoint"),
        (zipped({"a.txt": "x"}), "zip", "ZIP archive"),
        (zipped({"xl/workbook.xml": "<workbook"}), "xlsx", "Excel .xlsx.: damaged"),
        (zipped({"word/styles.xml": "x"}), "docx", "no word/document.xml"),
        (zipped({"word/document.xml": b"\x00\x01"}), "docx", "Word"),
        (b"", "empty", "0 bytes"),
        (b"\x00" * 500, "empty", "0 bytes"),
        (bytes(range(256)) * 9, "binary", "no format"),
        (b"<?xml version='1.0'?><a>x</a>", "xml", "XML"),
        (b"<html><body></body></html>", "html", "no text"),
    ],
)
def test_what_cannot_be_read_says_so_in_one_line(raw: bytes, kind: str, why: str) -> None:
    assert detect(raw) == kind
    with pytest.raises(UnreadableFileError, match=why) as caught:
        read_file(raw, "x.doc")
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped({"word/document.xml": b"\x00" * 60_000_000})
    with pytest.raises(UnreadableFileError, match="unpacks to 60,000,000 bytes"):
        read_file(bomb, "x.docx")


def test_a_zip_that_lies_about_its_sizes() -> None:
    raw = bytearray(zipped({"word/document.xml": b"<a/>" * 1000}))
    at = raw.rindex(b"PK\x01\x02") + 24
    raw[at : at + 4] = struct.pack("<I", 3)
    with pytest.raises(UnreadableFileError, match="Word"):
        read_file(bytes(raw), "x.docx")


def test_entities_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<!DOCTYPE d [<!ENTITY e0 "哈">{entities}]><d xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    xml += "<w:p><w:r><w:t>&e11;</w:t></w:r></w:p></d>"
    try:
        read: FileText | None = read_file(zipped({"word/document.xml": xml}), "x.docx")
    except UnreadableFileError:
        read = None
    assert read is None or len(read.body) < 1_000
