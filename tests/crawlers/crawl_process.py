"""Crawls the sources of a folder and prints the reports as JSON; a reactor runs once a process."""

import dataclasses
import json
import sys
from pathlib import Path

from crawlers.crawl import crawl
from crawlers.sources import load_sources
from indexer.catalogue import Catalogue
from indexer.snapshots import SnapshotStore


def main() -> None:
    folder = Path(sys.argv[1])
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    reports = crawl(catalogue, SnapshotStore(str(folder / "snapshots")), load_sources(folder / "sources").values())
    print(json.dumps({report.source: {**dataclasses.asdict(report), "ok": report.ok} for report in reports}))
    catalogue.close()


if __name__ == "__main__":
    main()
