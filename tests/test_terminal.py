"""Hostile texts in what the commands print: no character of theirs reaches a terminal but as a character."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from indexer.catalogue import Catalogue, frontier
from indexer.catalogue.frontier import Link, Result
from tests.program import command, environment, gongkai
from tests.search_api.hostile import HOSTILE_TEXTS, hostile_notices


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder full of hostile notices, and of a crawl of hostile addresses."""
    base = tmp_path_factory.mktemp("terminal")
    folder = base / "data"
    with open(base / "hostile.jsonl", "w", encoding="utf-8") as lines:
        for notice in hostile_notices():
            lines.write(json.dumps(notice.to_record()) + "\n")
    gongkai(folder, "import", str(base / "hostile.jsonl"))
    gongkai(folder, "index")
    catalogue = Catalogue.open(f"sqlite:///{folder / 'catalogue.db'}")
    texts = [text.replace("\x00", "") for text in HOSTILE_TEXTS]
    with catalogue.begin() as connection:
        run = frontier.start_run(connection, "s", texts[0], "https://a.example/")
        frontier.add_links(connection, run, [Link(f"https://a.example/{text}", "page", 1) for text in texts])
        for task in frontier.next_tasks(connection, run, 1000, ()):
            frontier.finish(connection, task, Result("failed", reason=task.url))
        frontier.end_run(connection, run, f"failed: {''.join(texts)[:5000]}")
    catalogue.close()
    return folder


def printed(folder: Path, *arguments: str) -> str:
    """All that the command prints, its lines apart; every character of it prints."""
    done = subprocess.run(
        command(folder, *arguments), env=environment({"COLUMNS": "200"}), capture_output=True, check=False, timeout=300,
        cwd=folder.parent,
    )  # fmt: skip
    text = (done.stdout + done.stderr).decode("utf-8")
    assert "Traceback" not in text
    bad = sorted({repr(one) for one in text.replace("\n", "") if not one.isprintable()})
    assert not bad, (arguments[:1], bad)
    return text


@pytest.mark.parametrize("page", ["1", "2", "3"])
def test_search(folder: Path, page: str) -> None:
    assert "hits" in printed(folder, "search", "农机补贴", "--size", "100", "--page", page)


def test_search_as_json_is_the_same_json(folder: Path) -> None:
    answer = json.loads(printed(folder, "search", "农机补贴", "--size", "100", "--json"))
    titles = {hit["title"] for hit in answer["hits"]}
    assert titles & {notice.title for notice in hostile_notices()}


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_status(folder: Path, form: tuple[str, ...]) -> None:
    assert "a.example" in printed(folder, "status", *form)


def test_import_of_what_is_refused(folder: Path) -> None:
    file = folder.parent / "bad\x1b[31m\u202e.jsonl"
    good = {"id": "g", "source": "s", "title": "题", "body": "文"}
    with open(file, "w", encoding="utf-8") as lines:
        for text in HOSTILE_TEXTS:
            lines.write(json.dumps({**good, text: "x"}) + "\n")
            lines.write(json.dumps({**good, "written_date": text}) + "\n")
            lines.write(text + "\n")
    for form in ((), ("--json",)):
        assert "failed" in printed(folder, "import", str(file), *form)


def test_names_that_commands_refuse(folder: Path) -> None:
    for text in [text for text in HOSTILE_TEXTS if "\x1b" in text or "\x9b" in text or "\u202e" in text]:
        printed(folder, "search", text[:400].replace("\x00", ""))
        printed(folder, "crawl", text[:400].replace("\x00", ""))
    printed(folder, "analyze", "\x1b[2J补贴\u202e")
    printed(folder, "restore", "none\x1b[31m")
