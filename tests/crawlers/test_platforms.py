from __future__ import annotations

import pytest

from crawlers.extraction.html import read_page
from crawlers.platforms import Parsed, Visit, choose, platforms
from crawlers.platforms.trs import MAX_PAGES, paging_call
from crawlers.reading import read_answer
from crawlers.sources import Source, parse_source
from tests.crawlers.sample_sites import TEXT, asp_list, asp_notice, title_of, trs_list, trs_notice

SOURCE = parse_source(
    'address = "http://a.cn/zwgk/"\nname = "甲县"\nallowed_hosts = ["a.cn", "b.cn"]', "jia", "jia.toml"
)


def parse(
    html: str, url: str = "http://a.cn/zwgk/", kind: str = "listing", source: Source = SOURCE, **context: object
) -> Parsed:
    page = read_page(html.encode(), url)
    visit = Visit(url, kind, 0, context, source)  # type: ignore[arg-type]
    return choose(page, None).parse(page, visit)


def by_kind(parsed: Parsed, kind: str) -> dict[str, str | None]:
    return {link.url: link.context.get("title") for link in parsed.links if link.kind == kind}


def test_platforms_are_discovered() -> None:
    assert {"trs", "generic"} <= set(platforms())


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('createPageHTML(10, 0, "index", "html");', (10, 0, "index", "html")),
        ("createPageHTML('page_div',10, 1,'index','html',200);", (10, 1, "index", "html")),
        ('createPageHtml("10","0","index","shtml")', (10, 0, "index", "shtml")),
        ("createPage(7,2,'list_zfxxgk','htm');", (7, 2, "list_zfxxgk", "htm")),
        ('function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){ document.write("x"); }', None),
        ('function createPageHTML(a,b){}\ncreatePageHTML(3, 0, "index", "html")', (3, 0, "index", "html")),
        (f'createPageHTML({MAX_PAGES + 1}, 0, "index", "html")', None),
        ('createPageHTML(3, 0, "../../x", "html")', None),
        ("createPageHTML(countPage, 0, name, ext)", None),
    ],
)
def test_paging_calls(script: str, expected: object) -> None:
    assert paging_call(script) == expected


def test_a_trs_list_with_cut_titles() -> None:
    parsed = parse(trs_list(range(4), 3, 0))
    assert parsed.understood == "listing"
    assert set(by_kind(parsed, "listing")) == {"http://a.cn/zwgk/index_1.html", "http://a.cn/zwgk/index_2.html"}
    assert by_kind(parsed, "page") == {f"http://a.cn/zwgk/202105/t20210501_{n}.html": title_of(n) for n in range(4)}
    read = read_answer(trs_list(range(4), 3, 0).encode(), Visit(SOURCE.address, "listing", 0, {}, SOURCE))
    assert {link.context["platform"] for link in read.links} == {"trs"}


def test_a_paging_call_on_a_notice_is_no_list() -> None:
    url = "http://a.cn/zwgk/202105/t20210501_1.html"
    parsed = parse(trs_notice(1, name="t20210501_1"), url, "page", title=title_of(1))
    assert (parsed.understood, list(parsed.links), list(parsed.more_parts)) == ("notice", [], [])
    parsed = parse(trs_notice(1, parts=2, name="t20210501_1"), url, "page", title=title_of(1))
    assert list(parsed.more_parts) == ["http://a.cn/zwgk/202105/t20210501_1_1.html"]


def test_old_tables() -> None:
    source = parse_source('address = "http://a.cn/"\nname = "甲县"\nallowed_hosts = ["a.cn"]', "jia", "jia.toml")
    parsed = parse(asp_list(range(10, 15), 1, 1, 3), "http://a.cn/list.asp?id=1", source=source)
    assert by_kind(parsed, "page") == {f"http://a.cn/showinfo.asp?id={n}": title_of(n) for n in range(10, 15)}
    assert set(by_kind(parsed, "listing")) == {
        "http://a.cn/list.asp?id=1&page=2",
        "http://a.cn/list.asp?id=1&page=3",
        "http://a.cn/list.asp?id=2",
    }
    assert parse(asp_notice(10), "http://a.cn/showinfo.asp?id=10", "page", source=source).understood == "notice"


@pytest.mark.parametrize(
    ("paging", "expected"),
    [
        ('<a href="index_2.html">下一页</a><a href="index_9.html">尾页</a>', {"index_2.html", "index_9.html"}),
        ('<a href="list_1_2.html">2</a><a href="list_1_3.html">[3]</a>', {"list_1_2.html", "list_1_3.html"}),
        ('<a href="?page=2">第2页</a><a href="?page=2">下一页 &gt;</a>', {"?page=2"}),
        ('<a href="?p=2">Next</a><a href="javascript:go(3)">下一页</a>', {"?p=2"}),
        ('<a href="http://other.cn/2">下一页</a><a href="/zwgk/">首页</a>', set()),
        ('<a href="2/">2</a>', set()),
    ],
)
def test_paging_of_unknown_platforms(paging: str, expected: set[str]) -> None:
    rows = "".join(f'<li><a href="show-{n}.html">{title_of(n)}</a> 2021-04-0{n + 1}</li>' for n in range(5))
    parsed = parse(f"<html><body><ul>{rows}</ul><div>{paging}</div></body></html>")
    pages = {link.url.removeprefix("http://a.cn/zwgk/") for link in parsed.links if link.context.get("paging")}
    assert pages == expected


def test_rows_lead_to_any_allowed_host_but_lists_stay_in_scope() -> None:
    html = f"""<ul><li><a href="http://b.cn/1.html">{title_of(1)}</a>2021-05-01</li>
    <li><a href="http://c.cn/2.html">{title_of(2)}</a>2021-05-02</li></ul>
    <p><a href="http://a.cn/other/">其他栏目</a><a href="/zwgk/gh/">规划计划</a><a href="/zwgk/pic.jpg">图</a></p>"""
    parsed = parse(html)
    assert set(by_kind(parsed, "page")) == {"http://b.cn/1.html"}
    assert set(by_kind(parsed, "listing")) == {"http://a.cn/zwgk/gh/"}


def test_columns_end_at_the_depth() -> None:
    html = '<a href="/zwgk/gh/">规划计划</a>'
    page = read_page(html.encode(), SOURCE.address)
    parsed = choose(page, None).parse(page, Visit(SOURCE.address, "listing", 5, {}, SOURCE))
    assert parsed.understood == "neither"


def test_an_undated_list_of_long_titles() -> None:
    rows = "".join(f'<p><a href="show.php?id={n}">{title_of(n)}</a></p>' for n in range(4))
    menu = "".join(f'<p><a href="col.php?id={n}">栏目{n}</a></p>' for n in range(4))
    parsed = parse(f"<div class=a>{menu}</div><div class=b>{rows}</div>")
    assert len(by_kind(parsed, "page")) == 4
    assert len(by_kind(parsed, "listing")) == 4


def test_dates_and_titles_of_the_row() -> None:
    def read(row: dict[str, object], page_dates: str) -> tuple[str | None, str | None, str]:
        html = f"<h1>{title_of(1)}</h1><p>{page_dates}</p><div id='zoom'><p>{TEXT.format(what='农机')}</p></div>"
        visit = Visit("http://a.cn/zwgk/1.html", "page", 1, row, SOURCE)
        notice = read_answer(html.encode(), visit).notice
        assert notice is not None
        return str(notice.published_date or ""), str(notice.written_date or ""), notice.title

    cut = {"title": title_of(1)[:9] + "...", "date": "2021-04-02"}
    assert read(cut, "发布日期：2021-05-01") == ("2021-05-01", "2021-04-02", title_of(1))
    assert read(cut, "发布日期：2021-04-02") == ("2021-04-02", "", title_of(1))
    assert read(cut, "发布日期：2021-03-01") == ("2021-03-01", "", title_of(1))
    assert read(cut, "") == ("2021-04-02", "", title_of(1))
    assert read({}, "成文日期：2021-01-01") == ("", "2021-01-01", title_of(1))


def test_what_is_neither() -> None:
    reading = read_answer(
        b"<html><body><p>\xe6\xac\xa2\xe8\xbf\x8e</p></body></html>", Visit("http://a.cn/x", "page", 1, {}, SOURCE)
    )
    assert (reading.outcome, reading.notice) == ("ignored", None)
    reading = read_answer(
        b"\x00\x01\x02", Visit("http://a.cn/x.bin", "page", 1, {}, SOURCE, "application/octet-stream")
    )
    assert reading.outcome == "failed"
