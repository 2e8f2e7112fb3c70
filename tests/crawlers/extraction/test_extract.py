"""What would be stored for a page and for a file."""

from datetime import date

import pytest

from analyzers.notice import notice_id
from crawlers.extraction.errors import ExtractionError
from crawlers.extraction.extract import extract, is_page, name_of
from crawlers.extraction.heading import first_line, number_at_head, official_heading

PAGE = """<html><head><title>关于做好防汛工作的通知_某区政府</title></head><body>
<p>来源：某区应急局　发布时间：2021-06-01</p>
<div id=zoom><p>各街道办事处，各有关单位：</p>
<p>汛期将至，请各单位落实责任，做好值守，遇有险情立即报告，不得迟报、漏报。</p>
<p>附件：<a href=plan.docx>防汛预案</a></p></div></body></html>"""


def test_page() -> None:
    url = "https://www.example.gov.cn/tz/1.html"
    notice = extract(PAGE.encode("gbk"), url, "text/html", "district")
    assert notice.id == notice_id("district", url)
    assert (notice.title, notice.issuing_agency, notice.published_date, notice.format) == (
        "关于做好防汛工作的通知",
        ["某区应急局"],
        date(2021, 6, 1),
        "html",
    )
    assert notice.body.split("\n") == [
        "各街道办事处，各有关单位：",
        "汛期将至，请各单位落实责任，做好值守，遇有险情立即报告，不得迟报、漏报。",
        "附件：防汛预案",
    ]
    assert [(one.url, one.name, one.format) for one in notice.attachments] == [
        ("https://www.example.gov.cn/tz/plan.docx", "防汛预案", "docx")
    ]
    assert (notice.text_quality, notice.extracted_by) == (1.0, "container #zoom")


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("某区政府\n关于做好防汛\n工作的通知\n各街道：", "P0201.txt", "某区政府关于做好防汛工作的通知"),
        ("各单位请注意，\n一、值守。", "防汛值班安排表.txt", "防汛值班安排表"),
        ("值班安排\n各单位请注意，", "/data/P0201.txt", "值班安排"),
        ("，，，。\n。。。", "http://h/d/P0201.txt?x=1", "P0201"),
    ],
)
def test_title_of_a_file(text: str, name: str, title: str) -> None:
    assert extract(text.encode(), name).title == title


def test_markup_under_a_documents_name_is_a_file() -> None:
    raw = b"<html><body><table><tr><td>1</td><td>2</td></tr></table></body></html>"
    assert not is_page(raw, "http://h/a.xls")
    assert is_page(raw, "http://h/a.asp?id=1")
    assert extract(raw, "http://h/a.xls").body == "1\t2"


def test_text_served_as_a_page() -> None:
    assert is_page(b"plain", "http://h/a", "text/html; charset=gbk")
    assert not is_page(b"plain", "http://h/a.txt", "text/plain")


def test_errors_are_one_kind() -> None:
    with pytest.raises(ExtractionError):
        extract(b"\x89PNG\r\n\x1a\n\x00\x00", "http://h/a.png")


def test_name_of() -> None:
    assert name_of("http://h/d/%E9%99%84%E4%BB%B6.pdf?x=/y") == "附件.pdf"
    assert name_of("/documents/附件 1.pdf") == "附件 1.pdf"
    assert name_of("http://h/") == ""


@pytest.mark.parametrize(
    ("lines", "heading"),
    [
        (["东府〔2012〕11号", "关于印发《某市廉租住房", "保障办法》的通知"], "关于印发《某市廉租住房保障办法》的通知"),
        (["某市人民政府令", "第138号", "某市公共租赁住房管理办法", "第一章 总则"], "某市公共租赁住房管理办法"),
        (["附件1", "某市城市管理条例", "（草案）"], "某市城市管理条例（草案）"),
        (["首页 > 政策法规", "搜索", "某市救助办法"], "某市救助办法"),
        (["【标 题】 关于限价商品住房的通知"], "关于限价商品住房的通知"),
        (["序号\t名称", "一段普通的话，没有标题。"], None),
        ([], None),
    ],
)
def test_official_heading(lines: list[str], heading: str | None) -> None:
    assert official_heading("\n".join(lines)) == heading


def test_first_line_skips_letterhead_and_numbers() -> None:
    assert first_line("某市人民政府文件\n某府〔2011〕1号\n— 1 —\n工作情况\n正文。") == "工作情况"


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("关于防汛的通知\n某政发〔2021〕12号\n各街道办事处：", "某政发〔2021〕12号"),
        ("深圳市人民政府令 第112号\n第一条", "深圳市人民政府令 第112号"),
        ("根据国发〔2010〕10号文件，制定本办法。", None),
        ("正文\n" * 9 + "某政发〔2021〕12号", None),
        ("", None),
    ],
)
def test_the_number_at_the_head_is_the_documents_own(body: str, number: str | None) -> None:
    assert number_at_head(body) == number
