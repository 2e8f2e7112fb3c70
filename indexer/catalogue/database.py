"""Opening the catalogue: SQLite in WAL mode or PostgreSQL, migrated, with write transactions that never deadlock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import sqlalchemy
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url

from indexer.catalogue.tables import change_counter

_BUSY_SECONDS = 60
"""How long a writer waits for another process's transaction; batches hold the lock for well under a second."""


_WRITER_LOCK = 7391001
"""PostgreSQL's number for the lock of the one write transaction; it only has to be ours."""


class CatalogueError(Exception):
    """The catalogue cannot be opened or written; the message names it and says why."""


class CatalogueVersionError(CatalogueError):
    """The data folder was written by another version of the program."""


class Catalogue:
    """One database; safe to share between threads. Other processes may use it at the same time."""

    def __init__(self, engine: sqlalchemy.Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Catalogue:
        """Opens ``sqlite:///FILE`` or ``postgresql+pg8000://…``, creating or migrating it to this version.

        Raises CatalogueVersionError where a newer program wrote it, CatalogueError where it cannot be opened.
        """
        try:
            parsed = make_url(url)
            engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed)
        except sqlalchemy.exc.ArgumentError as error:
            raise CatalogueError(
                "catalogue: the address must be sqlite:///FILE or postgresql+pg8000://USER@HOST/DATABASE"
            ) from error
        try:
            _migrate(engine, parsed)
        except sqlalchemy.exc.DBAPIError as error:
            engine.dispose()
            raise CatalogueError(f"catalogue {parsed.render_as_string(hide_password=True)}: {error.orig}") from error
        except CatalogueError:
            engine.dispose()
            raise
        return cls(engine)

    @property
    def url(self) -> URL:
        return self._engine.url

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back on an error. Others wait until it has ended."""
        with self._engine.connect().execution_options(gongkai_write=True) as connection, connection.begin():
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view; never waits for a writer."""
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self._engine.dispose()


def next_change_numbers(connection: Connection, count: int) -> int:
    """The first of ``count`` change numbers, drawn under a lock that is held to the commit.

    So a number becomes visible only after all smaller ones: who has read up to the last number has missed none.
    """
    statement = (
        change_counter.update()
        .where(change_counter.c.id == 1)
        .values(value=change_counter.c.value + count)
        .returning(change_counter.c.value)
    )
    last: int = connection.execute(statement).scalar_one()
    return last - count + 1


def _sqlite(url: URL) -> sqlalchemy.Engine:
    if url.database:
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CatalogueError(f"catalogue folder {folder}: {error.strerror}") from error
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: a reader that turns writer in the middle could not wait for its lock.
        write = connection.get_execution_options().get("gongkai_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _server(url: URL) -> sqlalchemy.Engine:
    if url.get_backend_name() != "postgresql":
        raise CatalogueError(f"catalogue {url.drivername}: neither SQLite nor PostgreSQL")
    try:
        engine = sqlalchemy.create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise CatalogueError(f"catalogue {url.drivername}: needs the extra gongkai[postgresql] ({error})") from error

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One writer at a time, as on SQLite: two that store the same notice would each find it missing.
        if connection.get_execution_options().get("gongkai_write"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine


def _migrate(engine: sqlalchemy.Engine, url: URL) -> None:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    with engine.connect().execution_options(gongkai_write=True) as connection, connection.begin():
        current = MigrationContext.configure(connection).get_current_revision()
        if current == script.get_current_head():
            return
        known = {revision.revision for revision in script.walk_revisions()}
        if current is not None and current not in known:
            raise CatalogueVersionError(
                f"catalogue {url.render_as_string(hide_password=True)}: was written by a newer version of gongkai"
                f" (schema {current}; this one knows {script.get_current_head()}): upgrade the program, or restore"
                " a backup made by this version"
            )
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
