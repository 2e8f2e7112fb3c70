"""Time that a request has left reaches the engines."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from indexer.deadline import OutOfTimeError, ends_at, seconds_left
from indexer.elasticsearch_engine import ElasticsearchEngine
from indexer.engine import EngineQuery, EngineUnavailableError
from indexer.tantivy_engine import TantivyEngine


def test_without_a_deadline_there_is_the_most() -> None:
    assert seconds_left(20) == 20


def test_what_is_left_shrinks_and_ends() -> None:
    with ends_at(time.monotonic() + 1000):
        assert seconds_left(20) == 20
        with ends_at(time.monotonic() + 10):
            assert 0 < seconds_left(20) <= 10
        assert seconds_left(20) == 20
    with ends_at(time.monotonic()), pytest.raises(OutOfTimeError):
        seconds_left(20)
    assert seconds_left(20) == 20


def test_tantivy_begins_nothing_after_the_end(tmp_path: Path) -> None:
    engine = TantivyEngine(tmp_path, version="1")
    engine.writer().publish()
    assert engine.recall(EngineQuery()).total == 0
    with ends_at(time.monotonic()), pytest.raises(OutOfTimeError):
        engine.recall(EngineQuery())
    engine.close()


def test_elasticsearch_is_waited_for_no_longer_than_is_left() -> None:
    """A server that takes connections and never answers."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        engine = ElasticsearchEngine.connect(f"http://127.0.0.1:{silent.getsockname()[1]}", alias="a", version="1")
        with ends_at(time.monotonic() + 0.3), pytest.raises(EngineUnavailableError, match="ConnectionTimeout"):
            engine.recall(EngineQuery())
        with ends_at(time.monotonic()), pytest.raises(OutOfTimeError):
            engine.health()
        engine.close()
