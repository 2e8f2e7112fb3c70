"""The pages over a real catalogue, engine and server."""

from __future__ import annotations

from typing import Any

import lxml.html
import pytest
import requests

from analyzers.notice import Notice
from indexer.engine import FacetCounts
from search_api.pages import Pages, page_links
from search_api.search import Hit, SearchAnswer, SearchRequest
from search_api.settings import ServeSettings


def page(address: str, path: str, **parameters: Any) -> lxml.html.HtmlElement:
    response = requests.get(address + path, params=parameters, timeout=30)
    assert response.status_code == 200, response.text[:500]
    return lxml.html.document_fromstring(response.text)


def texts(element: lxml.html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in element.xpath(path)]


def test_home(address: str, county: list[Notice]) -> None:
    home = page(address, "/")
    assert home.get("lang") == "zh-CN"
    assert len(home.xpath("//form[@role='search']")) == 1
    assert len(home.xpath("//ul[@class='tiles']/li")) == 11
    newest = max(notice.date for notice in county if notice.date)
    assert home.xpath("//ul[@class='plain']//time/@datetime")[0] == newest.isoformat()
    for link in home.xpath("//main//a/@href"):
        assert requests.get(address + link, timeout=30).status_code == 200


def test_results(address: str) -> None:
    results = page(address, "/search", q="农机补贴")
    assert texts(results, "//h1") == ["“农机补贴”的检索结果：共 12 条结果"]
    assert results.xpath("//input[@id='q']/@value") == ["农机补贴"]
    assert len(results.xpath("//li[@class='hit']")) == 10
    assert set(results.xpath("//li[@class='hit']//mark/text()")) == {"农机补贴"}
    assert results.xpath("//nav[@class='pages']//a[@aria-current='page']/text()") == ["1"]
    assert results.xpath("//nav[@class='pages']/a/@rel") == ["next"]


def test_a_facet_is_chosen_and_taken_away(address: str) -> None:
    results = page(address, "/search", q="补贴", sort="date")
    [link] = results.xpath("//section[@aria-labelledby='f-genre']//a[span='通知']")
    count = int(link.xpath("string(.//span[@class='count']/text())"))
    chosen = page(address, link.get("href"))
    assert texts(chosen, "//h1")[0].endswith(f"共 {count} 条结果")
    assert texts(chosen, "//section[@aria-labelledby='f-genre']//a[@class='chosen']/span[1]") == ["通知"]
    assert len(chosen.xpath("//section[@aria-labelledby='f-genre']//a")) > 1
    assert chosen.xpath("//form[@role='search']/input[@type='hidden'][@name='genre']/@value") == ["通知"]
    [chip] = chosen.xpath("//div[@class='chips']//a")
    assert "体裁" in chip.text_content()
    assert chip.get("href") == results.xpath("//nav[@class='sorts']/a[@aria-current]/@href")[0]


def test_two_values_are_either(address: str) -> None:
    one = page(address, "/search", genre="通知")
    [other] = one.xpath("//section[@aria-labelledby='f-genre']//a[span='公告']")
    both = page(address, other.get("href"))
    assert len(both.xpath("//section[@aria-labelledby='f-genre']//a[@class='chosen']")) == 2
    assert len(both.xpath("//div[@class='chips']//a[not(@class)]")) == 2
    assert both.xpath("//div[@class='chips']//a[@class='clear']/@href") == ["/search"]


def test_dates(address: str) -> None:
    empty = page(address, "/search?q=%E8%A1%A5%E8%B4%B4&genre=%E9%80%9A%E7%9F%A5&date_from=&date_to=")
    form = empty.xpath("//form[@class='dates']")[0]
    assert dict(form.form_values()) == {"q": "补贴", "genre": "通知", "date_from": "", "date_to": ""}
    within = page(address, "/search", date_from="2011-01-01", date_to="2011-12-31")
    assert {day[:4] for day in within.xpath("//li[@class='hit']//time/@datetime")} == {"2011"}
    assert len(within.xpath("//div[@class='chips']//a[not(@class)]")) == 2


def test_what_was_understood_is_told(address: str) -> None:
    plain = page(address, "/search", q="农机补贴")
    assert not plain.xpath("//p[@class='understood']")
    special = page(address, "/search", q='"农机补贴" -公告 青政办发〔2006〕1号')
    assert texts(special, "//p[@class='understood']/span[@class='term-label']") == ["原文", "文号", "不含"]
    assert texts(special, "//p[@class='understood']/span[@class='term']")[0] == "农机补贴"


def test_nothing_found_helps(address: str) -> None:
    empty = page(address, "/search", q='"没有这样的话"', genre="通知")
    assert "没有找到" in texts(empty, "//p[@class='empty-head']")[0]
    assert empty.xpath("//div[@class='empty']//a/@href")[0].startswith("/search?q=")
    beyond = page(address, "/search", q="农机补贴", page=9)
    assert texts(beyond, "//p[@class='empty-head']") == ["第 9 页没有内容"]


def test_a_notice(address: str, county: list[Notice]) -> None:
    notice = county[10]
    shown = page(address, f"/notices/{notice.id}")
    assert texts(shown, "//h1") == [notice.title]
    rows = dict(zip(texts(shown, "//dt"), texts(shown, "//dd"), strict=True))
    assert rows["发文字号"] == notice.document_number
    assert rows["成文日期"] == "2009年11月16日"
    assert rows["主题分类"] == "财政、金融、审计 › 财政"
    assert texts(shown, "//div[@id='text']//tr[2]/td") == ["1", "甲类", "300"]
    assert texts(shown, "//p[@class='signature']") == ["青溪县人民政府办公室", "2009年5月16日"]
    assert shown.xpath(f"//section[@id='{notice.attachments[0].id(notice.id)}']/details")
    assert "文件打不开" in shown.xpath("string(//section[@class='files'])")
    assert shown.xpath("//footer[@class='origin']//a/@href")[0] == notice.url
    assert shown.xpath("//aside//li/a/@href")
    for link in shown.xpath("//a[not(contains(@rel, 'external'))]/@href"):
        assert link.startswith("#") or requests.get(address + link, timeout=30).status_code == 200, link


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/search?pgae=1", 400, "是否想写“page”"),
        ("/search?page=2000", 400, "导出"),
        ("/search?date_from=昨天", 400, "起始日期"),
        ("/notices/none", 404, "没有编号为“none”的公开信息"),
        ("/none", 404, "没有找到这一页"),
    ],
)
def test_errors_are_calm(address: str, path: str, status: int, words: str) -> None:
    response = requests.get(address + path, timeout=30)
    assert response.status_code == status
    assert words in response.text
    assert lxml.html.document_fromstring(response.text).xpath("//form[@role='search']")


@pytest.mark.parametrize(
    ("present", "last", "shown"),
    [
        (1, 1, ""),
        (1, 3, "[1] 2 3"),
        (1, 9, "[1] 2 3 … 9"),
        (5, 9, "1 2 3 4 [5] 6 7 8 9"),
        (6, 20, "1 … 4 5 [6] 7 8 … 20"),
        (20, 20, "1 … 18 19 [20]"),
        (99, 20, "1 … 20"),
    ],
)
def test_numbers_of_pages(present: int, last: int, shown: str) -> None:
    links = page_links(SearchRequest(page=present), last)
    assert " ".join("…" if link is None else f"[{link.text}]" if link.current else link.text for link in links) == shown


def answer(**values: Any) -> SearchAnswer:
    understood = {"text": "", "required": [], "excluded": [], "document_numbers": [], "index_numbers": [], "dates": []}
    understood["terms"] = []
    whole = {"query": understood, "total": 0, "took_ms": 1.0, "relaxed": None, "suggestion": None, "hits": []}
    return SearchAnswer(**{**whole, "facets": {}, "engine": "tantivy", **values})


def test_relaxation_suggestion_and_the_end_of_paging() -> None:
    hit = Hit("n1", "", "标题", "摘录", {}, 1.0, {"format": "pdf", "source": "portal"})
    told = answer(total=20_000, hits=[hit], relaxed={"left_out": ["拖拉机"]}, suggestion="农机补贴")
    response = Pages(ServeSettings()).results(SearchRequest(q="农机补帖", page=1000), told, {"portal": "县门户网站"})
    shown = lxml.html.document_fromstring(bytes(response.body).decode())
    assert "拖拉机" in texts(shown, "//p[@class='notice-line']")[1]
    assert shown.xpath("//p[@class='notice-line']/a/@href") == ["/search?q=%E5%86%9C%E6%9C%BA%E8%A1%A5%E8%B4%B4"]
    assert texts(shown, "//p[@class='calm']") == ["翻页到此为止。请增加筛选条件，缩小范围。"]
    assert not shown.xpath("//a[@rel='next']")
    assert texts(shown, "//span[@class='file-type']") == ["PDF"]
    assert texts(shown, "//span[@class='from']") == ["来源：县门户网站"]


def test_a_long_facet_is_short_at_first_and_keeps_what_was_chosen_in_sight() -> None:
    counts = FacetCounts([(f"机关{number:02d}", 90 - number) for number in range(30)], 12)
    chosen = SearchRequest(filters={"issuing_agency": ("机关25", "不在其中")})
    response = Pages(ServeSettings()).results(chosen, answer(total=9, facets={"issuing_agency": counts}), {})
    shown = lxml.html.document_fromstring(bytes(response.body).decode())
    [facet] = shown.xpath("//section[@aria-labelledby='f-issuing_agency']")
    assert texts(facet, "./ul/li/a/span[1]")[:3] == ["不在其中", "机关25", "机关00"]
    assert len(facet.xpath("./ul/li")) == 6
    assert len(facet.xpath("./details/ul/li")) == 25
    assert "12 条" in texts(facet, "./details/p")[0]


def test_a_body_of_twenty_million_characters_makes_a_page_of_bounded_size() -> None:
    notice = Notice(id="n1", url="", source="portal", title="很长", body="长\n" * 10_000_000)
    response = Pages(ServeSettings(max_page_characters=10_000)).notice(notice, None, {})
    assert len(response.body) < 200_000
    assert "只显示前一部分" in bytes(response.body).decode()
