"""kill -9 at a random moment of a crawl, then the same crawl again: every notice exactly once."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue, frontier, notices
from indexer.catalogue.tables import notices as notices_table
from tests.crawlers.sample_sites import title_of, trs_site
from tests.crawlers.site import Crawls, Site, finished

ROUNDS = int(os.environ.get("GONGKAI_SOAK_ROUNDS", "3"))
PAGES, ROWS = 6, 10
pytestmark = pytest.mark.soak


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_crawl_goes_on(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    crawls = Crawls(tmp_path)
    with Site(trs_site(PAGES, ROWS)) as site:
        crawls.add("trs", site, concurrency=4)
        wanted = chance.randrange(2, PAGES * ROWS)
        with crawls.start() as process:
            while len(site.asked) < wanted and process.poll() is None:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.05)
            process.kill()
            finished(process)
        report = crawls.run()["trs"]
        assert report["outcome"] == "finished"
        assert (report["waiting"], report["failed"]) == (0, 0)
        assert report["run_id"] == 1
    catalogue = Catalogue.open(crawls.catalogue_url)
    with catalogue.read() as connection:
        rows = connection.execute(notices_table.select()).all()
        assert sorted(row.title for row in rows) == sorted(title_of(n) for n in range(PAGES * ROWS))
        assert all(len(notices.version_records(connection, row.id)) == 1 for row in rows)
        told = frontier.run_report(connection, "trs")
        assert told is not None
        assert told.new == PAGES * ROWS
        assert told.unchanged == 0
    catalogue.close()
