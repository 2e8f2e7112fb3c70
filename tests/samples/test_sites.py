"""The sample sites as a crawler sees them: real HTTP on loopback."""

import re
import socket
import tomllib
from collections import deque
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import pytest
import requests
from bs4 import BeautifulSoup

from samples import SITES, SampleSiteError, SampleSites, load_notices, load_rows, ports_from, write_sources
from samples.education import PROXY, proxy_parameters
from samples.portal import ROWS


@pytest.fixture(scope="module")
def sites():
    with SampleSites() as served:
        yield served


@pytest.fixture
def session():
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def page_of(answer: requests.Response) -> BeautifulSoup:
    charset = "gbk" if "charset" not in answer.headers["Content-Type"] else "utf-8"
    text = (
        answer.content.decode(charset).partition("?>")[2]
        if answer.content.startswith(b"<?xml")
        else answer.content.decode(charset)
    )
    return BeautifulSoup(text.replace("<![CDATA[", "").replace("]]>", ""), "lxml")


def base_of(sites: SampleSites, name: str) -> str:
    return sites.addresses[name].removesuffix(SITES[name].start)


def links_of(answer: requests.Response) -> list[str]:
    page = page_of(answer)
    found = [tag["href"] for tag in page.select("a[href], link[href]")] + [
        tag["src"] for tag in page.select("script[src]")
    ]
    links = [urldefrag(urljoin(answer.url, href)).url for href in found if not href.startswith("javascript:")]
    pager = re.search(r'createPageHTML\((\d+), 0, "index", "html"\)', str(page))
    if pager:
        links += [urljoin(answer.url, f"index_{number}.html") for number in range(1, int(pager[1]))]
    total = re.search(r"totalRecord:(\d+)", str(page))
    if total:
        column = re.search(r"/col/col(\d+)/", answer.url)[1]
        for first in range(1, int(total[1]) + 1, 10):
            numbers = {"startrecord": first, "endrecord": first + 9, "perpage": 5}
            links.append(urljoin(answer.url, f"{PROXY}?{urlencode({**numbers, **proxy_parameters(column)})}"))
    return links


def walk(session: requests.Session, start: str) -> dict[str, int]:
    """Every address that the site's links lead to, with its status."""
    seen: dict[str, int] = {}
    waiting = deque([start])
    while waiting:
        url = waiting.popleft()
        if url in seen:
            continue
        assert urlsplit(url).netloc == urlsplit(start).netloc, url
        answer = session.get(url, timeout=10)
        seen[url] = answer.status_code
        if answer.headers["Content-Type"].startswith(("text/html", "text/xml")) and answer.ok:
            waiting.extend(links_of(answer))
    return seen


@pytest.mark.parametrize("name", SITES)
def test_the_links_reach_every_row_and_only_the_lost_ones_are_broken(sites, session, name):
    seen = walk(session, sites.addresses[name])
    base = base_of(sites, name)

    assert {base + SITES[name].address(row) for row in load_rows(name)} <= set(seen)
    broken = {url for url, status in seen.items() if status != 200 and "/artcount.jsp" not in url}
    lost = {base + SITES[name].address(row) for row in load_rows(name) if row.kind == "lost"}
    if name == "education":
        lost.add(base + "/attach/20160328/20160328104455.doc")
    assert broken == lost


def test_every_portal_notice_shows_its_text(sites, session):
    base = base_of(sites, "portal")
    for notice in load_notices("portal"):
        answer = session.get(base + SITES["portal"].address(notice), timeout=10)
        page = page_of(answer)
        assert page.select_one('meta[name="ArticleTitle"]')["content"] == notice.title
        assert page.select_one("h1:not(.top h1)").get_text() == notice.title
        table = page.select_one("table.xxgk_table").get_text("|", strip=True)
        assert notice.index_number in table
        assert notice.document_number in table
        body = "".join(page.select_one(".TRS_Editor").get_text().split())
        assert body == "".join(notice.body.split())


@pytest.mark.parametrize("name", [name for name in SITES if name != "portal"])
def test_every_notice_of_the_other_sites_shows_its_text(sites, session, name):
    base = base_of(sites, name)
    for notice in load_notices(name):
        text = "".join(page_of(session.get(base + SITES[name].address(notice), timeout=10)).get_text().split())
        assert "".join(notice.title.split()) in text
        assert "".join(notice.body.split()) in text


def test_the_old_site_is_in_gbk_that_nothing_declares(sites, session):
    for notice in load_notices("finance")[:5]:
        answer = session.get(base_of(sites, "finance") + SITES["finance"].address(notice), timeout=10)
        assert answer.headers["Content-Type"] == "text/html"
        assert b"charset" not in answer.content.lower()
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")
        day = notice.published
        assert f"发布时间：{day.year}-{day.month}-{day.day}　来源：{notice.agency}" in page_of(answer).get_text()


def test_the_portal_pages_as_trs_does(sites, session):
    start = sites.addresses["portal"]
    first = session.get(start, timeout=10)
    second = session.get(urljoin(start, "index_1.html"), timeout=10)
    pages = -(-len(load_rows("portal")) // ROWS)

    assert f'createPageHTML({pages}, 0, "index", "html")' in first.text
    assert f'createPageHTML({pages}, 1, "index", "html")' in second.text
    assert len(page_of(first).select("ul.list li")) == len(page_of(second).select("ul.list li")) == ROWS
    assert session.get(urljoin(start, f"index_{pages}.html"), timeout=10).status_code == 404


def test_the_old_site_pages_by_query(sites, session):
    start = sites.addresses["finance"]
    first = page_of(session.get(urljoin(start, "list.asp?id=2"), timeout=10))
    last = page_of(session.get(urljoin(start, "list.asp?page=3&id=2"), timeout=10))

    assert {"下一页", "尾页"} <= {link.get_text() for link in first.select("a")}
    assert {"首页", "上一页"} <= {link.get_text() for link in last.select("a")}
    assert "第3页/共3页" in last.get_text()


def test_a_column_of_jpaas_holds_its_first_records_and_the_proxy_the_rest(sites, session):
    start = sites.addresses["education"]
    column = session.get(urljoin(start, "/col/col21004/index.html"), timeout=10).text
    total = sum(row.column == "21004" for row in load_rows("education"))
    query = urlencode({"startrecord": 11, "endrecord": 20, "perpage": 5, **proxy_parameters("21004")})
    answer = session.get(urljoin(start, f"{PROXY}?{query}"), timeout=10)

    assert column.count("<record>") == 10
    assert f"totalRecord:{total}" in column
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.text.count("<record><![CDATA[") == 10
    assert session.get(urljoin(start, PROXY), timeout=10).status_code == 404


def test_titles_are_cut_dates_left_out_and_traps_set(sites, session):
    rows = page_of(session.get(sites.addresses["portal"], timeout=10)).select("ul.list li")
    assert any(row.get_text().endswith("…") for row in rows)
    for name in ("education", "township", "water"):
        [undated] = [row for row in load_rows(name) if row.undated]
        assert undated.kind == "notice"
    for name in SITES:
        for row in load_rows(name):
            if row.kind in ("notice", "lost", "file"):
                continue
            answer = session.get(base_of(sites, name) + SITES[name].address(row), timeout=10)
            assert answer.status_code == 200
            assert ("document.cookie" if row.kind == "stub" else "页面不存在") in answer.text


@pytest.mark.parametrize(
    "path", ["/zwgk/zcwj/201105/t20110520_99999.html", "/show.asp?id=9999", "/../../etc/passwd", "/%00"]
)
def test_what_is_not_there_is_404(sites, session, path):
    for start in sites.addresses.values():
        answer = session.get(urljoin(start, path), timeout=10)
        assert answer.status_code == 404
        assert "不存在" in page_of(answer).get_text()


@pytest.mark.parametrize(("suffix", "media_type", "magic"), [
    ("pdf", "application/pdf", b"%PDF-"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
])  # fmt: skip
def test_the_attachments_have_their_types(sites, session, suffix, media_type, magic):
    found = 0
    for name in SITES:
        for notice in load_notices(name):
            for file in notice.attachments:
                if file.broken or not file.file.endswith(f".{suffix}"):
                    continue
                page = session.get(base_of(sites, name) + SITES[name].address(notice), timeout=10)
                [link] = [link["href"] for link in page_of(page).select("a[href]") if file.file in link["href"]]
                answer = session.get(urljoin(page.url, link), timeout=10)
                assert answer.headers["Content-Type"] == media_type
                assert answer.content.startswith(magic)
                found += 1
    assert found


def test_an_unchanged_page_is_not_sent_again(sites, session):
    first = session.get(sites.addresses["finance"], timeout=10)

    for validator in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-None-Match": f'"other", W/{first.headers["ETag"]}'},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = session.get(sites.addresses["finance"], headers=validator, timeout=10)
        assert (again.status_code, again.content) == (304, b"")
    for stale in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]},
        {"If-Modified-Since": "Thu, 01 Jan 2004 00:00:00 GMT"},
        {"If-Modified-Since": "nonsense"},
        {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00"},
    ):
        again = session.get(sites.addresses["finance"], headers=stale, timeout=10)
        assert again.status_code == 200


def test_head_answers_without_a_body(sites, session):
    answer = session.head(sites.addresses["portal"], timeout=10)

    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["Content-Length"]) > 1000


def test_robots_txt_keeps_crawlers_out_of_the_back_office(sites, session):
    for start in sites.addresses.values():
        assert "Disallow: /admin/" in session.get(urljoin(start, "/robots.txt"), timeout=10).text


@pytest.mark.parametrize("name", SITES)
def test_the_same_pages_come_out_each_time(name):
    assert SITES[name].build() == SITES[name].build()


def test_a_port_in_use_is_named_and_nothing_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        wanted = {"portal": 0, "finance": port}
        with pytest.raises(SampleSiteError, match=f"port {port}.*finance.*in use"), SampleSites(wanted):
            pass


def test_an_impossible_port_is_named():
    with pytest.raises(SampleSiteError, match="70000"), SampleSites({"portal": 70_000}):
        pass


def test_the_ports_are_free_again_afterwards():
    with SampleSites({"portal": 0, "water": 0}) as served:
        ports = served.ports
    with SampleSites(ports) as again:
        assert again.ports == ports


def test_the_sites_stand_on_ports_in_a_row():
    assert list(ports_from(8101).items()) == [(name, 8101 + n) for n, name in enumerate(SITES)]


def test_the_source_files_say_where_the_sites_are(tmp_path):
    files = write_sources(tmp_path / "sources", ports_from(8101))

    assert [file.name for file in files] == [f"{name}.toml" for name in SITES]
    assert tomllib.loads(files[2].read_text(encoding="utf-8")) == {
        "address": "http://127.0.0.1:8103/index.asp",
        "name": "临河区财政局",
        "allowed_hosts": ["127.0.0.1:8103"],
        "allow_private_addresses": True,
        "delay": 0,
    }
