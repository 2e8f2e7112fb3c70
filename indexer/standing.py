"""How catalogue, index and crawls stand, as one record."""

from __future__ import annotations

import dataclasses
from typing import Any

from indexer.catalogue import Catalogue, frontier, notices
from indexer.engine import Engine, EngineUnavailableError


def standing(catalogue: Catalogue, engine: Engine) -> dict[str, Any]:
    """``notices`` by source, ``last_change``, ``index`` (or its ``error``), and the last run of each source."""
    with catalogue.read() as connection:
        last = notices.last_change(connection)
        counts = notices.count(connection)
        runs = [
            dataclasses.asdict(report)
            for name in notices.source_labels(connection)
            if (report := frontier.run_report(connection, name)) is not None
        ]
    state: dict[str, Any]
    try:
        health = engine.health()
        state = {"engine": engine.name, **health, "lag": max(last - int(health["position"]), 0)}
    except EngineUnavailableError as error:
        state = {"engine": engine.name, "error": str(error)}
    return {"notices": counts, "last_change": last, "index": state, "sources": runs}
