"""Whole crawls of real servers on loopback; all sources of a module are crawled by one process at once."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest

from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices
from indexer.catalogue.tables import notices as notices_table
from tests.crawlers import sample_sites
from tests.crawlers.sample_sites import AGENCY, asp_site, title_of, trs_list, trs_notice, trs_site
from tests.crawlers.site import Asked, Crawls, Reply, Site, finished


@dataclasses.dataclass
class Crawled:
    crawls: Crawls
    sites: dict[str, Site]
    catalogue: Catalogue
    first: dict[str, dict[str, Any]]
    asked_first: dict[str, list[Asked]]
    second: dict[str, dict[str, Any]]
    asked_second: dict[str, list[Asked]]

    def stored(self, source: str) -> dict[str, Notice]:
        """Notices by path and query."""
        with self.catalogue.read() as connection:
            rows = connection.execute(notices_table.select().where(notices_table.c.source == source)).all()
            found = notices.get_all(connection, [row.id for row in rows])
        return {notice.url.split("/", 3)[3]: notice for notice in found.values()}

    def failures(self, source: str) -> dict[str, str]:
        return {failure["url"].split("/", 3)[3]: failure["reason"] for failure in self.first[source]["failures"]}


def _docx(text: str) -> bytes:
    document = docx.Document()
    document.add_paragraph(text)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _with_robots() -> Site:
    site = Site(trs_site(pages=1))
    site.pages["/robots.txt"] = Reply(
        "User-agent: *\nDisallow: /zwgk/202105/t20210501_2.html\n", content_type="text/plain"
    )
    return site


def _flaky() -> Site:
    site = Site(trs_site(pages=1))
    answers = iter([Reply("忙", 503), Reply("忙", 503)])
    good = site.pages["/zwgk/"]
    assert isinstance(good, Reply)
    site.pages["/zwgk/"] = lambda asked: next(answers, good)
    return site


def _broken(elsewhere: Site) -> Site:
    site = Site(trs_site(pages=1, rows=8))
    page = "/zwgk/202105/t20210501_{}.html".format
    site.pages[page(0)] = Reply("", 302, headers={"Location": f"{elsewhere.address}/stolen.html"})
    site.pages[page(1)] = Reply("", 302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    site.pages[page(2)] = Reply("<html><title>提示信息</title><body>您访问的页面不存在或已被删除！</body></html>")
    site.pages[page(3)] = Reply("<script>document.cookie='k=1';location.reload();</script>")
    site.pages[page(4)] = Reply("", 412)
    del site.pages[page(5)]
    site.pages[page(6)] = Reply("", 302, headers={"Location": "/"})
    return site


def _with_files() -> Site:
    site = Site(trs_site(pages=1, rows=4))
    extra = "<p>附件：<a href='/files/plan.docx'>实施方案.docx</a> <a href='/files/lost.xls'>名单.xls</a></p>"
    other = "<p>附件：<a href='/files/plan.docx'>实施方案.docx</a> <a href='http://other.example/a.pdf'>表.pdf</a></p>"
    site.pages["/zwgk/202105/t20210501_0.html"] = Reply(trs_notice(0, extra=extra))
    site.pages["/zwgk/202105/t20210501_1.html"] = Reply(trs_notice(1, extra=other))
    site.pages["/zwgk/202105/t20210501_2.html"] = Reply(
        trs_notice(2, extra="<p><a href='/files/fake.pdf'>目录.pdf</a> <a href='/files/old.doc'>旧表.doc</a></p>")
    )
    site.pages["/files/plan.docx"] = Reply(_docx("农机补贴实施方案全文"), content_type="application/octet-stream")
    site.pages["/files/fake.pdf"] = Reply("<html><body>对不起，您访问的文件不存在</body></html>")
    site.pages["/files/old.doc"] = Reply(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
    return site


def _in_parts() -> Site:
    site = Site(trs_site(pages=1, rows=3))
    page = "/zwgk/202105/t20210501_{}.html"
    site.pages[page.format(0)] = Reply(trs_notice(0, parts=3, name="t20210501_0"))
    for part in (1, 2):
        site.pages[page.format(f"0_{part}")] = Reply(trs_notice(0).replace("文件编号为0", f"这是第{part + 1}部分"))
    return site


def _slow_and_large() -> Site:
    site = Site(trs_site(pages=1, rows=3))

    def slow(asked: Asked) -> Reply:
        time.sleep(4)
        return Reply("晚了")

    site.pages["/zwgk/202105/t20210501_0.html"] = slow
    site.pages["/zwgk/202105/t20210501_1.html"] = Reply("长" * 50_000)
    return site


def _list_of_files() -> Site:
    rows = "<ul><li><a href='/a.docx'>关于农机补贴实施方案的通知</a><span>2020-03-04</span></li></ul>"
    return Site(
        {"/": Reply(f"<html><body>{rows}</body></html>"), "/a.docx": Reply(_docx("方案正文" * 30), content_type=None)}
    )


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    crawls = Crawls(tmp_path_factory.mktemp("crawl"))
    with Site({"/stolen.html": Reply(trs_notice(99))}) as elsewhere, Site() as gone:
        sites = {
            "trs": Site(trs_site()),
            "asp": Site(asp_site()),
            "robots": _with_robots(),
            "flaky": _flaky(),
            "files": _with_files(),
            "parts": _in_parts(),
            "list": _list_of_files(),
            "limited": Site(trs_site(pages=2)),
            "slow": _slow_and_large(),
            "elsewhere": Site(
                {"/": Reply("<ul><li><a href='http://other.example/1'>关于春耕的通知</a>2021-05-01</li></ul>")}
            ),
            "empty": Site({"/": Reply("<p>欢迎访问本站</p>")}),
            "private": Site(trs_site(pages=1)),
            "named": Site(trs_site(pages=1)),
            "down": gone,
        }
        for site in sites.values():
            if site is not gone:
                site.__enter__()
        sites["broken"] = _broken(elsewhere).__enter__()
        for name, site in sites.items():
            crawls.add(name, site)
        crawls.add("limited", sites["limited"], page_limit=7)
        crawls.add("private", sites["private"], allow_private_addresses=False)
        crawls.add("slow", sites["slow"], timeout=2, retries=0, max_bytes=100_000)
        port = sites["named"].port
        crawls.add(
            "named",
            sites["named"],
            address=f"http://localhost:{port}/",
            allowed_hosts=[f"localhost:{port}"],
            allow_private_addresses=False,
        )
        crawls.add("asp", sites["asp"], agency="临江县水务局")
        first = crawls.run()
        asked_first = {name: list(site.asked) for name, site in sites.items()}
        for site in (*sites.values(), elsewhere):
            site.asked.clear()
        sites["trs"].pages["/zwgk/202105/t20210501_3.html"] = Reply(trs_notice(3, extra="<p>补充一段。</p>"))
        sites["trs"].pages["/zwgk/"] = Reply(trs_list(range(5, 12), 3, 0).replace("第5号", "第5号"))
        sites["trs"].pages["/zwgk/202105/t20210501_77.html"] = Reply(trs_notice(77))
        reply = sites["trs"].pages["/zwgk/"]
        assert isinstance(reply, Reply)
        assert isinstance(reply.body, str)
        reply.body = reply.body.replace("t20210501_5.html", "t20210501_77.html")
        second = crawls.run()
        asked_second = {name: list(site.asked) for name, site in sites.items()}
        catalogue = Catalogue.open(crawls.catalogue_url)
        try:
            yield Crawled(crawls, sites, catalogue, first, asked_first, second, asked_second)
        finally:
            catalogue.close()
            for site in sites.values():
                if site is not gone:
                    site.__exit__()


def test_a_trs_portal_is_crawled_through_its_paging(crawled: Crawled) -> None:
    report = crawled.first["trs"]
    assert (report["outcome"], report["new"], report["failed"], report["waiting"]) == ("finished", 18, 0, 0)
    stored = crawled.stored("trs")
    notice = stored["zwgk/202105/t20210501_17.html"]
    assert notice.title == title_of(17)
    assert (notice.published_date, notice.written_date) == (date(2021, 5, 18), date(2021, 4, 18))
    assert notice.issuing_agency == [AGENCY]
    assert "文件编号为17。" in notice.body
    assert "从未在列表出现" not in notice.body
    assert not any(asked.path.endswith("_9999.html") for asked in crawled.asked_first["trs"])
    assert "about.html" not in stored


def test_an_old_gbk_site_of_tables(crawled: Crawled) -> None:
    report = crawled.first["asp"]
    assert (report["outcome"], report["new"], report["failed"]) == ("finished", 20, 0)
    stored = crawled.stored("asp")
    assert set(stored) == {f"showinfo.asp?id={n}" for column in (100, 200) for n in range(column, column + 10)}
    notice = stored["showinfo.asp?id=207"]
    assert notice.title == title_of(207)
    assert (notice.published_date, notice.written_date) == (date(2009, 8, 12), date(2009, 7, 12))
    assert notice.issuing_agency == [AGENCY]
    assert "login.asp" not in {asked.path for asked in crawled.asked_first["asp"]}


def test_each_address_is_asked_once(crawled: Crawled) -> None:
    for name in ("trs", "asp"):
        paths = [asked.path for asked in crawled.asked_first[name]]
        assert len(paths) == len(set(paths))


def test_robots_are_obeyed(crawled: Crawled) -> None:
    assert crawled.failures("robots") == {"zwgk/202105/t20210501_2.html": "forbidden by robots.txt"}
    assert "/zwgk/202105/t20210501_2.html" not in [asked.path for asked in crawled.asked_first["robots"]]
    assert crawled.first["robots"]["new"] == 5


def test_a_busy_server_is_asked_again(crawled: Crawled) -> None:
    assert [asked.path for asked in crawled.asked_first["flaky"]].count("/zwgk/") == 3
    assert (crawled.first["flaky"]["new"], crawled.first["flaky"]["failed"]) == (6, 0)


def test_what_is_no_page_fails_with_its_reason(crawled: Crawled) -> None:
    reasons = crawled.failures("broken")
    page = "zwgk/202105/t20210501_{}.html".format
    assert "not among the allowed hosts" in reasons[page(0)]
    assert "169.254.169.254 is not among the allowed hosts" in reasons[page(1)]
    assert reasons[page(2)].startswith("error page: ")
    assert reasons[page(3)] == "stub page: a script sets a cookie and loads again"
    assert reasons[page(4)] == "HTTP 412 (the site challenges the browser)"
    assert reasons[page(5)] == "HTTP 404"
    assert reasons[page(6)].startswith("sent to the front page ")
    assert set(crawled.stored("broken")) == {page(7)}
    assert crawled.first["broken"]["outcome"] == "finished"


def test_slow_and_large_answers_are_given_up(crawled: Crawled) -> None:
    page = "zwgk/202105/t20210501_{}.html".format
    assert crawled.failures("slow") == {page(0): "no answer within 2 seconds", page(1): "larger than 100000 bytes"}
    assert crawled.first["slow"]["new"] == 1


def test_private_addresses_are_refused(crawled: Crawled) -> None:
    assert crawled.asked_first["private"] == []
    assert crawled.asked_first["named"] == []
    assert "loopback address 127.0.0.1" in crawled.first["private"]["outcome"]
    assert "refused: host localhost has the loopback address" in crawled.first["named"]["outcome"]
    assert not crawled.first["named"]["ok"]


def test_a_start_page_that_cannot_be_reached(crawled: Crawled) -> None:
    report = crawled.first["down"]
    assert report["outcome"] == "failed: start page: HTTP 404"
    assert (report["ok"], report["fetched"], report["failed"]) == (False, 1, 1)


def test_the_page_limit_holds_and_the_next_run_goes_on(crawled: Crawled) -> None:
    report = crawled.first["limited"]
    assert (report["outcome"], report["fetched"], report["ok"]) == ("page limit reached", 7, True)
    assert report["waiting"] > 0
    assert len([a for a in crawled.asked_first["limited"] if a.path != "/robots.txt"]) == 7
    assert len(crawled.stored("limited")) > report["new"]


def test_attachments(crawled: Crawled) -> None:
    stored = crawled.stored("files")
    first, second, third = (stored[f"zwgk/202105/t20210501_{n}.html"].attachments for n in range(3))
    assert [(file.name, file.format, file.body, file.error) for file in first] == [
        ("实施方案.docx", "docx", "农机补贴实施方案全文", None),
        ("名单.xls", "xls", "", "HTTP 404"),
    ]
    assert second[0].body == "农机补贴实施方案全文"
    assert "other.example is not among the allowed hosts" in (second[1].error or "")
    assert "不存在" in (third[0].error or "")
    assert third[1].error
    assert "\n" not in third[1].error
    failures = crawled.failures("files")
    assert set(failures) == {"files/lost.xls", "files/fake.pdf", "files/old.doc", "a.pdf"}
    assert failures["files/lost.xls"] == "HTTP 404"
    assert crawled.first["files"]["attachments"] == 1


def test_lists_whose_rows_are_elsewhere_or_nowhere(crawled: Crawled) -> None:
    reason = "rows lead to hosts that are not among the allowed ones: other.example"
    assert crawled.first["elsewhere"]["outcome"] == f"failed: start page: {reason}"
    assert [note["reason"] for note in crawled.first["elsewhere"]["notes"]] == [reason]
    assert crawled.first["empty"]["outcome"] == "failed: start page: neither a notice nor a list"


def test_a_notice_in_several_parts(crawled: Crawled) -> None:
    body = crawled.stored("parts")["zwgk/202105/t20210501_0.html"].body
    assert body.index("文件编号为0") < body.index("这是第2部分") < body.index("这是第3部分")
    assert len(crawled.stored("parts")) == 3


def test_a_list_of_files(crawled: Crawled) -> None:
    notice = crawled.stored("list")["a.docx"]
    assert (notice.title, notice.format) == ("关于农机补贴实施方案的通知", "docx")
    assert notice.published_date == date(2020, 3, 4)


def test_a_second_run_asks_with_conditions_and_stores_nothing(crawled: Crawled) -> None:
    report = crawled.second["asp"]
    assert (report["new"], report["changed"], report["unchanged"], report["failed"]) == (0, 0, 20, 0)
    asked = [one for one in crawled.asked_second["asp"] if one.path != "/robots.txt"]
    assert len(asked) == 25
    assert all("if-none-match" in one.headers for one in asked)
    with crawled.catalogue.read() as connection:
        for notice in crawled.stored("asp").values():
            assert len(notices.version_records(connection, notice.id)) == 1


def test_a_changed_page_is_a_new_version_and_a_new_row_a_new_notice(crawled: Crawled) -> None:
    report = crawled.second["trs"]
    assert (report["new"], report["changed"], report["unchanged"]) == (1, 1, 17)
    stored = crawled.stored("trs")
    with crawled.catalogue.read() as connection:
        versions = notices.version_records(connection, stored["zwgk/202105/t20210501_3.html"].id)
    assert [one["version"] for one in versions] == [1, 2]
    assert "补充一段。" in versions[1]["record"]["body"]
    assert stored["zwgk/202105/t20210501_77.html"].title == title_of(77)


def test_files_that_are_known_are_left_alone_and_lost_ones_asked_again(crawled: Crawled) -> None:
    paths = [one.path for one in crawled.asked_second["files"]]
    assert "/files/plan.docx" not in paths
    assert "/files/lost.xls" in paths
    assert crawled.second["files"]["changed"] == 0
    assert crawled.stored("files")["zwgk/202105/t20210501_0.html"].attachments[0].body == "农机补贴实施方案全文"


def test_a_store_that_fails_ends_the_crawl_and_loses_nothing(tmp_path: Path) -> None:
    crawls = Crawls(tmp_path)
    (tmp_path / "snapshots").write_text("no folder")
    with Site(sample_sites.trs_site(pages=1)) as site:
        crawls.add("trs", site)
        with crawls.start() as process:
            _, errors = finished(process)
        assert process.returncode == 1
        assert "CrawlError: the crawl cannot go on: snapshot" in errors
        (tmp_path / "snapshots").unlink()
        assert crawls.run()["trs"]["new"] == 6
