"""Text out of bytes in any charset, whatever the page declares."""

import codecs

import pytest

from crawlers.extraction.charset import decode

SIMPLIFIED = (
    "深圳市人民政府关于印发《深圳市住房公积金管理暂行办法》的通知：各区人民政府，市政府直属各单位，请遵照执行。"
)
TRADITIONAL = "臺北市政府公告：依據都市計畫法第二十一條規定，公開展覽本市都市計畫通盤檢討案計畫書、圖，並舉辦說明會。"


def page(text: str, declared: str | None) -> str:
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    return f"<html><head>{meta}<title>{text}</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize("declared", [None, "gb2312", "GBK", "utf-8", "big5", "iso-8859-1", "no-such-charset"])
@pytest.mark.parametrize(
    ("codec", "text", "charset"),
    [
        ("gb2312", SIMPLIFIED, "gb18030"),
        ("gbk", SIMPLIFIED, "gb18030"),
        ("gb18030", SIMPLIFIED + "㐀𠮷", "gb18030"),
        ("utf-8", SIMPLIFIED, "utf-8"),
        ("utf-8", TRADITIONAL, "utf-8"),
        ("big5", TRADITIONAL, "big5"),
    ],
)
def test_bytes_refute_what_the_page_declares(codec: str, text: str, charset: str, declared: str | None) -> None:
    html = page(text, declared)
    decoded = decode(html.encode(codec))
    assert (decoded.text, decoded.charset) == (html, charset)


@pytest.mark.parametrize(
    "header", ["text/html; charset=utf-8", "text/html; charset=GB2312", "text/html", None, "charset="]
)
def test_header_is_a_hint_only(header: str | None) -> None:
    html = page(SIMPLIFIED, None)
    assert decode(html.encode("gbk"), header).text == html
    assert decode(html.encode(), header).text == html


@pytest.mark.parametrize(
    ("bom", "codec"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_byte_order_mark_decides(bom: bytes, codec: str) -> None:
    html = page(SIMPLIFIED, "gb2312")
    decoded = decode(bom + html.encode(codec), "text/html; charset=gbk")
    assert (decoded.text, decoded.charset) == (html, codec)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_byte_order_mark(codec: str) -> None:
    html = page(SIMPLIFIED, "utf-8")
    assert decode(html.encode(codec)).text == html


@pytest.mark.parametrize(("codec", "charset"), [("gbk", "gb18030"), ("utf-8", "utf-8")])
@pytest.mark.parametrize("declared", [None, "utf-8", "gb2312"])
def test_a_few_broken_bytes_do_not_flip_the_charset(codec: str, charset: str, declared: str | None) -> None:
    raw = bytearray(page("</p>\n<p>".join([SIMPLIFIED] * 60), declared).encode(codec))
    for position in range(400, len(raw), 700):
        raw[position] = 0xFF
    decoded = decode(bytes(raw))
    assert decoded.charset == charset
    assert decoded.text.count("住房公积金") > 50


def test_two_gbk_words_that_are_valid_utf8() -> None:
    raw = "联通".encode("gbk")
    assert decode(raw, "text/plain; charset=gbk").text == "联通"


def test_ascii_and_empty() -> None:
    assert decode(b"<p>plain</p>").text == "<p>plain</p>"
    assert decode(b"").text == ""


def test_what_is_no_text_at_all_gives_something() -> None:
    assert isinstance(decode(bytes(range(256)) * 20).text, str)
