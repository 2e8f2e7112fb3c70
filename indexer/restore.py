"""The way back from a backup: unpacked beside, verified whole, and only then put in place."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from indexer import backup
from indexer.backup import ASIDE, CATALOGUE, CONFIGURATION, FORMAT, HEADER, MANIFEST, STAGING, BackupError
from indexer.catalogue import Catalogue, CatalogueError
from indexer.snapshots import SnapshotStore

_SNAPSHOT = re.compile(r"snapshots/([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})")
_OTHER = re.compile(r"(?:sources|files)(?:/(?!\.{1,2}(?:/|$))[^/\\\x00-\x1f\x7f]{1,250}){1,20}")
_RESERVED = re.compile(
    r"files/(?:catalogue\.db|index|snapshots|sources|configuration|before-restore-|\.)", re.IGNORECASE
)
_MAX_MANIFEST_BYTES = 1 << 30
USE_LOCK = "use.lock"
_CHUNK = 1 << 20


@dataclasses.dataclass(slots=True)
class RestoreReport:
    """What was put in place."""

    created_at: str
    program: str
    notices: int
    last_change: int
    snapshots: int
    """Restored from the file."""
    absent: int
    """Snapshots that the catalogue knows and neither the file nor the store has."""
    aside: str | None
    """The folder that the former content of the data folder was moved to."""


def restore_backup(file: Path, data_dir: Path, snapshots: SnapshotStore, *, force: bool = False) -> RestoreReport:
    """Restores into an empty data folder; ``force`` moves what is there into a folder ``before-restore-…`` within.

    Everything is unpacked into a folder of its own and compared with the manifest (sizes, hashes, counts) and the
    catalogue is opened there before anything in place is touched. ``snapshots`` is the store that the settings name;
    where it is not the data folder's own, the raw bytes are put there. Raises BackupError for a file that is not
    whole, not ours, or from a newer version, and for a data folder that is in use or not empty.
    """
    existed = data_dir.exists()
    if existed and not data_dir.is_dir():
        raise BackupError(f"{data_dir}: is not a folder")
    with _gzip(file) as packed, _alone(data_dir):
        if existed and _entries(data_dir) and not force:
            raise BackupError(f"{data_dir}: is not empty; --force moves what is there aside")
        data_dir.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=data_dir))
        try:
            manifest = _unpack(packed, staging, file)
            live, last_change = _check_catalogue(staging / CATALOGUE, manifest, file)
            restored = sum(1 for name in manifest["members"] if _SNAPSHOT.fullmatch(name))
            included = manifest.get("snapshots") == "include"
            absent = _place_snapshots(staging, snapshots, data_dir, included=included)
            os.sync()
            aside = _switch(staging, data_dir, kept=() if included else ("snapshots",))
        except gzip.BadGzipFile:
            raise
        except OSError as error:
            raise BackupError(f"{file}: not restored: {error}; the data folder is as it was") from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            if not existed:
                with contextlib.suppress(OSError):
                    data_dir.rmdir()  # only where it stayed empty
    return RestoreReport(
        created_at=str(manifest.get("created_at", "")),
        program=str(manifest.get("program", "")),
        notices=live,
        last_change=last_change,
        snapshots=restored,
        absent=absent,
        aside=aside,
    )


@contextlib.contextmanager
def _gzip(file: Path) -> Iterator[IO[bytes]]:
    """The unpacked bytes; everything that is wrong with the packing is a BackupError."""
    try:
        with gzip.open(file, "rb") as packed:
            yield packed  # type: ignore[misc]
    except FileNotFoundError:
        raise BackupError(f"{file}: does not exist") from None
    except IsADirectoryError:
        raise BackupError(f"{file}: is a folder") from None
    except EOFError:
        raise BackupError(f"{file}: ends early; it was not written or copied whole") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BackupError(f"{file}: is no backup of gongkai, or damaged ({error})") from None


def _unpack(packed: IO[bytes], staging: Path, file: Path) -> dict[str, Any]:
    """All members into the folder; the manifest that they were found equal to."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    try:
        with tarfile.open(fileobj=packed, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise BackupError(f"{file}: holds {member.name!r}, which is no plain file")
                if manifest is not None:
                    raise BackupError(f"{file}: holds more than its manifest names")
                if not found and member.name != HEADER:
                    raise BackupError(f"{file}: is no backup of gongkai")
                if member.name == MANIFEST:
                    manifest = _read_manifest(content, member.size, file)
                elif member.name in found:
                    raise BackupError(f"{file}: holds {member.name!r} twice")
                else:
                    found[member.name] = _write_member(member, content, staging, file)
                if member.name == HEADER:
                    _check_header(staging / HEADER, file)
    except tarfile.ReadError as error:
        raise BackupError(f"{file}: is no backup of gongkai, or ends early ({error})") from None
    except tarfile.HeaderError as error:
        raise BackupError(f"{file}: is damaged ({error})") from None
    while rest := packed.read(_CHUNK):  # to the end, where the check sum of the packing is
        if rest.strip(b"\0"):
            raise BackupError(f"{file}: goes on behind its end")
    if manifest is None:
        raise BackupError(f"{file}: ends early; its manifest is missing")
    _compare(found, manifest["members"], file)
    return manifest


def _check_header(path: Path, file: Path) -> None:
    try:
        version = json.loads(path.read_bytes())["gongkai_backup"]
    except (ValueError, KeyError, TypeError):
        raise BackupError(f"{file}: is no backup of gongkai") from None
    if version != FORMAT:
        raise BackupError(f"{file}: has format {version!r}; this version of gongkai reads format {FORMAT}")


def _read_manifest(content: IO[bytes], size: int, file: Path) -> dict[str, Any]:
    if size > _MAX_MANIFEST_BYTES:
        raise BackupError(f"{file}: its manifest has {size} bytes")
    try:
        manifest: dict[str, Any] = json.loads(content.read())
        sound = isinstance(manifest["members"], dict) and isinstance(manifest["counts"], dict)
        sound = sound and all({"size", "sha256"} <= set(one) for one in manifest["members"].values())
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise BackupError(f"{file}: its manifest cannot be read")
    return manifest


def _write_member(member: tarfile.TarInfo, content: IO[bytes], staging: Path, file: Path) -> dict[str, Any]:
    name = member.name
    plain = name in (HEADER, CATALOGUE, CONFIGURATION) or _SNAPSHOT.fullmatch(name)
    if not plain and (not _OTHER.fullmatch(name) or _RESERVED.match(name)):
        raise BackupError(f"{file}: holds {name!r}, a name that no backup has")
    target = staging / name.removeprefix("files/")
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    size = 0
    with open(target, "xb") as written:
        os.fchmod(written.fileno(), 0o600)
        while chunk := content.read(_CHUNK):
            sha256.update(chunk)
            size += len(chunk)
            written.write(chunk)
    return {"size": size, "sha256": sha256.hexdigest()}


def _compare(found: dict[str, dict[str, Any]], named: dict[str, dict[str, Any]], file: Path) -> None:
    for name in sorted(found.keys() ^ named.keys()):
        raise BackupError(f"{file}: {name!r} is " + ("not in its manifest" if name in found else "missing"))
    for name, one in found.items():
        if one["size"] != named[name]["size"] or one["sha256"] != named[name]["sha256"]:
            raise BackupError(f"{file}: {name!r} is not what its manifest says; the file was changed")
        snapshot = _SNAPSHOT.fullmatch(name)
        if snapshot and snapshot[3] != one["sha256"]:
            raise BackupError(f"{file}: {name!r} does not hold the bytes of that name")
    if CATALOGUE not in found:
        raise BackupError(f"{file}: holds no catalogue")


def _check_catalogue(database: Path, manifest: dict[str, Any], file: Path) -> tuple[int, int]:
    """Its live notices and last change number, after opening it as this version would, migrations included."""
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            problems = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problems != "ok":
            raise BackupError(f"{file}: its catalogue is damaged: {problems}")
        if backup.schema(database) != manifest.get("schema") or backup.counts(database) != manifest["counts"]:
            raise BackupError(f"{file}: its catalogue does not hold what its manifest counts")
        found = backup.live_and_last(database)
    except (sqlite3.Error, TypeError) as error:
        raise BackupError(f"{file}: its catalogue cannot be read: {error}") from None
    try:
        Catalogue.open(f"sqlite:///{database}").close()
    except CatalogueError as error:
        raise BackupError(f"{file}: {error}") from None
    return found


def _place_snapshots(staging: Path, store: SnapshotStore, data_dir: Path, *, included: bool) -> int:
    """Puts the raw bytes into a store that is not the data folder's own; returns how many are nowhere."""
    own = store.is_folder(data_dir / "snapshots")
    absent = 0
    with contextlib.closing(sqlite3.connect(staging / CATALOGUE)) as connection:
        for (sha256,) in connection.execute("SELECT sha256 FROM snapshots"):
            unpacked = staging / backup.snapshot_name(sha256)
            if unpacked.exists():
                if not own:
                    store.put(unpacked.read_bytes())
            elif (own and included) or not store.has(sha256):
                absent += 1
    if not own:
        shutil.rmtree(staging / "snapshots", ignore_errors=True)
    return absent


@contextlib.contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """Raises BackupError where a process works on the data folder, and lets none begin to."""
    with contextlib.ExitStack() as stack:
        for lock in (data_dir / USE_LOCK, data_dir / "index" / "writer.lock", data_dir / "crawl.lock"):
            try:
                file = stack.enter_context(open(lock, "rb"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except BlockingIOError:
                raise BackupError(f"{data_dir}: a process works on it ({lock.name}); stop it first") from None
        yield


@contextlib.contextmanager
def in_use(data_dir: Path) -> Iterator[None]:
    """Says for as long as the context lasts that the data folder is worked on; several processes may do so.

    Raises BackupError while a backup is restored into it.
    """
    with open(data_dir / USE_LOCK, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"{data_dir}: a backup is being restored into it") from None
        yield


def _entries(data_dir: Path) -> list[Path]:
    return [
        path
        for path in sorted(data_dir.iterdir())
        if not path.name.startswith((STAGING, ASIDE)) and path.name not in ("lost+found", USE_LOCK)
    ]


def _switch(staging: Path, data_dir: Path, *, kept: Sequence[str]) -> str | None:
    """Moves what is there, but for the names ``kept``, aside and the restored in its place; undone where one fails."""
    old = [path for path in _entries(data_dir) if path.name not in kept]
    aside = data_dir / f"{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    (staging / HEADER).unlink()
    moves = [(path, aside / path.name) for path in old]
    # The catalogue last: without it there is no data folder that a command would take for whole.
    new = sorted(staging.iterdir(), key=lambda path: (path.name == CATALOGUE, path.name))
    moves += [(path, data_dir / path.name) for path in new]
    if old:
        aside.mkdir()
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            os.rename(source, target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            os.rename(target, source)
        if old:
            aside.rmdir()
        raise
    backup.sync_folder(data_dir)
    return str(aside) if old else None
