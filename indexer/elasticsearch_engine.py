"""The distributed engine: Elasticsearch 9 behind an alias, fed the same tokens as the embedded one."""

from __future__ import annotations

import contextlib
import itertools
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import elasticsearch
from elasticsearch import Elasticsearch
from elasticsearch.helpers import BulkIndexError, streaming_bulk

from indexer.deadline import seconds_left
from indexer.engine import (
    CONSTANT_PARTS,
    FACETS,
    MAX_WINDOW,
    TEXT_PARTS,
    Candidate,
    EngineDocument,
    EngineError,
    EngineQuery,
    EngineUnavailableError,
    FacetCounts,
    Recall,
    Sort,
)

_BM25 = 2.2
"""k1 + 1: Lucene leaves this factor of BM25 out, tantivy does not."""
_ALL_VALUES = 10_000
"""Facet values asked of every shard, so that counts are exact up to that many."""
_BULK_BYTES = 20_000_000
"""Of one bulk request; a server takes 100 MB."""
_REQUEST_SECONDS = 20
_COLUMNS = ("key", "date", "repealed")
_FIELDS = [{"field": name} for name in _COLUMNS]


class ElasticsearchEngine:
    """The index behind the alias ``name``; ``version`` names the analysis that its documents must come from."""

    name = "elasticsearch"

    def __init__(
        self,
        client: Elasticsearch,
        *,
        alias: str,
        version: str,
        shards: int = 1,
        replicas: int = 0,
    ) -> None:
        self._client = client.options(request_timeout=_REQUEST_SECONDS)
        self._alias = alias
        self._version = version
        self._shards = shards
        self._replicas = replicas

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        alias: str,
        version: str,
        user: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        ca_certs: str | None = None,
        shards: int = 1,
        replicas: int = 0,
    ) -> ElasticsearchEngine:
        """Makes the client; connects with the first request."""
        trusted: dict[str, Any] = {"ca_certs": ca_certs} if ca_certs else {}
        client = Elasticsearch(
            url,
            basic_auth=(user, password or "") if user else None,
            api_key=api_key,
            **trusted,
            retry_on_timeout=False,
            max_retries=1,
        )
        return cls(client, alias=alias, version=version, shards=shards, replicas=replicas)

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
        scoring = _part_queries(query) if sort == "relevance" and limit else {}
        filters = {name: {"terms": {name: list(values)}} for name, values in query.filters.items() if values}
        matching: dict[str, Any] = {"bool": {"filter": _conditions(query), "must_not": _exclusions(query)}}
        matching["bool"]["should"] = [
            {"bool": {"must": [part], "boost": boost * _factor(name)}}
            for name, part in scoring.items()
            if (boost := query.boosts.get(name))
        ]
        order: list[dict[str, Any]] = [{"_score": "desc"}, {"key": "asc"}]
        if sort != "relevance":
            order = [{"newest": "desc"}] if sort == "-date" else [{"oldest": "asc"}]
        with _answering(self._alias):
            answer = (
                self._asking()
                .search(
                    index=self._alias,
                    query=matching,
                    post_filter={"bool": {"filter": list(filters.values())}} if filters else None,
                    aggs=_aggregations(facets, filters) or None,
                    from_=offset,
                    size=limit,
                    sort=order,
                    source=False,
                    docvalue_fields=_FIELDS,
                    track_total_hits=True,
                    track_scores=sort == "relevance",
                    search_type="dfs_query_then_fetch",
                )
                .body
            )
        _complete(answer, self._alias)
        hits = answer["hits"]
        return Recall(
            total=hits["total"]["value"],
            candidates=[_candidate(hit) for hit in hits["hits"]],
            facets={name: _facet_counts(answer["aggregations"][name]["values"], facet_size) for name in facets},
        )

    def parts(self, query: EngineQuery, keys: Sequence[int]) -> dict[int, dict[str, float]]:
        parts = _part_queries(query)
        if not keys or not parts:
            return {}
        for name, part in parts.items():
            next(iter(part.values()))["_name"] = name
        with _answering(self._alias):
            answer = (
                self._asking()
                .search(
                    index=self._alias,
                    query={"bool": {"filter": [{"terms": {"key": list(keys)}}], "should": list(parts.values())}},
                    size=len(keys),
                    source=False,
                    docvalue_fields=_FIELDS[:1],
                    include_named_queries_score=True,
                    search_type="dfs_query_then_fetch",
                )
                .body
            )
        return {
            hit["fields"]["key"][0]: {
                name: score * _factor(name) for name, score in (hit.get("matched_queries") or {}).items()
            }
            for hit in answer["hits"]["hits"]
        }

    def displays(self, keys: Sequence[int]) -> dict[int, str]:
        if not keys:
            return {}
        with _answering(self._alias):
            answer = (
                self._asking()
                .search(
                    index=self._alias,
                    query={"terms": {"key": list(keys)}},
                    size=len(keys),
                    source={"includes": ["display"]},
                    docvalue_fields=_FIELDS[:1],
                )
                .body
            )
        by_key = {hit["fields"]["key"][0]: hit["_source"]["display"] for hit in answer["hits"]["hits"]}
        return {key: by_key[key] for key in keys if key in by_key}

    def similar(self, words: Mapping[str, str], *, notice_id: str, limit: int) -> list[Candidate]:
        document = {f"{part}_words": text for part, text in words.items() if text}
        if not document:
            return []
        like = {
            "more_like_this": {
                "fields": list(document),
                "like": [{"doc": document}],
                "min_doc_freq": 1,
                "min_term_freq": 1,
                "max_query_terms": 25,
                "minimum_should_match": 1,
            }
        }
        return self._top({"bool": {"must": [like], "must_not": [{"term": {"notice_id": notice_id}}]}}, limit)

    def titles(self, text: str, *, limit: int) -> list[Candidate]:
        return self._top(_phrase("title_bigrams", text), limit)

    def writer(self, *, rebuild: bool = False) -> ElasticsearchWriter:
        settings = {"number_of_shards": self._shards, "number_of_replicas": self._replicas}
        return ElasticsearchWriter(
            self._client, alias=self._alias, version=self._version, settings=settings, rebuild=rebuild
        )

    def health(self) -> Mapping[str, Any]:
        with _answering(self._alias):
            documents = self._asking().count(index=self._alias).body["count"]
            state = _state(self._asking(), self._alias)
        return {"documents": documents, "position": state["position"], "version": state["version"]}

    def close(self) -> None:
        self._client.close()

    def _asking(self) -> Elasticsearch:
        """The client, which waits no longer than the present request has left; closing ends the search there too."""
        return self._client.options(request_timeout=seconds_left(_REQUEST_SECONDS))

    def _top(self, query: Mapping[str, Any], limit: int) -> list[Candidate]:
        with _answering(self._alias):
            answer = (
                self._asking()
                .search(
                    index=self._alias,
                    query=query,
                    size=limit,
                    sort=[{"_score": "desc"}, {"key": "asc"}],
                    source=False,
                    docvalue_fields=_FIELDS,
                    search_type="dfs_query_then_fetch",
                )
                .body
            )
        return [_candidate(hit) for hit in answer["hits"]["hits"]]


class ElasticsearchWriter:
    """The one writer of the index; a rebuild writes a new index, and publishing moves the alias to it."""

    def __init__(
        self, client: Elasticsearch, *, alias: str, version: str, settings: Mapping[str, Any], rebuild: bool
    ) -> None:
        self._client = client
        self._alias = alias
        self._version = version
        self._operations: list[dict[str, Any]] = []
        self.position = 0
        with _answering(alias):
            current = _indices(client, alias)
            if current and not rebuild:
                self._index = current[0]
                self._published = True
                self.position = int(_state(client, self._index)["position"])
            else:
                self._index = f"{alias}-{uuid.uuid4().hex[:12]}"
                self._published = False
                client.indices.create(
                    index=self._index, mappings=_mappings(version), settings={**_SETTINGS, **settings}
                )

    def replace(self, notice_ids: Iterable[str], documents: Iterable[EngineDocument]) -> None:
        notice_ids = list(notice_ids)
        with _answering(self._alias):
            self._client.indices.refresh(index=self._index)
            for start in range(0, len(notice_ids), 1000):
                self._client.delete_by_query(
                    index=self._index, query={"terms": {"notice_id": notice_ids[start : start + 1000]}}, refresh=False
                )
            actions = (
                {"_op_type": "index", "_index": self._index, "_id": document.id, "_source": _source(document)}
                for document in documents
            )
            for _ok, _item in streaming_bulk(self._client, actions, max_chunk_bytes=_BULK_BYTES, max_retries=3):
                pass

    def commit(self, position: int) -> None:
        with _answering(self._alias):
            self._client.indices.refresh(index=self._index)
            self._client.indices.put_mapping(index=self._index, meta=_meta(self._version, position))
        self.position = position

    def publish(self) -> None:
        if self._published:
            return
        with _answering(self._alias):
            old = _indices(self._client, self._alias)
            actions: list[dict[str, Any]] = [{"add": {"index": self._index, "alias": self._alias}}]
            actions += [{"remove_index": {"index": name}} for name in old]
            self._client.indices.update_aliases(actions=actions)
        self._published = True

    def close(self) -> None:
        """An index that was never published is dropped."""
        if not self._published:
            with contextlib.suppress(EngineError), _answering(self._alias):
                self._client.indices.delete(index=self._index, ignore_unavailable=True)


_SETTINGS: Mapping[str, Any] = {"refresh_interval": "-1", "max_result_window": MAX_WINDOW}


def _mappings(version: str) -> dict[str, Any]:
    raw = {"type": "keyword"}
    unscored = {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False}
    properties: dict[str, Any] = dict.fromkeys(("notice_id", "title_key", "numbers", *FACETS), raw)
    for part in TEXT_PARTS:
        properties[f"{part}_words"] = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
        properties[f"{part}_bigrams"] = {"type": "text", "analyzer": "whitespace", "index_options": "positions"}
    properties["characters"] = unscored
    properties |= {name: {"type": "long"} for name in ("key", "newest", "oldest")}
    properties |= {name: {"type": "integer"} for name in ("date", "repealed")}
    properties["display"] = {"type": "keyword", "index": False, "doc_values": False}
    tokens = [name for name in properties if name.endswith(("_words", "_bigrams"))] + ["characters"]
    return {
        "dynamic": "strict",
        "_source": {"excludes": tokens},
        "_meta": _meta(version, 0),
        "properties": properties,
    }


def _meta(version: str, position: int) -> dict[str, Any]:
    return {"version": version, "position": position}


def _source(document: EngineDocument) -> dict[str, Any]:
    return {
        "notice_id": document.notice_id,
        "title_key": document.title_key,
        "numbers": list(document.numbers),
        "characters": document.characters,
        "key": document.key,
        "date": document.date,
        "repealed": document.repealed,
        "newest": document.newest,
        "oldest": document.oldest,
        "display": document.display,
        **{f"{part}_words": text for part, text in document.words.items()},
        **{f"{part}_bigrams": text for part, text in document.bigrams.items()},
        **{name: list(values) for name, values in document.facets.items()},
    }


def _conditions(query: EngineQuery) -> list[dict[str, Any]]:
    """What decides whether a document matches, facet filters and exclusions aside."""
    text = [_substring(required) for required in query.required]
    if query.terms and query.minimum_terms:
        terms = [_substring(term) for term in query.terms]
        text.append({"bool": {"should": terms, "minimum_should_match": min(query.minimum_terms, len(terms))}})
    matching: dict[str, Any] | None = {"bool": {"filter": text}} if text else None
    if query.numbers:
        numbers = {"terms": {"numbers": list(query.numbers)}}
        matching = {"bool": {"should": [numbers, matching], "minimum_should_match": 1}} if matching else numbers
    conditions = [matching or {"match_all": {}}]
    if query.date_from is not None or query.date_to is not None:
        span = {"gte": max(query.date_from or 1, 1)} | ({"lte": query.date_to} if query.date_to is not None else {})
        conditions.append({"range": {"date": span}})
    return conditions


def _exclusions(query: EngineQuery) -> list[dict[str, Any]]:
    return [_substring(text) for text in query.excluded]


def _part_queries(query: EngineQuery) -> dict[str, dict[str, Any]]:
    """Each part of the score by its name."""
    parts: dict[str, dict[str, Any]] = {}
    if query.words:
        for part in TEXT_PARTS:
            parts[f"{part}_words"] = _any_of(f"{part}_words", query.words)
    if query.bigrams:
        for part in ("title", "body"):
            parts[f"{part}_bigrams"] = _any_of(f"{part}_bigrams", query.bigrams)
    if len(query.phrase) > 2:
        for part in ("title", "body"):
            parts[f"{part}_phrase"] = {"bool": {"must": [_phrase(f"{part}_bigrams", query.phrase)]}}
    if query.title_key:
        parts["title_key"] = _constant({"term": {"title_key": query.title_key}}, "title_key")
    if query.numbers:
        parts["number"] = _constant({"terms": {"numbers": list(query.numbers)}}, "number")
    if len(query.terms) > query.minimum_terms:
        every = {"bool": {"filter": [_substring(term) for term in query.terms]}}
        parts["all_terms"] = _constant(every, "all_terms")
    return parts


def _factor(part: str) -> float:
    return 1.0 if part in CONSTANT_PARTS else _BM25


def _any_of(field: str, terms: Sequence[str]) -> dict[str, Any]:
    return {"bool": {"should": [{"term": {field: {"value": term}}} for term in terms]}}


def _constant(query: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {"constant_score": {"filter": query, "boost": CONSTANT_PARTS[part]}}


def _substring(text: str) -> dict[str, Any]:
    if len(text) == 1:
        return {"term": {"characters": {"value": text}}}
    each = [_phrase(f"{part}_bigrams", text) for part in TEXT_PARTS]
    return {"bool": {"should": each, "minimum_should_match": 1}}


def _phrase(field: str, text: str) -> dict[str, Any]:
    pairs = " ".join(first + second for first, second in itertools.pairwise(text))
    return {"match_phrase": {field: {"query": pairs}}}


def _aggregations(facets: Sequence[str], filters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "filter": {"bool": {"filter": [one for other, one in filters.items() if other != name]}},
            "aggs": {"values": {"terms": {"field": name, "size": _ALL_VALUES}}},
        }
        for name in facets
    }


def _facet_counts(answer: Mapping[str, Any], size: int) -> FacetCounts:
    counts = [(bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]]
    counts.sort(key=lambda pair: (-pair[1], pair[0]))
    other = sum(number for _value, number in counts[size:]) + answer["sum_other_doc_count"]
    return FacetCounts(counts[:size], other)


def _candidate(hit: Mapping[str, Any]) -> Candidate:
    key, date, repealed = (hit["fields"][name][0] for name in _COLUMNS)
    return Candidate(key=key, score=hit.get("_score") or 0.0, date=date, repealed=bool(repealed))


def _complete(answer: Mapping[str, Any], alias: str) -> None:
    """Raises where a shard failed or time ran out: a part of the answer would be a wrong one."""
    if answer["timed_out"] or answer["_shards"]["failed"]:
        raise EngineUnavailableError(f"elasticsearch index {alias}: incomplete answer {json.dumps(answer['_shards'])}")


def _indices(client: Elasticsearch, alias: str) -> list[str]:
    if not client.indices.exists_alias(name=alias):
        return []
    return sorted(client.indices.get_alias(name=alias).body)


def _state(client: Elasticsearch, index: str) -> dict[str, Any]:
    mappings = client.indices.get_mapping(index=index).body
    state: dict[str, Any] = next(iter(mappings.values()))["mappings"]["_meta"]
    return state


@contextlib.contextmanager
def _answering(alias: str) -> Iterator[None]:
    """The client's errors as ours, with what the server said and no address or password."""
    try:
        yield
    except elasticsearch.NotFoundError as error:
        raise EngineUnavailableError(
            f"elasticsearch has no index {alias}: it is made from the catalogue by gongkai index or gongkai serve"
        ) from error
    except (elasticsearch.TransportError, elasticsearch.ApiError) as error:
        raise EngineUnavailableError(f"elasticsearch index {alias}: {type(error).__name__}: {error}") from error
    except BulkIndexError as error:
        first = json.dumps(error.errors[:1], ensure_ascii=False)[:500]
        raise EngineError(
            f"elasticsearch index {alias}: {len(error.errors)} documents refused, first: {first}"
        ) from error
