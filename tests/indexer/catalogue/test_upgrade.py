"""A catalogue of the first version opens in this one, with all that is in it."""

from __future__ import annotations

import json
from pathlib import Path

import alembic.command
import alembic.config
import sqlalchemy
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import indexer.catalogue
from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices

MIGRATIONS = Path(indexer.catalogue.__file__).parent / "migrations"


def old_catalogue(url: str, revision: str) -> None:
    """The tables as that revision made them, with rows as its program wrote them."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sqlalchemy.create_engine(url)
    record = json.dumps({"id": "n1", "url": "https://a.example/1", "source": "s", "title": "题", "body": "文"})
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, revision)
        for statement, values in (
            ("UPDATE change_counter SET value = 7", {}),
            (
                "INSERT INTO notices (id, source, url, title, record, content_hash, version, deleted, change_number,"
                " first_seen_at, changed_at) VALUES ('n1', 's', 'https://a.example/1', '题', :record, 'x', 1, :no, 7,"
                " '2020-01-01T00:00:00+00:00', '2020-01-01T00:00:00+00:00')",
                {"record": record, "no": False},
            ),
            (
                "INSERT INTO versions (notice_id, version, record, seen_at)"
                " VALUES ('n1', 1, :record, '2020-01-01T00:00:00+00:00')",
                {"record": record},
            ),
            ("INSERT INTO sources (name, label, address) VALUES ('s', '县政府', 'https://a.example/')", {}),
            (
                "INSERT INTO snapshots (sha256, size, media_type, stored_at)"
                " VALUES (:sha256, 5, NULL, '2020-01-01T00:00:00+00:00')",
                {"sha256": "ab" * 32},
            ),
        ):
            connection.execute(sqlalchemy.text(statement), values)
    engine.dispose()


def test_the_first_schema_opens(url: str) -> None:
    old_catalogue(url, "0001")
    catalogue = Catalogue.open(url)
    with catalogue.read() as connection:
        found = notices.get(connection, "n1")
        assert notices.last_change(connection) == 7
        assert notices.source_labels(connection) == {"s": "县政府"}
        assert len(notices.version_records(connection, "n1")) == 1
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        assert MigrationContext.configure(connection).get_current_revision() == head
    with catalogue.begin() as connection:
        assert notices.put(connection, Notice(id="n2", url="", source="s", title="题", body="文")) == "new"
    with catalogue.read() as connection:
        assert notices.last_change(connection) == 8
    catalogue.close()
    assert found is not None
    assert (found.title, found.body, found.source) == ("题", "文", "s")


def test_opening_twice_changes_nothing(url: str) -> None:
    old_catalogue(url, "0001")
    Catalogue.open(url).close()
    again = Catalogue.open(url)
    with again.read() as connection:
        assert notices.last_change(connection) == 7
    again.close()
