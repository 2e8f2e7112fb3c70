"""Columns of jpaas: records within the page, the data proxy's addresses, the proxy's answers."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from crawlers.extraction.html import read_page
from crawlers.platforms import Parsed, Visit, choose
from crawlers.platforms.jpaas import MAX_RECORDS, proxy_addresses
from crawlers.reading import read_answer
from crawlers.sources import parse_source
from tests.crawlers.sample_sites import TEXT, jpaas_column, jpaas_records, title_of

SOURCE = parse_source('address = "http://jy.cn/"\nname = "教育网"\nallowed_hosts = ["jy.cn"]', "jy", "jy.toml")
COLUMN = "http://jy.cn/col/col21004/index.html"
PROXY = (
    "http://jy.cn/module/web/jpage/dataproxy.jsp?startrecord=46&endrecord=90&perpage=15&columnid=21004&unitid=7&webid=3"
)


def parse(text: str, url: str = COLUMN, kind: str = "listing") -> Parsed:
    page = read_page(text.encode(), url)
    platform = choose(page, None)
    assert platform.name == "jpaas"
    return platform.parse(page, Visit(url, kind, 1, {}, SOURCE))  # type: ignore[arg-type]


def rows(parsed: Parsed) -> dict[str, str]:
    return {link.url.rsplit("/", 1)[1]: link.context["title"] for link in parsed.links if link.kind == "page"}


def calls(parsed: Parsed) -> list[dict[str, str]]:
    found = [link.url for link in parsed.links if "dataproxy" in link.url]
    return [{name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} for url in found]


def test_a_column_gives_its_rows_and_the_calls_for_the_others() -> None:
    parsed = parse(jpaas_column(range(45), total=100))

    assert parsed.understood == "listing"
    assert rows(parsed) == {f"art_21004_{n}.html": title_of(n) for n in range(45)}
    assert [(call["startrecord"], call["endrecord"], call["perpage"]) for call in calls(parsed)] == [
        ("46", "90", "15"),
        ("91", "135", "15"),
    ]
    for call in calls(parsed):
        assert (call["columnid"], call["unitid"], call["webid"]) == ("21004", "30517", "3")
        assert call["webname"] == "安江县教育局"
    assert all(link.context["paging"] for link in parsed.links if "dataproxy" in link.url)


def test_a_column_whose_records_are_all_there_calls_nobody() -> None:
    assert calls(parse(jpaas_column(range(5), total=5))) == []


@pytest.mark.parametrize("declared", [True, False])
def test_an_answer_of_the_proxy_is_a_list(declared: bool) -> None:
    text = jpaas_records(range(45, 60), total=100)
    answer = text if declared else text.partition("?>")[2].strip()
    reading = read_answer(
        answer.encode(), Visit(PROXY, "listing", 1, {"paging": True}, SOURCE, "text/xml;charset=UTF-8")
    )

    assert reading.outcome == "listing"
    assert {link.url for link in reading.links} == {
        f"http://jy.cn/art/2021/4/{n % 28 + 1}/art_21004_{n}.html" for n in range(45, 60)
    }
    assert {link.context["platform"] for link in reading.links} == {"jpaas"}
    assert reading.links[0].context["date"] == "2021-04-18"


def test_records_of_table_rows_and_without_cdata() -> None:
    table = "".join(
        f"<record><![CDATA[<tr><td><a href='/art/2020/1/2/art_5_{n}.html' title='{title_of(n)}'>"
        f"{title_of(n)[:9]}…</a></td><td>[2020-01-02]</td></tr>]]></record>"
        for n in range(3)
    )
    bare = "".join(
        f'<record><li><a href="/art/2020/1/2/art_5_{n}.html">{title_of(n)}</a></li></record>' for n in range(3, 6)
    )
    parsed = parse(f"<datastore><recordset>{table}{bare}</recordset></datastore>", PROXY)

    assert rows(parsed) == {f"art_5_{n}.html": title_of(n) for n in range(6)}


def test_an_empty_answer_of_the_proxy_leads_nowhere() -> None:
    text = "<?xml version='1.0'?><datastore><totalrecord>0</totalrecord><recordset></recordset></datastore>"
    visit = Visit(PROXY, "listing", 1, {"platform": "jpaas"}, SOURCE, "text/xml")

    assert read_answer(text.encode(), visit).notice is None
    assert not read_answer(text.encode(), visit).links


def test_a_notice_is_known_by_its_address() -> None:
    html = f"""<html><head><meta name="ArticleTitle" content="{title_of(1)}">
    <meta name="PubDate" content="2021-04-02 09:12"><meta name="ContentSource" content="安江县教育局"></head><body>
    <div class="menu"><a href="/col/col21003/index.html">文件</a><a href="/col/col21004/index.html">招生</a></div>
    <div id="zoom"><p>{TEXT.format(what="农机补贴")}</p></div></body></html>"""
    url = "http://jy.cn/art/2021/4/2/art_21004_1.html"
    reading = read_answer(html.encode(), Visit(url, "page", 2, {"title": title_of(1)}, SOURCE))

    assert reading.notice is not None
    assert (reading.notice.title, str(reading.notice.published_date)) == (title_of(1), "2021-04-02")
    assert reading.notice.issuing_agency == ["安江县教育局"]


@pytest.mark.parametrize(
    "script",
    [
        "totalRecord:100, proxyUrl:'/module/web/jpage/dataproxy.jsp', ajaxParam:{columnid:'',unitid:'7',webid:'3'}",
        "totalRecord:100, perPage:15, ajaxParam:{columnid:'1',unitid:'7',webid:'3'}",
        f"totalRecord:{MAX_RECORDS + 1}, proxyUrl:'/dataproxy.jsp', ajaxParam:{{columnid:'1',unitid:'7',webid:'3'}}",
        "proxyUrl:'/x/dataproxy.jsp', ajaxParam:{columnid:'1',unitid:'7',webid:'3'}",
    ],
)
def test_a_script_that_does_not_say_enough_calls_nobody(script: str) -> None:
    assert proxy_addresses(script, COLUMN, COLUMN, 10) == []


def test_the_proxy_may_be_named_by_an_address_alone() -> None:
    text = "var a={totalRecord:'31'}; b='/module/jslib/jquery/jpage/dataproxy.jsp?columnid=8&amp;unitid=10630&webid=1'"
    [first] = proxy_addresses(text, COLUMN, COLUMN, 0)

    assert first.startswith(
        "http://jy.cn/module/jslib/jquery/jpage/dataproxy.jsp?startrecord=1&endrecord=45&perpage=15&"
    )
    assert parse_qs(urlsplit(first).query)["unitid"] == ["10630"]


def test_the_proxy_is_not_asked_on_another_host() -> None:
    text = jpaas_column(range(15), total=90).replace("'/module/", "'http://evil.cn/module/")

    assert calls(parse(text)) == []
