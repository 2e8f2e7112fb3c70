"""The embedded engine: tantivy in a folder, one generation of the index beside the next."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from indexer.deadline import seconds_left
from indexer.engine import (
    CONSTANT_PARTS,
    FACETS,
    MAX_WINDOW,
    TEXT_PARTS,
    Candidate,
    EngineBusyError,
    EngineDocument,
    EngineError,
    EngineQuery,
    EngineUnavailableError,
    FacetCounts,
    Recall,
    Sort,
)

_TOKENIZER = "whitespace"
_ALL_VALUES = 60_000
"""Facet values asked for, so that counts are exact; tantivy allows 65,000 buckets."""
_SCORED_BIGRAMS = ("title", "body")
_HEAP_BYTES = 256_000_000
"""Writer's heap: fewer, larger segments; below 15 MB a thread tantivy refuses."""


class TantivyEngine:
    """An index in ``folder``; ``version`` names the analysis that its documents must come from."""

    name = "tantivy"

    def __init__(self, folder: Path, *, version: str) -> None:
        self._folder = folder
        self._version = version
        self._lock = threading.Lock()
        self._open: _OpenIndex | None = None

    def recall(
        self,
        query: EngineQuery,
        *,
        sort: Sort = "relevance",
        offset: int = 0,
        limit: int = 200,
        facets: Sequence[str] = (),
        facet_size: int = 50,
    ) -> Recall:
        if offset + limit > MAX_WINDOW or offset < 0 or limit < 0:
            raise ValueError(f"offset {offset} and limit {limit} must stay within {MAX_WINDOW}")
        with self._searching() as (searcher, schema):
            build = _QueryBuilder(schema)
            match = build.match(query)
            scored = build.scored(query, match) if sort == "relevance" else match
            order: dict[str, Any] = {}
            if sort != "relevance":
                newest = sort == "-date"
                order["order_by_field"] = "newest" if newest else "oldest"
                order["order"] = tantivy.Order.Desc if newest else tantivy.Order.Asc
            found: Any = searcher.search(scored, limit=max(limit, 1), count=True, offset=offset, **order)
            hits = found.hits[:limit]
            candidates = _candidates(searcher, hits, scored=sort == "relevance")
            counted = self._facets(searcher, build, query, match, facets, facet_size)
            return Recall(found.count, candidates, counted)

    def parts(self, query: EngineQuery, keys: Sequence[int]) -> dict[int, dict[str, float]]:
        if not keys:
            return {}
        with self._searching() as (searcher, schema):
            return _QueryBuilder(schema).parts(searcher, query, keys)

    def displays(self, keys: Sequence[int]) -> dict[int, str]:
        if not keys:
            return {}
        with self._searching() as (searcher, schema):
            found = searcher.search(Query.term_set_query(schema, "key", list(keys)), limit=len(keys), count=False)
            documents = [searcher.doc(address) for _score, address in found.hits]
            by_key = {
                document.get_first("key"): bytes(document.get_first("display") or b"").decode()
                for document in documents
            }
            return {key: by_key[key] for key in keys if key in by_key}

    def similar(self, words: Mapping[str, str], *, notice_id: str, limit: int) -> list[Candidate]:
        document = {f"{part}_words": [text] for part, text in words.items() if text}
        if not document:
            return []
        with self._searching() as (searcher, schema):
            like = Query.more_like_this_document_fields_query(
                schema,
                document,
                min_doc_frequency=1,
                min_term_frequency=1,
                max_query_terms=25,
            )
            own = Query.term_query(schema, "notice_id", notice_id)
            return _top(searcher, Query.boolean_query([(Occur.Must, like), (Occur.MustNot, own)]), limit)

    def titles(self, text: str, *, limit: int) -> list[Candidate]:
        with self._searching() as (searcher, schema):
            return _top(searcher, _QueryBuilder(schema).phrase("title_bigrams", text), limit)

    def writer(self, *, rebuild: bool = False) -> TantivyWriter:
        return TantivyWriter(self._folder, version=self._version, rebuild=rebuild)

    def health(self) -> Mapping[str, Any]:
        with self._searching() as (searcher, _schema):
            state = _read_json(self._folder / _current(self._folder) / "state.json")
            return {"documents": searcher.num_docs, "position": state["position"], "version": state["version"]}

    def close(self) -> None:
        with self._lock:
            self._open = None

    def _facets(
        self,
        searcher: tantivy.Searcher,
        build: _QueryBuilder,
        query: EngineQuery,
        match: Query,
        names: Sequence[str],
        size: int,
    ) -> dict[str, FacetCounts]:
        if not names:
            return {}
        free = [name for name in names if not query.filters.get(name)]
        counted: dict[str, FacetCounts] = {}
        groups = [(free, match)] if free else []
        groups += [([name], build.match(query, without=name)) for name in names if query.filters.get(name)]
        for group, matching in groups:
            request = {name: {"terms": {"field": name, "size": _ALL_VALUES}} for name in group}
            answer = searcher.aggregate(matching, request)
            for name in group:
                counts = [(bucket["key"], bucket["doc_count"]) for bucket in answer[name]["buckets"]]
                counts.sort(key=lambda pair: (-pair[1], pair[0]))
                counted[name] = FacetCounts(counts[:size], sum(number for _value, number in counts[size:]))
        return {name: counted[name] for name in names}

    @contextlib.contextmanager
    def _searching(self) -> Iterator[tuple[tantivy.Searcher, tantivy.Schema]]:
        """The newest searcher; tantivy's errors and panics become EngineUnavailableError.

        A search cannot be interrupted, so a request that is over its time begins no further one.
        """
        seconds_left(1.0)
        try:
            opened = self._newest()
            yield opened.searcher, opened.schema
        except (OSError, ValueError) as error:
            raise EngineUnavailableError(f"tantivy in {self._folder}: {error}") from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise EngineUnavailableError(f"tantivy in {self._folder}: {error}") from error

    def _newest(self) -> _OpenIndex:
        with self._lock:
            try:
                generation = _current(self._folder)
                meta = os.stat(self._folder / generation / "meta.json")
            except FileNotFoundError as error:
                self._open = None
                raise EngineUnavailableError(
                    f"no index in {self._folder}: it is made from the catalogue by gongkai index or gongkai serve"
                ) from error
            stamp = (generation, meta.st_ino, meta.st_mtime_ns)
            if self._open is None or self._open.stamp[0] != generation:
                index = _open_index(self._folder / generation)
                self._open = _OpenIndex(index, stamp)
            elif self._open.stamp != stamp:
                self._open.index.reload()
                self._open = _OpenIndex(self._open.index, stamp)
            return self._open


class TantivyWriter:
    """The one writer of the index; a rebuild writes the next generation."""

    def __init__(self, folder: Path, *, version: str, rebuild: bool) -> None:
        self._folder = folder
        self._version = version
        folder.mkdir(parents=True, exist_ok=True)
        current = _current(folder, missing_ok=True)
        if current and not rebuild and (folder / current / "meta.json").exists():
            self._generation = current
            self._published = True
        else:
            self._generation = f"generation-{uuid.uuid4().hex[:12]}"
            self._published = False
            (folder / self._generation).mkdir()
        self._path = folder / self._generation
        self._index = _open_index(self._path, create=not self._published)
        try:
            self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        except ValueError as error:
            raise EngineBusyError(f"{self._path}: another process writes this index ({error})") from error
        self._remove_others(keep=current)  # such as a rebuild that was killed
        self._schema = self._index.schema
        self.position = 0
        if self._published:
            with contextlib.suppress(FileNotFoundError):
                self.position = int(_read_json(self._path / "state.json")["position"])
        else:
            self.commit(0)

    def replace(self, notice_ids: Iterable[str], documents: Iterable[EngineDocument]) -> None:
        try:
            for notice_id in notice_ids:
                self._writer.delete_documents_by_term("notice_id", notice_id)
            for document in documents:
                self._writer.add_document(_document(document, self._schema))
        except (OSError, ValueError) as error:
            raise EngineError(f"tantivy in {self._path}: {error}") from error

    def commit(self, position: int) -> None:
        try:
            self._writer.commit()
            _write_json(self._path / "state.json", {"position": position, "version": self._version})
        except (OSError, ValueError) as error:
            raise EngineError(f"tantivy in {self._path}: {error}") from error
        self.position = position

    def publish(self) -> None:
        if self._published:
            return
        _write_json(self._folder / "current.json", {"generation": self._generation})
        self._published = True
        self._remove_others(keep=self._generation)

    def _remove_others(self, *, keep: str) -> None:
        for old in self._folder.glob("generation-*"):
            if old.name not in (keep, self._generation):
                shutil.rmtree(old, ignore_errors=True)

    def close(self) -> None:
        """Gives the lock back; what was not committed is dropped, and so is an index that was never published."""
        with contextlib.suppress(OSError, ValueError):
            self._writer.rollback()
        del self._writer
        if not self._published:
            shutil.rmtree(self._path, ignore_errors=True)


class _OpenIndex:
    def __init__(self, index: tantivy.Index, stamp: tuple[str, int, int]) -> None:
        self.index = index
        self.stamp = stamp
        self.schema = index.schema
        self.searcher = index.searcher()


class _QueryBuilder:
    def __init__(self, schema: tantivy.Schema) -> None:
        self._schema = schema

    def match(self, query: EngineQuery, *, without: str | None = None) -> Query:
        """What decides whether a document matches, scoring nothing; ``without`` leaves one filter out."""
        clauses: list[tuple[Occur, Query]] = [(Occur.Must, self._substring(text)) for text in query.required]
        if query.terms and query.minimum_terms:
            terms = [(Occur.Should, self._substring(term)) for term in query.terms]
            if query.minimum_terms >= len(terms):
                clauses += [(Occur.Must, clause) for _occur, clause in terms]
            else:
                clauses.append((Occur.Must, Query.boolean_query(terms, query.minimum_terms)))
        matching = Query.boolean_query(clauses) if clauses else None
        if query.numbers:
            numbers = Query.term_set_query(self._schema, "numbers", list(query.numbers))
            matching = _any_of([numbers, matching]) if matching is not None else numbers
        conditions: list[tuple[Occur, Query]] = [(Occur.Must, matching or Query.all_query())]
        for name, values in query.filters.items():
            if values and name != without:
                conditions.append((Occur.Must, Query.term_set_query(self._schema, name, list(values))))
        if query.date_from is not None or query.date_to is not None:
            dates = Query.range_query(
                self._schema, "date", tantivy.FieldType.Integer, max(query.date_from or 1, 1), query.date_to
            )
            conditions.append((Occur.Must, dates))
        conditions += [(Occur.MustNot, self._substring(text)) for text in query.excluded]
        return Query.const_score_query(Query.boolean_query(conditions), 0.0)

    def scored(self, query: EngineQuery, match: Query) -> Query:
        parts = self._part_queries(query)
        scoring = [
            (Occur.Should, Query.boost_query(part, boost))
            for name, part in parts.items()
            if (boost := query.boosts.get(name))
        ]
        return Query.boolean_query([(Occur.Must, match), *scoring])

    def parts(self, searcher: tantivy.Searcher, query: EngineQuery, keys: Sequence[int]) -> dict[int, dict[str, float]]:
        """The scores of each part for the documents with these keys."""
        found: dict[int, dict[str, float]] = {}
        window = Query.const_score_query(Query.term_set_query(self._schema, "key", list(keys)), 0.0)
        for name, part in self._part_queries(query).items():
            both = Query.boolean_query([(Occur.Must, window), (Occur.Must, part)])
            hits = searcher.search(both, limit=len(keys), count=False).hits
            if not hits:
                continue
            hit_keys: list[Any] = searcher.fast_field_values("key", [address for _score, address in hits])
            for (score, _address), key in zip(hits, hit_keys, strict=True):
                found.setdefault(key, {})[name] = score
        return found

    def _part_queries(self, query: EngineQuery) -> dict[str, Query]:
        parts: dict[str, Query] = {}
        if query.words:
            parts |= {f"{part}_words": self._terms(f"{part}_words", query.words) for part in TEXT_PARTS}
        if query.bigrams:
            parts |= {f"{part}_bigrams": self._terms(f"{part}_bigrams", query.bigrams) for part in _SCORED_BIGRAMS}
        if len(query.phrase) > 2:
            parts |= {f"{part}_phrase": self.phrase(f"{part}_bigrams", query.phrase) for part in _SCORED_BIGRAMS}
        if query.title_key:
            parts["title_key"] = self._constant("title_key", query.title_key)
        if query.numbers:
            parts["number"] = _any_of([self._constant("numbers", number, "number") for number in query.numbers])
        if len(query.terms) > query.minimum_terms:
            every = Query.boolean_query([(Occur.Must, self._substring(term)) for term in query.terms])
            parts["all_terms"] = Query.const_score_query(every, CONSTANT_PARTS["all_terms"])
        return parts

    def _terms(self, field: str, terms: Sequence[str]) -> Query:
        option = "freq" if field.endswith("_words") else "position"
        return _any_of([Query.term_query(self._schema, field, term, option) for term in terms])

    def _constant(self, field: str, value: str, part: str | None = None) -> Query:
        term = Query.term_query(self._schema, field, value, "basic")
        return Query.const_score_query(term, CONSTANT_PARTS[part or field])

    def _substring(self, text: str) -> Query:
        if len(text) == 1:
            return Query.term_query(self._schema, "characters", text, "basic")
        return _any_of([self.phrase(f"{part}_bigrams", text) for part in TEXT_PARTS])

    def phrase(self, field: str, text: str) -> Query:
        pairs = [first + second for first, second in itertools.pairwise(text)]
        if len(pairs) == 1:  # a phrase query of one term panics
            return Query.term_query(self._schema, field, pairs[0])
        return Query.phrase_query(self._schema, field, list(pairs))


def _top(searcher: tantivy.Searcher, query: Query, limit: int) -> list[Candidate]:
    return _candidates(searcher, searcher.search(query, limit=limit, count=False).hits, scored=True)


def _candidates(
    searcher: tantivy.Searcher, hits: Sequence[tuple[float, tantivy.DocAddress]], *, scored: bool
) -> list[Candidate]:
    if not hits:
        return []
    addresses = [address for _score, address in hits]
    columns = (searcher.fast_field_values(name, addresses) for name in ("key", "date", "repealed"))
    return [
        Candidate(key, score if scored else 0.0, date, bool(repealed))
        for (score, _address), key, date, repealed in zip(hits, *columns, strict=True)
    ]


def _any_of(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Should, query) for query in queries])


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("notice_id", "title_key", "numbers"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in FACETS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for part in TEXT_PARTS:
        builder.add_text_field(f"{part}_words", tokenizer_name=_TOKENIZER, index_option="freq")
        builder.add_text_field(f"{part}_bigrams", tokenizer_name=_TOKENIZER, index_option="position")
    builder.add_text_field("characters", tokenizer_name=_TOKENIZER, index_option="basic")
    builder.add_integer_field("key", indexed=True, fast=True, stored=True)
    for name in ("date", "repealed", "newest", "oldest"):
        builder.add_integer_field(name, indexed=name == "date", fast=True)
    builder.add_bytes_field("display", stored=True)
    return builder.build()


def _document(document: EngineDocument, schema: tantivy.Schema) -> tantivy.Document:
    values: dict[str, Any] = {
        "notice_id": document.notice_id,
        "title_key": document.title_key,
        "numbers": list(document.numbers),
        "characters": document.characters,
        "key": document.key,
        "date": document.date,
        "repealed": document.repealed,
        "newest": document.newest,
        "oldest": document.oldest,
        "display": document.display.encode(),
    }
    values |= {f"{part}_words": text for part, text in document.words.items()}
    values |= {f"{part}_bigrams": text for part, text in document.bigrams.items()}
    values |= {name: list(found) for name, found in document.facets.items()}
    return tantivy.Document.from_dict(values, schema)


def _open_index(path: Path, *, create: bool = False) -> tantivy.Index:
    index = tantivy.Index(_schema(), path=str(path)) if create else tantivy.Index.open(str(path))
    whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_TOKENIZER, whitespace)
    index.config_reader("manual")
    index.reload()
    return index


def _current(folder: Path, *, missing_ok: bool = False) -> str:
    """The folder's published generation; raises FileNotFoundError, or "" where that is asked for."""
    try:
        return str(_read_json(folder / "current.json")["generation"])
    except FileNotFoundError:
        if missing_ok:
            return ""
        raise


def _read_json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    beside = path.with_suffix(".part")
    with open(beside, "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
