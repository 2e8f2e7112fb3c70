"""kill -9 at random moments of import and index, then the same again: each notice exactly once."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from analyzers.analysis import default_analyzer
from indexer.catalogue import Catalogue, notices
from indexer.documents import index_version
from indexer.engine import EngineQuery
from indexer.tantivy_engine import TantivyEngine
from tests.program import free_port, gongkai, gongkai_json, kill, served, start, total, wait_for, write_records

pytestmark = pytest.mark.soak
ROUNDS = int(os.environ.get("GONGKAI_SOAK_ROUNDS", "3"))
RECORDS = 3_000


def stored_ids(folder: Path) -> list[str]:
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    with catalogue.read() as connection:
        found = [change.notice_id for change in notices.changes_after(connection, 0, limit=10**6, characters=10**9)]
    catalogue.close()
    return found


def hit_ids(folder: Path) -> list[str]:
    """Every document of the index."""
    engine = TantivyEngine(folder / "index" / "tantivy", version=index_version(default_analyzer()))
    found: list[str] = []
    while keys := [one.key for one in engine.recall(EngineQuery(), offset=len(found), limit=500).candidates]:
        found += [json.loads(display)["id"] for display in engine.displays(keys).values()]
    engine.close()
    return found


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_import_killed_beside_serve(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "data"
    file = write_records(tmp_path / "many.jsonl", range(RECORDS))
    with served(folder) as address:
        wait_for(lambda: total(address) == 0)
        for _ in range(2):
            process = start(folder, "import", str(file))
            time.sleep(chance.uniform(0.5, 3.0))
            kill(process)
        gongkai(folder, "import", str(file))
        wait_for(lambda: total(address, "农机补贴") == RECORDS)
    assert sorted(stored_ids(folder)) == sorted(f"r{number}" for number in range(RECORDS))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_serve_and_its_indexer_killed(tmp_path: Path, seed: int) -> None:
    """The indexer notices that the service is gone, gives the index up, and the next one goes on."""
    chance = random.Random(seed)
    folder = tmp_path / "data"
    gongkai(folder, "import", str(write_records(tmp_path / "many.jsonl", range(RECORDS))))
    for _ in range(2):
        process = start(folder, "serve", "--port", str(free_port()))
        time.sleep(chance.uniform(1.0, 5.0))
        kill(process)
    wait_for(lambda: "changes indexed" in gongkai(folder, "index"))
    found = hit_ids(folder)
    assert len(found) == len(set(found)) == RECORDS


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_index_killed_with_all_its_processes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    folder = tmp_path / "data"
    gongkai(folder, "import", str(write_records(tmp_path / "many.jsonl", range(RECORDS))))
    for rebuild in ((), (), ("--rebuild",)):
        process = start(folder, "index", *rebuild)
        time.sleep(chance.uniform(0.5, 4.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    gongkai(folder, "index")
    changed = write_records(tmp_path / "changed.jsonl", range(10), body="改为按季度发放农机补贴。")
    gongkai(folder, "import", str(changed))
    gongkai(folder, "index")
    found = hit_ids(folder)
    assert len(found) == len(set(found)) == RECORDS
    assert gongkai_json(folder, "search", "按季度发放", "--json")["total"] == 10
    leftovers = [entry.name for entry in (folder / "index" / "tantivy").glob("generation-*")]
    current = json.loads((folder / "index" / "tantivy" / "current.json").read_text())["generation"]
    assert leftovers == [current]
