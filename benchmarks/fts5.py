"""SQLite FTS5 as the yardstick: fed the same tokens, giving the same answer by the same plan where it can."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from analyzers.analysis import bigrams
from indexer.engine import TEXT_PARTS, EngineDocument

_SIGNS = "".join(chr(code) for code in (*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)))
_SIGNS += "、。《》…·〇"
_COLUMNS = [f"{part}_{channel}" for part in TEXT_PARTS for channel in ("words", "bigrams")] + ["characters"]


class Fts5Writer:
    """An ``EngineWriter`` over one SQLite file, for documents that are not there yet."""

    def __init__(self, file: Path) -> None:
        self.position = 0
        self._connection = sqlite3.connect(file)
        signs = _SIGNS.replace('"', '""').replace("'", "''")
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE documents (id INTEGER PRIMARY KEY, notice_id TEXT, date INTEGER, display TEXT);"
            "CREATE TABLE facets (document INTEGER, name TEXT, value TEXT);"
            "CREATE INDEX by_document ON facets (document, name);"
            f"CREATE VIRTUAL TABLE texts USING fts5({', '.join(_COLUMNS)}, content='',"
            f" tokenize=\"unicode61 remove_diacritics 0 tokenchars '{signs}'\");"
        )

    def replace(self, _notice_ids: Iterable[str], documents: Iterable[EngineDocument]) -> None:
        cursor = self._connection.cursor()
        places = ",".join("?" * (len(_COLUMNS) + 1))
        for document in documents:
            cursor.execute(
                "INSERT INTO documents (notice_id, date, display) VALUES (?,?,?)",
                (document.notice_id, document.date, document.display),
            )
            key = cursor.lastrowid
            texts = [channel[part] for part in TEXT_PARTS for channel in (document.words, document.bigrams)]
            cursor.execute(
                f"INSERT INTO texts (rowid, {', '.join(_COLUMNS)}) VALUES ({places})",
                (key, *texts, document.characters),
            )
            rows = [(key, name, value) for name, values in document.facets.items() for value in values]
            cursor.executemany("INSERT INTO facets VALUES (?,?,?)", rows)

    def commit(self, position: int) -> None:
        self._connection.commit()
        self.position = position

    def publish(self) -> None:
        pass

    def close(self) -> None:
        self._connection.close()


class Fts5Reader:
    """Total, ten hits with their display, and facets, for terms that must all occur; relaxed, any of them."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)

    def answer(
        self, terms: Sequence[str], facets: Sequence[str], *, relaxed: bool = False
    ) -> tuple[int, list[dict[str, object]], object]:
        cursor = self._connection.cursor()
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS matching (id INTEGER PRIMARY KEY, score REAL)")
        cursor.execute("DELETE FROM matching")
        cursor.execute(
            "INSERT INTO matching SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?",
            ((" OR " if relaxed else " AND ").join(_substring(term) for term in terms),),
        )
        total = cursor.execute("SELECT count(*) FROM matching").fetchone()[0]
        rows = cursor.execute(
            "SELECT display FROM matching JOIN documents USING (id) ORDER BY score LIMIT 10"
        ).fetchall()
        counted = {
            name: cursor.execute(
                "SELECT value, count(*) FROM matching CROSS JOIN facets ON facets.document = matching.id"
                " AND facets.name = ? GROUP BY value ORDER BY 2 DESC, 1",
                (name,),
            ).fetchall()
            for name in facets
        }
        return total, [json.loads(display) for (display,) in rows], counted

    def close(self) -> None:
        self._connection.close()


def _substring(term: str) -> str:
    if len(term) == 1:
        return f'(characters : "{term}")'
    phrase = " ".join(bigrams(term)).replace('"', '""')
    return f'({{title_bigrams fields_bigrams body_bigrams}} : "{phrase}")'
