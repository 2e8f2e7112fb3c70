"""Text made fit to be shown."""

from __future__ import annotations

import pytest

from search_api.display import Block, blocks, marked, notice_path, safe_link, visible
from search_api.pages import day_text, facet_text


@pytest.mark.parametrize(
    ("text", "spans", "html"),
    [
        ("农机补贴", [(0, 2)], "<mark>农机</mark>补贴"),
        ("农机补贴", [(0, 2), (2, 4)], "<mark>农机</mark><mark>补贴</mark>"),
        ("<b>农机</b>", [(3, 5)], "&lt;b&gt;<mark>农机</mark>&lt;/b&gt;"),
        ("a<b&c", [(1, 4)], "a<mark>&lt;b&amp;</mark>c"),
        ("𠮷田农机", [(2, 4)], "𠮷田<mark>农机</mark>"),
        ("农机", [], "农机"),
        ("农机", [(1, 9), (-1, 1), (1, 1)], "农机"),
        ("农机补贴", [(2, 4), (0, 2)], "农机<mark>补贴</mark>"),
        ("", [(0, 1)], ""),
    ],
)
def test_marks(text: str, spans: list[tuple[int, int]], html: str) -> None:
    assert marked(text, spans) == html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202e文号\u202c", "文号"),
        ("\u2066农\u200b机\u2069\ufeff", "农机"),
        ("a\x00b\x1bc\x85d", "abcd"),
        ("e" + "\u0301" * 50, "e" + "\u0301" * 3),
        ("葛\U000e0100", "葛\U000e0100"),
        ("\U000e0041公\U000e007f", "公"),
        ("农机\t补贴\n〔2011〕", "农机\t补贴\n〔2011〕"),
    ],
)
def test_only_what_can_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "url",
    ["http://www.example.gov.cn/a.html", "https://例子.example:8080/t?x=1#y", "HTTPS://EXAMPLE.CN/", "http://[::1]/"],
)
def test_links_that_are_followed(url: str) -> None:
    assert safe_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.cn/",
        "//example.cn/",
        "/search",
        "http://",
        "http:///path",
        "http:example.cn",
        "http://a@b.example/",
        "http://[::1",
        "http://example.cn:99999/",
        "http://example.cn/\u202egnp.exe",
        'http://example.cn/"onmouseover="x',
        "http://example.cn/\\x",
        "http://example.cn/a b",
        "http://example.cn/" + "a" * 4000,
    ],
)
def test_links_that_are_not(url: str | None) -> None:
    assert safe_link(url) is None


def test_a_body_as_documents_set_it() -> None:
    body = (
        "各乡镇人民政府，县直各单位：\n第一章 总则\n"
        "第一条 为规范公开工作，制定本办法。\n　　第十二条之一　另有规定的除外。\n一、总体要求\n"
        "各部门应当做好下列工作：\n序号\t项目\n1\t农机\t甲\n\n2\t农药\n青溪县人民政府\n2011年5月16日"
    )
    assert blocks(body) == [
        Block("addressee", "各乡镇人民政府，县直各单位："),
        Block("chapter", "第一章 总则"),
        Block("article", "为规范公开工作，制定本办法。", lead="第一条"),
        Block("article", "另有规定的除外。", lead="第十二条之一"),
        Block("heading", "一、总体要求"),
        Block("paragraph", "各部门应当做好下列工作："),
        Block("table", rows=[["序号", "项目", ""], ["1", "农机", "甲"]]),
        Block("table", rows=[["2", "农药"]]),
        Block("signature", "青溪县人民政府"),
        Block("signature", "2011年5月16日"),
    ]
    assert blocks("") == blocks("\n \n") == []


def test_one_wide_row_does_not_widen_the_others() -> None:
    rows = blocks("\t".join("x" * 1000) + "\n" + "\n".join(["a\tb"] * 1000))[0].rows
    assert sum(len(row) for row in rows) == 1000 + 2000


def test_addresses_of_notices() -> None:
    assert notice_path("n1") == "/notices/n1"
    assert notice_path('<"&', "a1") == "/notices/%3C%22%26#a1"


def test_words_for_values() -> None:
    assert day_text("2011-05-06") == "2011年5月6日"
    assert day_text("不详") == "不详"
    assert facet_text("subject_category", "财政\\预算") == "财政 › 预算"
    assert facet_text("format", "html") == "网页"
    assert facet_text("source", "portal", {"portal": "县门户网站"}) == "县门户网站"
    assert facet_text("source", "portal", {}) == "portal"
