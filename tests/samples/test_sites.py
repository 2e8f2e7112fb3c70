"""The sample sites as a crawler sees them: real HTTP on loopback."""

import re
import socket
import tomllib
from collections import deque
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
import requests
from bs4 import BeautifulSoup

from samples import SampleSiteError, SampleSites, bureau, load_notices, portal, write_sources


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
    return BeautifulSoup(answer.content.decode(charset), "lxml")


def links_of(answer: requests.Response) -> list[str]:
    page = page_of(answer)
    found = [tag["href"] for tag in page.select("a[href], link[href]")] + [
        tag["src"] for tag in page.select("script[src]")
    ]
    links = [urldefrag(urljoin(answer.url, href)).url for href in found if not href.startswith("javascript:")]
    pager = re.search(r'createPageHTML\((\d+), 0, "index", "html"\)', str(page))
    if pager:
        links += [urljoin(answer.url, f"index_{number}.html") for number in range(1, int(pager[1]))]
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
        if answer.headers["Content-Type"].startswith("text/html") and answer.ok:
            waiting.extend(links_of(answer))
    return seen


def test_the_portals_links_all_resolve_and_reach_every_notice(sites, session):
    seen = walk(session, sites.portal_address)

    assert set(seen.values()) == {200}
    base = sites.portal_address.removesuffix(portal.START)
    assert {base + portal.address(notice) for notice in load_notices("portal")} <= set(seen)


def test_the_bureaus_links_reach_every_notice_and_one_attachment_is_gone(sites, session):
    seen = walk(session, sites.bureau_address)

    broken = [url for url, status in seen.items() if status != 200]
    base = sites.bureau_address.removesuffix(bureau.START)
    assert broken == [base + "/upfile/20160328104455.doc"]
    assert {base + bureau.address(notice) for notice in load_notices("bureau")} <= set(seen)
    assert base + "/list.asp?id=2&page=2" in seen


def test_every_portal_notice_shows_its_text(sites, session):
    base = sites.portal_address.removesuffix(portal.START)
    for notice in load_notices("portal"):
        answer = session.get(base + portal.address(notice), timeout=10)
        page = page_of(answer)
        assert page.select_one('meta[name="ArticleTitle"]')["content"] == notice.title
        assert page.select_one("h1:not(.top h1)").get_text() == notice.title
        table = page.select_one("table.xxgk_table").get_text("|", strip=True)
        assert notice.index_number in table
        assert notice.document_number in table
        body = "".join(page.select_one(".TRS_Editor").get_text().split())
        assert body == "".join(notice.body.split())


def test_every_bureau_notice_shows_its_text_in_gbk_that_nothing_declares(sites, session):
    base = sites.bureau_address.removesuffix(bureau.START)
    for notice in load_notices("bureau"):
        answer = session.get(base + bureau.address(notice), timeout=10)
        assert answer.headers["Content-Type"] == "text/html"
        assert b"charset" not in answer.content.lower()
        with pytest.raises(UnicodeDecodeError):
            answer.content.decode("utf-8")
        text = "".join(page_of(answer).get_text().split())
        assert "".join(notice.title.split()) in text
        assert "".join(notice.body.split()) in text
        day = notice.published
        assert f"发布时间：{day.year}-{day.month}-{day.day}来源：{''.join(notice.agency.split())}" in text


def test_the_portal_pages_as_trs_does(sites, session):
    first = session.get(sites.portal_address, timeout=10)
    second = session.get(urljoin(sites.portal_address, "index_1.html"), timeout=10)

    assert 'createPageHTML(5, 0, "index", "html")' in first.text
    assert 'createPageHTML(5, 1, "index", "html")' in second.text
    assert len(page_of(first).select("ul.list li")) == len(page_of(second).select("ul.list li")) == portal.ROWS
    assert session.get(urljoin(sites.portal_address, "index_5.html"), timeout=10).status_code == 404


def test_the_bureau_pages_by_query(sites, session):
    first = page_of(session.get(urljoin(sites.bureau_address, "list.asp?id=3"), timeout=10))
    last = page_of(session.get(urljoin(sites.bureau_address, "list.asp?page=2&id=3"), timeout=10))

    assert {"下一页", "尾页"} <= {link.get_text() for link in first.select("a")}
    assert {"首页", "上一页"} <= {link.get_text() for link in last.select("a")}
    assert "第2页/共2页" in last.get_text()


@pytest.mark.parametrize(
    "path", ["/zwgk/zcwj/201105/t20110520_99999.html", "/show.asp?id=9999", "/../../etc/passwd", "/%00"]
)
def test_what_is_not_there_is_404(sites, session, path):
    for start in (sites.portal_address, sites.bureau_address):
        answer = session.get(urljoin(start, path), timeout=10)
        assert answer.status_code == 404
        assert "不存在" in page_of(answer).get_text()


def test_the_attachments_have_their_types(sites, session):
    pdf = session.get(urljoin(sites.bureau_address, "/upfile/20120906153021.pdf"), timeout=10)
    word = session.get(urljoin(sites.bureau_address, "/upfile/20110530091200.docx"), timeout=10)

    assert (pdf.headers["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert word.headers["Content-Type"].endswith("wordprocessingml.document")
    assert word.content[:2] == b"PK"


def test_an_unchanged_page_is_not_sent_again(sites, session):
    first = session.get(sites.bureau_address, timeout=10)

    for validator in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-None-Match": f'"other", W/{first.headers["ETag"]}'},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = session.get(sites.bureau_address, headers=validator, timeout=10)
        assert (again.status_code, again.content) == (304, b"")
    for stale in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]},
        {"If-Modified-Since": "Thu, 01 Jan 2004 00:00:00 GMT"},
        {"If-Modified-Since": "nonsense"},
        {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00"},
    ):
        again = session.get(sites.bureau_address, headers=stale, timeout=10)
        assert again.status_code == 200


def test_head_answers_without_a_body(sites, session):
    answer = session.head(sites.portal_address, timeout=10)

    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["Content-Length"]) > 1000


def test_robots_txt_keeps_crawlers_out_of_the_back_office(sites, session):
    for start in (sites.portal_address, sites.bureau_address):
        assert "Disallow: /admin/" in session.get(urljoin(start, "/robots.txt"), timeout=10).text


def test_the_same_pages_come_out_each_time():
    assert portal.build() == portal.build()
    assert bureau.build() == bureau.build()


def test_a_port_in_use_is_named_and_nothing_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SampleSiteError, match=f"port {port}.*bureau.*in use"), SampleSites(bureau_port=port):
            pass


def test_an_impossible_port_is_named():
    with pytest.raises(SampleSiteError, match="70000"), SampleSites(portal_port=70_000):
        pass


def test_the_ports_are_free_again_afterwards():
    with SampleSites() as served:
        ports = served.portal_port, served.bureau_port
    with SampleSites(*ports) as again:
        assert (again.portal_port, again.bureau_port) == ports


def test_the_source_files_say_where_the_sites_are(tmp_path):
    files = write_sources(tmp_path / "sources", 8101, 8102)

    assert [file.name for file in files] == ["portal.toml", "bureau.toml"]
    assert tomllib.loads(files[1].read_text(encoding="utf-8")) == {
        "address": "http://127.0.0.1:8102/index.asp",
        "name": "临河教育网",
        "allowed_hosts": ["127.0.0.1:8102"],
        "allow_private_addresses": True,
        "delay": 0,
    }
