"""A catalogue, an engine and a server of the tests' own, all real."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import uvicorn

from analyzers.analysis import default_analyzer
from analyzers.notice import Notice
from indexer.catalogue import Catalogue
from indexer.catalogue import notices as stored
from indexer.documents import engine_documents, index_version
from indexer.tantivy_engine import TantivyEngine
from search_api.app import create_app
from search_api.search import SearchService
from search_api.settings import ServeSettings
from tests.search_api.corpus import notices_of_a_county

Serve = Callable[[SearchService, ServeSettings], AbstractContextManager[str]]


@contextlib.contextmanager
def service_of(folder: Path, notices: Sequence[Notice]) -> Iterator[SearchService]:
    """A service whose catalogue and index hold the notices."""
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.sqlite'}")
    analyzer = default_analyzer()
    engine = TantivyEngine(folder / "index", version=index_version(analyzer))
    with catalogue.begin() as connection:
        stored.put_all(connection, notices)
        last = stored.last_change(connection)
    writer = engine.writer(rebuild=True)
    try:
        writer.replace(
            [notice.id for notice in notices],
            (document for notice in notices for document in engine_documents(notice, analyzer)),
        )
        writer.commit(last)
        writer.publish()
    finally:
        writer.close()
    try:
        yield SearchService(catalogue, engine, analyzer)
    finally:
        engine.close()
        catalogue.close()


@contextlib.contextmanager
def serving(service: SearchService, settings: ServeSettings) -> Iterator[str]:
    """The address of a server on a port of the system's choice."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(service, settings), log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="session")
def county() -> list[Notice]:
    return notices_of_a_county()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, county: list[Notice]) -> Iterator[SearchService]:
    with service_of(tmp_path_factory.mktemp("county"), county) as service:
        yield service


@pytest.fixture(scope="session")
def address(service: SearchService) -> Iterator[str]:
    with serving(service, ServeSettings()) as address:
        yield address
