"""Opening and sharing the catalogue: migrations, refusals, transactions of several threads and processes."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from indexer.catalogue import Catalogue, CatalogueError, CatalogueVersionError, notices
from indexer.catalogue.tables import metadata
from tests.conftest import PROJECT
from tests.indexer.catalogue.conftest import DATABASES, new_database
from tests.indexer.catalogue.writer import SHARED, notice


def numbers(catalogue: Catalogue) -> list[int]:
    with catalogue.read() as connection:
        return [one.number for one in notices.changes_after(connection, 0, limit=10_000, characters=10**9)]


@contextlib.contextmanager
def writer(url: str, mode: str, name: str, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.indexer.catalogue.writer", url, mode, name, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_an_empty_database_is_migrated(url: str) -> None:
    for _ in range(2):
        catalogue = Catalogue.open(url)
        with catalogue.read() as connection:
            tables = set(inspect(connection).get_table_names())
            assert tables == {*metadata.tables, "alembic_version"}
            assert notices.last_change(connection) == 0
        catalogue.close()


def test_opened_twice_at_once(url: str) -> None:
    opened: list[Catalogue] = []
    threads = [threading.Thread(target=lambda: opened.append(Catalogue.open(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    assert numbers(opened[0]) == []
    for catalogue in opened:
        catalogue.close()


def test_the_migrations_make_the_tables(catalogue: Catalogue) -> None:
    with catalogue.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize("kind", DATABASES)
def test_the_migrations_make_nothing_else(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> None:
    migrated = Catalogue.open(new_database(request, kind, tmp_path))
    direct = sqlalchemy.create_engine(new_database(request, kind, tmp_path))
    metadata.create_all(direct)
    with migrated.read() as one, direct.connect() as other:
        assert _shape(one) == _shape(other)
    direct.dispose()
    migrated.close()


def _shape(connection: sqlalchemy.Connection) -> dict[str, Any]:
    inspector = inspect(connection)
    return {
        table: (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            inspector.get_foreign_keys(table),
            sorted(inspector.get_indexes(table), key=lambda index: str(index["name"])),
            inspector.get_unique_constraints(table),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_a_newer_schema_is_refused(url: str) -> None:
    catalogue = Catalogue.open(url)
    with catalogue.begin() as connection:
        notices.put(connection, notice("n1"))
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    catalogue.close()
    with pytest.raises(CatalogueVersionError, match=r"newer version .*schema 9999; this one knows \d{4}"):
        Catalogue.open(url)


def test_a_read_is_one_moment(catalogue: Catalogue) -> None:
    with catalogue.read() as connection:
        assert notices.last_change(connection) == 0
        with catalogue.begin() as writing:
            notices.put(writing, notice("n1"))
        assert notices.last_change(connection) == 0
        assert notices.get(connection, "n1") is None
    assert numbers(catalogue) == [1]


def test_a_number_is_not_overtaken(catalogue: Catalogue) -> None:
    """Who drew the first number commits last only because the other one waits."""
    started, finished = threading.Event(), threading.Event()

    def second() -> None:
        started.set()
        with catalogue.begin() as connection:
            notices.put(connection, notice("second"))
        finished.set()

    thread = threading.Thread(target=second)
    with catalogue.begin() as connection:
        notices.put(connection, notice("first"))
        thread.start()
        started.wait()
        assert not finished.wait(0.5)
        assert numbers(catalogue) == []
    thread.join()
    assert numbers(catalogue) == [1, 2]
    with catalogue.read() as connection:
        changes = notices.changes_after(connection, 0, limit=10, characters=10**9)
    assert [change.notice_id for change in changes] == ["first", "second"]


def test_two_processes_write_at_once(url: str, catalogue: Catalogue) -> None:
    with writer(url, "put", "a", 200) as one, writer(url, "put", "b", 200) as other:
        for process in (one, other):
            assert said(process) == "ready"
        for process in (one, other):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        seen = 0
        while one.poll() is None or other.poll() is None:
            visible = numbers(catalogue)
            assert visible == list(range(1, len(visible) + 1)), "a number was seen before a smaller one"
            assert len(visible) >= seen
            seen = len(visible)
        assert (one.returncode, other.returncode) == (0, 0)
    assert numbers(catalogue) == list(range(1, 401 + SHARED))
    with catalogue.read() as connection:
        assert notices.count(connection) == {"jia": 400 + SHARED}
        assert [one["version"] for one in notices.version_records(connection, "shared-0")] == [1]


def test_a_killed_writer_leaves_nothing(url: str, catalogue: Catalogue) -> None:
    with catalogue.begin() as connection:
        notices.put(connection, notice("before"))
    with writer(url, "hold", "a", 3) as process:
        assert said(process) == "written"
        assert numbers(catalogue) == [1]
        process.kill()
        process.wait()
    with catalogue.begin() as connection:
        assert notices.put(connection, notice("a-0")) == "new"
        rows = connection.exec_driver_sql("SELECT (SELECT count(*) FROM versions), (SELECT count(*) FROM attachments)")
        assert tuple(rows.one()) == (2, 0)
    assert numbers(catalogue) == [1, 2]


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    catalogue = Catalogue.open(f"sqlite:///{tmp_path / 'deep' / 'er' / 'catalogue.db'}")
    with catalogue.read() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    catalogue.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_text("这不是数据库。" * 1_000, encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"catalogue\.db: file is not a database"):
        Catalogue.open(f"sqlite:///{path}")
    assert path.read_text(encoding="utf-8").startswith("这不是数据库。")


def test_a_damaged_database(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    catalogue = Catalogue.open(f"sqlite:///{path}")
    with catalogue.begin() as connection:
        notices.put_all(connection, [notice(f"n{number}") for number in range(500)])
    catalogue.close()
    raw = path.read_bytes()
    path.write_bytes(raw[:100] + bytes(len(raw) - 100))
    with pytest.raises(CatalogueError, match=r"catalogue\.db: .*malformed"):
        Catalogue.open(f"sqlite:///{path}")


def test_a_place_that_holds_no_file(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=f"{tmp_path}: unable to open database file"):
        Catalogue.open(f"sqlite:///{tmp_path}")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CatalogueError, match=r"catalogue folder .*file"):
        Catalogue.open(f"sqlite:///{tmp_path / 'file' / 'catalogue.db'}")


@pytest.mark.parametrize(
    "address", ["", "catalogue.db", "mysql://u:secret@h/d", "nothing://h/d", "sqlite+nothing:///x"]
)
def test_an_address_of_no_known_database(address: str) -> None:
    with pytest.raises(CatalogueError, match=r"^catalogue") as refused:
        Catalogue.open(address)
    assert "secret" not in str(refused.value)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(CatalogueError, match=r"catalogue postgresql\+pg8000://u:\*\*\*@127\.0\.0\.1:1/d: ") as refused:
        Catalogue.open("postgresql+pg8000://u:secret@127.0.0.1:1/d")
    assert "secret" not in str(refused.value)


@pytest.mark.postgresql
def test_a_database_that_is_not_there(postgresql_server: str) -> None:
    with pytest.raises(CatalogueError, match=r"/missing: .*missing.*does not exist"):
        Catalogue.open(f"{postgresql_server}/missing")
