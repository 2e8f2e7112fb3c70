"""Notices from files: JSON lines with the fields of a notice, and folders of documents."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from analyzers.notice import Notice, RecordError
from crawlers.extraction.errors import ExtractionError
from crawlers.extraction.extract import extract
from crawlers.extraction.pool import ReaderPool
from indexer.catalogue import Catalogue, notices
from indexer.snapshots import SnapshotStore

BATCH = 500
"""Notices a transaction: short enough that a crawl beside it never waits long."""
MAX_LINE_BYTES = 200_000_000
MAX_FILE_BYTES = 200_000_000
_MAX_FAILURES = 1_000


@dataclasses.dataclass(slots=True)
class ImportReport:
    """What became of the records; ``failures`` holds (place, reason) of the first ones that were refused."""

    outcomes: Counter[str] = dataclasses.field(default_factory=Counter)
    failed: int = 0
    failures: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def refuse(self, place: str, reason: str) -> None:
        self.failed += 1
        if len(self.failures) < _MAX_FAILURES:
            self.failures.append((place, " ".join(reason.split())[:500]))


def import_paths(
    paths: Sequence[Path],
    catalogue: Catalogue,
    snapshots: SnapshotStore,
    *,
    source: str | None = None,
    renamed: Mapping[str, str] | None = None,
    pool: Callable[[], ReaderPool],
    progress: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Imports JSON lines files and documents; importing the same again changes nothing.

    ``source`` wins over the records' own, and is ``import`` for documents without one; ``renamed`` maps a record's
    keys to field names. ``pool`` is called when the first document has to be read. A bad line, record or file is
    refused with its place and the rest goes on. Raises FileNotFoundError for a path that does not exist.
    """
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path}: does not exist")
    report = ImportReport()
    for path in paths:
        for file in _files(path):
            if file.suffix.lower() in (".jsonl", ".ndjson"):
                found = _records(file, source, renamed or {}, report)
            else:
                found = _documents([file], source or "import", snapshots, catalogue, pool(), report)
            _store(found, catalogue, report, progress)
    return report


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for inner in sorted(path.rglob("*")):
        if inner.is_file() and not inner.is_symlink() and not inner.name.startswith("."):
            yield inner


def _store(
    found: Iterable[Notice],
    catalogue: Catalogue,
    report: ImportReport,
    progress: Callable[[ImportReport], None] | None,
) -> None:
    batch: list[Notice] = []

    def flush() -> None:
        with catalogue.begin() as connection:
            outcomes = notices.put_all(connection, batch)
        report.outcomes.update(outcomes)
        batch.clear()
        if progress is not None:
            progress(report)

    for notice in found:
        batch.append(notice)
        if len(batch) >= BATCH or len(notice.body) > 1_000_000:
            flush()
    if batch:
        flush()


def _records(file: Path, source: str | None, renamed: Mapping[str, str], report: ImportReport) -> Iterator[Notice]:
    with open(file, "rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            place = f"{file}:{number}"
            if len(line) > MAX_LINE_BYTES:
                report.refuse(place, f"line of more than {MAX_LINE_BYTES} bytes")
                while line and not line.endswith(b"\n"):
                    line = lines.readline(MAX_LINE_BYTES)
                continue
            if not line.strip():
                continue
            try:
                yield Notice.from_record(_record(line, renamed), source=source)
            except (RecordError, RecursionError) as error:
                report.refuse(place, str(error))


def _record(line: bytes, renamed: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecordError(f"is not UTF-8: {error}") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"is not JSON: {error}") from None
    if not isinstance(record, dict):
        raise RecordError("is not a JSON object")
    return {renamed.get(key, key): value for key, value in record.items()}


def _documents(
    files: Iterable[Path],
    source: str,
    snapshots: SnapshotStore,
    catalogue: Catalogue,
    pool: ReaderPool,
    report: ImportReport,
) -> Iterator[Notice]:
    for file in files:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            report.refuse(str(file), f"{size} bytes are more than {MAX_FILE_BYTES}")
            continue
        raw = file.read_bytes()
        reading: Future[Notice] = pool.submit(extract, raw, file.absolute().as_uri(), None, source)
        try:
            notice = reading.result()
        except ExtractionError as error:
            report.refuse(str(file), str(error))
            continue
        sha256 = snapshots.put(raw)
        with catalogue.begin() as connection:
            notices.put_snapshot(connection, sha256, len(raw), None)
        yield notice
