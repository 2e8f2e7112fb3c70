"""The sample district, crawled once a test session by the program's own crawl."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices
from indexer.catalogue.tables import notices as notices_table
from samples import SITES, SampleNotice, SampleSites, load_notices, load_rows, write_sources
from tests.conftest import PROJECT


@dataclasses.dataclass(frozen=True)
class District:
    folder: Path
    catalogue: Catalogue
    reports: Mapping[str, Mapping[str, Any]]
    """Of the crawl, by source."""
    stored: Mapping[str, Notice]
    """Every notice of the catalogue by its address."""
    bases: Mapping[str, str]
    """Scheme, host and port by site."""

    def address(self, row: SampleNotice) -> str:
        return self.bases[row.site] + SITES[row.site].address(row)

    @property
    def ids(self) -> dict[str, str]:
        """Id of the stored notice by the sample's name, such as ``portal/2016-river-sand``."""
        return {notice.name: self.stored[self.address(notice)].id for notice in samples()}


def samples() -> list[SampleNotice]:
    return [notice for site in SITES for notice in load_notices(site)]


def traps() -> list[SampleNotice]:
    return [row for site in SITES for row in load_rows(site) if row.kind != "notice"]


@contextmanager
def crawled_district(folder: Path) -> Iterator[District]:
    with SampleSites() as sites:
        write_sources(folder / "sources", sites.ports)
        done = subprocess.run(
            [sys.executable, "-m", "tests.crawlers.crawl_process", str(folder)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        bases = {name: address.removesuffix(SITES[name].start) for name, address in sites.addresses.items()}
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    try:
        with catalogue.read() as connection:
            rows = connection.execute(notices_table.select()).all()
            stored = {one.url: one for one in notices.get_all(connection, [row.id for row in rows]).values()}
        assert len(stored) == len(rows)
        yield District(folder, catalogue, json.loads(done.stdout), stored, bases)
    finally:
        catalogue.close()
