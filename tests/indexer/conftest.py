"""Every engine behind the one contract."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzers.analysis import default_analyzer
from indexer.documents import index_version
from indexer.elasticsearch_engine import ElasticsearchEngine
from indexer.engine import Engine
from indexer.tantivy_engine import TantivyEngine

ENGINES = ["tantivy", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)]


def make_engine(request: pytest.FixtureRequest, name: str, folder: Path) -> Engine:
    version = index_version(default_analyzer())
    if name == "tantivy":
        return TantivyEngine(folder / "index", version=version)
    url = request.getfixturevalue("elasticsearch_url")
    return ElasticsearchEngine.connect(url, alias=f"test-{uuid.uuid4().hex[:8]}", version=version)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine without an index yet."""
    made = make_engine(request, request.param, tmp_path)
    yield made
    made.close()
