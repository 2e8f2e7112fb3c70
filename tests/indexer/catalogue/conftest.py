"""Every catalogue database behind the one contract."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from indexer.catalogue import Catalogue
from tests.conftest import unavailable
from tests.postgresql import NoServerError, running_server

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    try:
        with running_server() as address:
            yield address
    except NoServerError as error:
        unavailable("PostgreSQL", str(error))


def new_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The address of an empty database; SQLite's file does not exist yet."""
    name = f"gongkai_{uuid.uuid4().hex[:12]}"
    if kind == "sqlite":
        return f"sqlite:///{folder / name}.db"
    server = request.getfixturevalue("postgresql_server")
    engine = sqlalchemy.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"{server}/{name}"


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(request, request.param, tmp_path)


@pytest.fixture
def catalogue(url: str) -> Iterator[Catalogue]:
    opened = Catalogue.open(url)
    yield opened
    opened.close()
