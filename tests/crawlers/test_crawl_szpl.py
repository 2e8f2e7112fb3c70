"""A real department's column, served as it was found and crawled with nothing but address, host and name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from indexer.catalogue import Catalogue, notices
from indexer.catalogue.tables import notices as notices_table
from tests.crawlers.site import Crawls, Reply, Site

pytestmark = pytest.mark.shared


def _site(root: Path) -> Site:
    pages = {
        "/" + file.relative_to(root).as_posix(): Reply(file.read_bytes())
        for file in root.rglob("*")
        if file.suffix == ".html"
    }
    pages["/"] = pages["/index.html"]
    return Site(pages)


def test_every_notice_of_the_list_once(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "A_html" / "szpl"
    truth: dict[str, dict[str, Any]] = {}
    for line in (folder / "fcl.gt.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        truth[record["file"]] = record
    crawls = Crawls(tmp_path)
    with _site(folder / "fcl") as site:
        crawls.add("szpl", site)
        report = crawls.run()["szpl"]
        address = site.address
        asked = site.paths()
    assert report["outcome"] == "finished"
    assert report["new"] == len(truth) == 146
    assert len(asked) == len(set(asked))
    catalogue = Catalogue.open(crawls.catalogue_url)
    with catalogue.read() as connection:
        rows = connection.execute(notices_table.select()).all()
        stored = notices.get_all(connection, [row.id for row in rows])
    catalogue.close()
    found = {notice.url.removeprefix(f"{address}/"): notice for notice in stored.values()}
    assert set(found) == set(truth)
    pairs = [(found[file], record) for file, record in truth.items()]
    least = 0.99 * len(truth)
    assert sum(notice.title == record["title"] for notice, record in pairs) >= least
    assert sum(str(notice.published_date) == record["date"] for notice, record in pairs) >= least
    expected = [(notice.written_date, record["list_date"] or None) for notice, record in pairs]
    assert sum((str(day) if day else None) == wanted for day, wanted in expected) >= least
    files = {
        f"{record['file'].rpartition('/')[0]}/{file['href'].removeprefix('./')}"
        for record in truth.values()
        for file in record["attachments"]
    }
    # The site's menu leads to columns that are not there, either.
    failures = {failure["url"].removeprefix(f"{address}/"): failure for failure in report["failures"]}
    assert {url for url, failure in failures.items() if failure["kind"] == "attachment"} == files
    assert {failure["reason"] for failure in failures.values()} == {"HTTP 404"}
    assert {failure["kind"] for failure in failures.values()} == {"attachment", "listing"}
    errors = [file.error for notice, _ in pairs for file in notice.attachments]
    assert errors == ["HTTP 404"] * len(files)
