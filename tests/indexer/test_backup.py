"""A backup comes back whole or not at all, and what is in place stays until then."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy

from analyzers.notice import Notice
from indexer.backup import BackupError, BackupReport, configuration_without, counts, write_backup
from indexer.catalogue import Catalogue, notices
from indexer.restore import RestoreReport, restore_backup
from indexer.snapshots import SnapshotStore

SOURCE = b'address = "https://czj.example.gov.cn/"\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with notices, versions, snapshots, a source, and things that are no part of a backup."""
    folder = tmp_path / "data"
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    store = SnapshotStore(str(folder / "snapshots"))
    with catalogue.begin() as connection:
        for number in range(20):
            raw = f"第{number}号公告".encode() * 100
            notices.put_snapshot(connection, store.put(raw), len(raw), "text/html")
        first = [Notice(id=f"n{one}", url="", source="s", title=f"第{one}号", body="旧文") for one in range(50)]
        notices.put_all(connection, first)
        notices.put_all(connection, [Notice(id="n1", url="", source="s", title="第1号", body="新文")])
        notices.delete(connection, "n2")
    catalogue.close()
    (folder / "sources").mkdir()
    (folder / "sources" / "finance.toml").write_bytes(SOURCE)
    (folder / "index" / "tantivy").mkdir(parents=True)
    (folder / "index" / "tantivy" / "current.json").write_text("{}")
    (folder / "index" / "writer.lock").write_text("1")
    (folder / "words.txt").write_text("农机购置补贴\n")
    with sqlite3.connect(folder / "queries.db") as connection_of_others:
        connection_of_others.execute("CREATE TABLE queries (text TEXT)")
        connection_of_others.execute("INSERT INTO queries VALUES ('补贴')")
    connection_of_others.close()
    return folder


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    written(data, tmp_path / "one.backup")
    return tmp_path / "one.backup"


def written(data: Path, file: Path, *, include: bool = True, snapshots: Path | None = None) -> BackupReport:
    catalogue = Catalogue.open(f"sqlite:///{data / 'catalogue.db'}")
    try:
        return write_backup(
            file, catalogue, SnapshotStore(str(snapshots or data / "snapshots")), data_dir=data,
            sources=data / "sources", configuration="port = 8123\n", include_snapshots=include,
        )  # fmt: skip
    finally:
        catalogue.close()


def restored(file: Path, folder: Path, *, force: bool = False) -> RestoreReport:
    return restore_backup(file, folder, SnapshotStore(str(folder / "snapshots")), force=force)


def rows(database: Path) -> dict[str, str]:
    """The hash of all rows of each table."""
    connection = sqlite3.connect(database)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: hashlib.sha256(repr(sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)).encode()).hexdigest()
        for table in tables
    }
    connection.close()
    return found


def content(folder: Path) -> dict[str, str]:
    """Hashes of the files by path, the catalogue aside."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("catalogue.db")
    }


def members(file: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(file, "r:gz") as tar:
        return [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def rewritten(
    file: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None], *, hashes: bool = True
) -> Path:
    """The backup with changed members; with ``hashes`` its manifest is made to fit them."""
    found = members(file)
    change(found)
    if hashes:
        manifest = json.loads(next(raw for member, raw in found if member.name == "manifest.json"))
        manifest["members"] = {
            member.name: {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
            for member, raw in found
            if member.name != "manifest.json"
        }
        found = [
            (member, json.dumps(manifest).encode() if member.name == "manifest.json" else raw) for member, raw in found
        ]
    target = file.with_name("changed.backup")
    with tarfile.open(target, "w:gz") as tar:
        for member, raw in found:
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
    return target


def test_the_way_there_and_back(data: Path, backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    report = restored(backup, folder)
    assert (report.notices, report.snapshots, report.absent, report.aside) == (49, 20, 0, None)
    assert rows(folder / "catalogue.db") == rows(data / "catalogue.db")
    kept = {name: value for name, value in content(data).items() if not name.startswith(("index/", "queries.db"))}
    found = content(folder)
    assert found.pop("configuration/gongkai.toml")
    assert rows(folder / "queries.db") == rows(data / "queries.db")
    assert found.pop("queries.db")
    assert found == kept
    again = tmp_path / "again.backup"
    written(folder, again)
    assert [
        (member.name, raw)
        for member, raw in members(again)
        if member.name not in ("manifest.json", "catalogue.db", "queries.db")
    ] == [
        (member.name, raw)
        for member, raw in members(backup)
        if member.name not in ("manifest.json", "catalogue.db", "queries.db")
    ]


def test_nobody_else_reads_the_file(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_the_manifest_tells_what_is_inside(data: Path, backup: Path) -> None:
    found = members(backup)
    manifest = json.loads(found[-1][1])
    assert found[0][0].name == "gongkai-backup.json"
    assert manifest["counts"] == counts(data / "catalogue.db")
    assert manifest["counts"]["versions"] == 51
    assert manifest["members"].keys() == {member.name for member, _ in found[:-1]}
    assert manifest["schema"]
    assert manifest["format"] == 1


def test_a_backup_that_ends_early_is_refused_wherever_it_ends(backup: Path, tmp_path: Path) -> None:
    raw = backup.read_bytes()
    part = tmp_path / "part.backup"
    folder = tmp_path / "new"
    ends = {0, 1, 5, 20, len(raw) - 1, len(raw) - 7, len(raw) - 9, *range(100, len(raw), max(len(raw) // 40, 1))}
    for end in sorted(ends):
        part.write_bytes(raw[:end])
        with pytest.raises(BackupError):
            restored(part, folder)
        assert not folder.exists(), end


def test_a_tar_that_ends_early_is_refused(backup: Path, tmp_path: Path) -> None:
    """Packed well, but cut within: at every end of a member and in the middle of some."""
    raw = gzip.decompress(backup.read_bytes())
    part = tmp_path / "part.backup"
    for end in {512, 700, 1024, len(raw) // 2 // 512 * 512, len(raw) // 2 + 77, len(raw) - 10_240, len(raw) - 20_480}:
        part.write_bytes(gzip.compress(raw[: max(end, 0)], 1))
        with pytest.raises(BackupError):
            restored(part, tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_any_changed_byte_is_noticed(backup: Path, tmp_path: Path) -> None:
    raw = backup.read_bytes()
    part = tmp_path / "part.backup"
    for place in range(10, len(raw), max(len(raw) // 50, 1)):
        part.write_bytes(raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :])
        try:
            restored(part, tmp_path / "new")
        except BackupError:
            assert not (tmp_path / "new").exists(), place
        else:  # bits that fill up a byte of the packing say nothing
            assert gzip.decompress(part.read_bytes()) == gzip.decompress(raw), place
            shutil.rmtree(tmp_path / "new")


def change_body(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    at = next(number for number, (member, _) in enumerate(found) if member.name.startswith("sources/"))
    found[at] = (found[at][0], found[at][1] + b"# changed")


def drop_snapshot(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del found[next(number for number, (member, _) in enumerate(found) if member.name.startswith("snapshots/"))]


def change_snapshot(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    at = next(number for number, (member, _) in enumerate(found) if member.name.startswith("snapshots/"))
    found[at] = (found[at][0], b"something else")


def change_catalogue(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    found[1] = (found[1][0], b"SQLite format 3\0" + b"x" * 5000)


def drop_catalogue(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del found[1]


def newer_format(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    found[0] = (found[0][0], b'{"gongkai_backup": 99}')


def no_header(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del found[0]


def twice(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    found.insert(1, found[1])


@pytest.mark.parametrize(
    ("change", "hashes", "reason"),
    [
        (change_body, False, "is not what its manifest says"),
        (drop_snapshot, False, "is missing"),
        (change_snapshot, True, "does not hold the bytes of that name"),
        (change_catalogue, False, "is not what its manifest says"),
        (change_catalogue, True, "catalogue cannot be read"),
        (drop_catalogue, True, "holds no catalogue"),
        (newer_format, True, "has format 99"),
        (no_header, True, "is no backup of gongkai"),
        (twice, False, "twice"),
    ],
)
def test_a_changed_backup_is_refused_with_the_reason(
    backup: Path,
    tmp_path: Path,
    change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None],
    hashes: bool,
    reason: str,
) -> None:
    with pytest.raises(BackupError, match=reason):
        restored(rewritten(backup, change, hashes=hashes), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "files/../../evil",
        "/etc/evil",
        "files/./evil",
        "sources/a\\..\\evil",
        "files//evil",
        "snapshots/../evil",
        "files/catalogue.db",
        "files/index/tantivy/current.json",
        "evil",
        "files/" + "x" * 300,
        "files/a\nb",
    ],
)
def test_no_name_leads_out_of_the_folder(backup: Path, tmp_path: Path, name: str) -> None:
    def add(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        found.insert(2, (tarfile.TarInfo(name), b"evil"))

    before = content(tmp_path)
    with pytest.raises(BackupError, match="a name that no backup has"):
        restored(rewritten(backup, add), tmp_path / "deep" / "new")
    assert set(content(tmp_path)) - {"changed.backup"} == set(before)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_only_plain_files(backup: Path, tmp_path: Path, kind: bytes) -> None:
    def add(found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        member = tarfile.TarInfo("files/link")
        member.type, member.linkname = kind, "/etc/passwd"
        found.insert(2, (member, b""))

    target = backup.with_name("links.backup")
    found = members(backup)
    add(found)
    with tarfile.open(target, "w:gz") as tar:
        for member, raw in found:
            tar.addfile(member, io.BytesIO(raw))
    with pytest.raises(BackupError, match="no plain file"):
        restored(target, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_catalogue_of_a_newer_version_is_refused(data: Path, tmp_path: Path) -> None:
    with sqlite3.connect(data / "catalogue.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    catalogue = Catalogue(sqlalchemy.create_engine(f"sqlite:///{data / 'catalogue.db'}"))
    file = tmp_path / "newer.backup"
    write_backup(file, catalogue, SnapshotStore(str(data / "snapshots")), data_dir=data, sources=data / "sources")
    catalogue.close()
    with pytest.raises(BackupError, match="newer version of gongkai"):
        restored(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("text", [b"", b"no backup", gzip.compress(b"no tar"), gzip.compress(b""), b"PK\3\4 a zip"])
def test_other_files_are_refused(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(text)
    with pytest.raises(BackupError):
        restored(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(BackupError, match="does not exist"):
        restored(tmp_path / "none", tmp_path / "new")


def test_bytes_behind_the_end_are_refused(backup: Path, tmp_path: Path) -> None:
    backup.write_bytes(backup.read_bytes() + gzip.compress(b"more"))
    with pytest.raises(BackupError, match="behind its end"):
        restored(backup, tmp_path / "new")


def test_what_is_there_stays_or_moves_aside(data: Path, backup: Path) -> None:
    before = content(data)
    catalogue = rows(data / "catalogue.db")
    with pytest.raises(BackupError, match="is not empty"):
        restored(backup, data)
    assert (content(data), rows(data / "catalogue.db")) == (before, catalogue)
    (data / "words.txt").write_text("换了")
    report = restored(backup, data, force=True)
    assert report.aside is not None
    assert Path(report.aside, "words.txt").read_text() == "换了"
    assert Path(report.aside, "catalogue.db").exists()
    assert (data / "words.txt").read_text() == "农机购置补贴\n"
    assert rows(data / "catalogue.db") == catalogue
    restored(backup, data, force=True)
    assert len(list(data.glob("before-restore-*"))) == 2


def test_a_refused_backup_moves_nothing_even_by_force(data: Path, backup: Path) -> None:
    before = content(data)
    backup.write_bytes(backup.read_bytes()[:-100])
    with pytest.raises(BackupError):
        restored(backup, data, force=True)
    assert content(data) == before


@pytest.mark.parametrize("lock", ["index/writer.lock", "crawl.lock"])
def test_not_under_a_process_that_works(data: Path, backup: Path, lock: str) -> None:
    with open(data / lock, "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="a process works on it"):
            restored(backup, data, force=True)


def test_a_mountpoint_that_cannot_be_moved_undoes_the_rest(
    data: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses one of the moves."""
    before = content(data)
    rename = os.rename

    def refuses(source: Path, target: Path) -> None:
        if ".restoring-" in str(source) and Path(target).name == "catalogue.db":
            raise OSError(16, "Device or resource busy")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuses)
    with pytest.raises(BackupError, match="as it was"):
        restored(backup, data, force=True)
    monkeypatch.undo()
    assert content(data) == before
    assert not list(data.glob("before-restore-*"))


def test_snapshots_by_reference_stay_where_they_are(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "small.backup"
    report = written(data, file, include=False)
    assert report.snapshots == 0
    assert not [member for member, _ in members(file) if member.name.startswith("snapshots/")]
    kept = content(data / "snapshots")
    assert restored(file, data, force=True).absent == 0
    assert content(data / "snapshots") == kept
    assert restored(file, tmp_path / "elsewhere").absent == 20


def test_snapshots_go_to_the_store_of_the_settings(backup: Path, data: Path, tmp_path: Path) -> None:
    store = SnapshotStore(str(tmp_path / "store"))
    report = restore_backup(backup, tmp_path / "new", store)
    assert (report.snapshots, report.absent) == (20, 0)
    assert content(tmp_path / "store") == content(data / "snapshots")
    assert not (tmp_path / "new" / "snapshots").exists()


def test_missing_and_damaged_snapshots_are_named(data: Path, tmp_path: Path) -> None:
    files = sorted(path for path in (data / "snapshots").rglob("*") if path.is_file())
    files[0].unlink()
    files[1].write_bytes(b"rotten")
    report = written(data, tmp_path / "one.backup")
    assert report.snapshots == 18
    assert files[0].name in report.missing[0] + report.missing[1]
    assert "has changed in the store" in report.missing[0] + report.missing[1]
    assert restored(tmp_path / "one.backup", tmp_path / "new").absent == 2


def test_a_backup_that_fails_leaves_the_former_one(data: Path, backup: Path) -> None:
    former = backup.read_bytes()
    shutil.rmtree(data / "snapshots")
    (data / "catalogue.db").write_bytes(b"SQLite format 3\0" + b"x" * 9000)
    catalogue = Catalogue(sqlalchemy.create_engine(f"sqlite:///{data / 'catalogue.db'}"))
    with pytest.raises(sqlite3.DatabaseError):
        write_backup(backup, catalogue, SnapshotStore(str(data / "snapshots")), data_dir=data, sources=data / "sources")
    catalogue.close()
    assert backup.read_bytes() == former
    assert [path.name for path in backup.parent.iterdir() if path.name.startswith(".")] == []


def test_where_a_backup_does_not_go(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="lies in the data folder"):
        written(data, data / "one.backup")
    with pytest.raises(BackupError, match="there is no folder"):
        written(data, tmp_path / "none" / "one.backup")
    with pytest.raises(BackupError, match="is a folder"):
        written(data, tmp_path)


def test_postgresql_is_referred_to_its_own_tool(tmp_path: Path) -> None:
    catalogue = Catalogue(sqlalchemy.create_engine("postgresql+pg8000://a@127.0.0.1:9/b"))
    store = SnapshotStore(str(tmp_path / "snapshots"))
    with pytest.raises(BackupError, match="pg_dump"):
        write_backup(tmp_path / "x", catalogue, store, data_dir=tmp_path / "data", sources=tmp_path / "sources")
    catalogue.close()


def test_the_copy_is_of_one_moment_while_others_write(data: Path, tmp_path: Path) -> None:
    """A writer commits between the steps all the time; the copy ends all the same, and is consistent."""
    stop = threading.Event()
    catalogue = Catalogue.open(f"sqlite:///{data / 'catalogue.db'}")

    def write() -> None:
        number = 0
        while not stop.is_set():
            with catalogue.begin() as connection:
                records = [
                    Notice(id=f"w{number}-{one}", url="", source="w", title="题", body="文" * 500) for one in range(20)
                ]
                notices.put_all(connection, records)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(3):
            written(data, tmp_path / f"{round_}.backup")
    finally:
        stop.set()
        writer.join()
        catalogue.close()
    for round_ in range(3):
        folder = tmp_path / f"new-{round_}"
        report = restored(tmp_path / f"{round_}.backup", folder)
        found = counts(folder / "catalogue.db")
        assert found["notices"] - 50 == found["versions"] - 51
        assert (found["notices"] - 50) % 20 == 0, "a transaction is in it whole or not at all"
        assert report.last_change == found["notices"] + 2


@pytest.fixture
def configuration() -> str:
    return (
        'port = 8123\nallowed_hosts = ["a.example", "b.example"]\nsite_name = "公开\\"检索\\""\n'
        'elasticsearch_password = "geheim"\nelasticsearch_url = "https://elastic:geheim@es.example:9200"\n'
        "search_seconds = 2.5\nlog_queries = true\n"
    )


def test_the_configuration_is_kept_without_its_secrets(configuration: str) -> None:
    kept = configuration_without(configuration, {"elasticsearch_password"})
    assert "geheim" not in kept
    assert tomllib.loads(kept) == {
        "port": 8123,
        "allowed_hosts": ["a.example", "b.example"],
        "site_name": '公开"检索"',
        "elasticsearch_url": "https://es.example:9200",
        "search_seconds": 2.5,
        "log_queries": True,
    }
