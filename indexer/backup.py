"""One file with everything that cannot be made again: catalogue, snapshots, sources, configuration."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import hashlib
import importlib.metadata
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from indexer.catalogue import Catalogue
from indexer.catalogue.tables import metadata
from indexer.snapshots import SnapshotError, SnapshotStore

FORMAT = 1
HEADER = "gongkai-backup.json"
"""The first member: what this file is, before anything is unpacked."""
MANIFEST = "manifest.json"
"""The last member, so a file that ends early has none."""
CATALOGUE = "catalogue.db"
CONFIGURATION = "configuration/gongkai.toml"
ASIDE = "before-restore-"
STAGING = ".restoring-"
_PAGES = 2_000
"""Of the catalogue, a step of the online copy: 8 MB."""
_MAX_SOURCE_BYTES = 1 << 20
_MAX_MISSING = 1_000
_SKIPPED = re.compile(
    r"index|snapshots|sources|configuration|lost\+found|.*\.lock|.*\.part|.*-(?:wal|shm|journal)|\..*"
)
"""Names in the data folder that are made again, kept by themselves, or passing."""

Progress = Callable[[int, int], None]
"""Called with (files done, files known)."""


class BackupError(Exception):
    """The backup could not be written or cannot be used; the message says why."""


@dataclasses.dataclass(slots=True)
class BackupReport:
    """What is in the file."""

    file: str
    size: int
    notices: int
    last_change: int
    snapshots: int
    """Kept in the file; 0 where they go by reference."""
    missing: list[str]
    """Snapshots that the catalogue knows and the store does not give: SHA-256 and reason."""


def write_backup(
    file: Path,
    catalogue: Catalogue,
    snapshots: SnapshotStore,
    *,
    data_dir: Path,
    sources: Path,
    configuration: str | None = None,
    include_snapshots: bool = True,
    progress: Progress | None = None,
) -> BackupReport:
    """Writes the backup beside ``file`` and moves it there, durable, when it is whole; others may write meanwhile.

    The catalogue is copied first, as of one moment; its snapshots were all stored before that moment. Raises
    BackupError where the catalogue is not in SQLite or ``file`` lies where it would be part of itself.
    """
    database = _database(catalogue)
    file = file.absolute()
    if file.is_dir() or not file.parent.is_dir():
        raise BackupError(f"{file}: " + ("is a folder" if file.is_dir() else f"there is no folder {file.parent}"))
    if file.is_relative_to(data_dir.absolute()):
        raise BackupError(f"{file}: lies in the data folder; a backup belongs elsewhere, best on another disk")
    with tempfile.TemporaryDirectory(prefix=f".{file.name}.", suffix=".part", dir=file.parent) as name:
        beside = Path(name)
        copy_database(database, beside / CATALOGUE)
        report = BackupReport(str(file), 0, *live_and_last(beside / CATALOGUE), 0, [])
        part = beside / "backup"
        with open(part, "xb") as raw:
            os.fchmod(raw.fileno(), 0o600)
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed:
                archive = _Archive(packed)
                archive.add_bytes(HEADER, _json({"gongkai_backup": FORMAT}))
                archive.add_file(CATALOGUE, beside / CATALOGUE)
                _add_files(archive, beside, data_dir=data_dir, sources=sources, database=database)
                if configuration is not None:
                    archive.add_bytes(CONFIGURATION, configuration.encode())
                if include_snapshots:
                    _add_snapshots(archive, beside / CATALOGUE, snapshots, report, progress)
                archive.close(_manifest(beside / CATALOGUE, report, include_snapshots))
            raw.flush()
            os.fsync(raw.fileno())
        report.size = part.stat().st_size
        os.replace(part, file)
    sync_folder(file.parent)
    return report


def copy_database(source: Path, target: Path) -> None:
    """A copy as of one moment, in steps that keep nobody from writing (SQLite's online backup)."""
    with (
        contextlib.closing(sqlite3.connect(source, timeout=60, isolation_level=None)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        # A read transaction over all steps: without it each write of another process would begin the copy anew.
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()
        reading.backup(writing, pages=_PAGES)
        reading.execute("COMMIT")


def counts(database: Path) -> dict[str, int]:
    """Rows of each of the catalogue's tables that the database has."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - our own names
            for name in metadata.tables
            if name in there
        }


def schema(database: Path) -> str:
    """The revision that the catalogue in the file has; raises sqlite3.Error where it is none."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def configuration_without(text: str, secrets: Collection[str]) -> str:
    """The configuration file anew, without the keys in ``secrets`` and without user and password in addresses."""
    lines = []
    for key, value in tomllib.loads(text).items():
        if key in secrets:
            lines.append(f"# {key} is not kept in a backup")
            continue
        shown = json.dumps(value, ensure_ascii=False, default=str)
        lines.append(f"{key} = {re.sub(r'://[^/@ ]*@', '://', shown)}")
    return "\n".join([*lines, ""])


def sync_folder(folder: Path) -> None:
    """Makes the names in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def snapshot_name(sha256: str) -> str:
    return f"snapshots/{sha256[:2]}/{sha256[2:4]}/{sha256}"


class _Archive:
    """A tar file in the writing; knows the hash of each member."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._tar = tarfile.open(  # noqa: SIM115 - closed by close
            fileobj=file, mode="w|", format=tarfile.PAX_FORMAT
        )
        self._members: dict[str, dict[str, Any]] = {}

    def add_bytes(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        with open(path, "rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def close(self, manifest: Mapping[str, Any]) -> None:
        self.add_bytes(MANIFEST, _json({**manifest, "members": self._members}))
        self._tar.close()

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        hashed = _Hashed(file)
        self._tar.addfile(member, hashed)
        self._members[name] = {"size": size, "sha256": hashed.sha256.hexdigest()}


class _Hashed(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()

    def read(self, size: int | None = -1) -> bytes:
        content = self._file.read(-1 if size is None else size)
        self.sha256.update(content)
        return content


def _database(catalogue: Catalogue) -> Path:
    if catalogue.url.get_backend_name() != "sqlite" or not catalogue.url.database:
        raise BackupError(
            "the catalogue is in PostgreSQL: keep it with pg_dump --format=custom, then copy the snapshots' folder or"
            " store; gongkai backup is for a catalogue in SQLite"
        )
    return Path(catalogue.url.database)


def _add_files(archive: _Archive, beside: Path, *, data_dir: Path, sources: Path, database: Path) -> None:
    """Sources, and whatever else the program keeps in the data folder; databases among it as of one moment."""
    for path in _files(sources):
        if path.stat().st_size <= _MAX_SOURCE_BYTES:
            archive.add_bytes(f"sources/{path.relative_to(sources).as_posix()}", path.read_bytes())
    for entry in sorted(data_dir.iterdir()) if data_dir.is_dir() else ():
        if _SKIPPED.fullmatch(entry.name) or entry.name.startswith(ASIDE) or entry == sources:
            continue
        for path in [entry] if entry.is_file() and not entry.is_symlink() else _files(entry):
            if path.absolute() == database.absolute() or _SKIPPED.fullmatch(path.name):
                continue
            copy = beside / "file"
            with open(path, "rb") as file:
                is_database = file.read(16) == b"SQLite format 3\0"
            if is_database:
                copy_database(path, copy)
            else:
                shutil.copyfile(path, copy)
            archive.add_file(f"files/{path.relative_to(data_dir).as_posix()}", copy)
            copy.unlink()


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and not folder.is_symlink():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path


def _add_snapshots(
    archive: _Archive, database: Path, store: SnapshotStore, report: BackupReport, progress: Progress | None
) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        total = int(connection.execute("SELECT count(*) FROM snapshots").fetchone()[0])
        for number, (sha256,) in enumerate(connection.execute("SELECT sha256 FROM snapshots ORDER BY sha256"), start=1):
            try:
                raw = store.get(sha256)
                if hashlib.sha256(raw).hexdigest() != sha256:
                    raise SnapshotError(f"snapshot {sha256}: has changed in the store")
            except SnapshotError as error:
                if len(report.missing) < _MAX_MISSING:
                    report.missing.append(str(error))
            else:
                archive.add_bytes(snapshot_name(sha256), raw)
                report.snapshots += 1
            if progress is not None:
                progress(number, total)


def _manifest(database: Path, report: BackupReport, include_snapshots: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "program": program_version(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "schema": schema(database),
        "last_change": report.last_change,
        "counts": counts(database),
        "snapshots": "include" if include_snapshots else "reference",
        "missing_snapshots": report.missing,
    }


def program_version() -> str:
    try:
        return importlib.metadata.version("gongkai")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def live_and_last(database: Path) -> tuple[int, int]:
    """Live notices, last change number."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        live = connection.execute("SELECT count(*) FROM notices WHERE NOT deleted").fetchone()[0]
        last = connection.execute("SELECT value FROM change_counter").fetchone()[0]
    return int(live), int(last)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
