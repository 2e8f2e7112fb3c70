"""The law corpus on both engines: titles come first, and the two engines say the same."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices
from indexer.engine import Engine
from indexer.follower import Follower
from search_api.search import SearchAnswer, SearchRequest, SearchService
from tests.indexer.conftest import make_engine

pytestmark = pytest.mark.shared
FACET_NAMES = ("issuing_agency", "source", "format", "year")


@pytest.fixture(scope="module")
def laws(shared: Path) -> list[Notice]:
    lines = (shared / "data" / "D_corpus" / "laws.jsonl").read_text(encoding="utf-8").splitlines()
    return [Notice.from_record(json.loads(line)) for line in lines]


@pytest.fixture(scope="module")
def catalogue(laws: list[Notice], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    made = Catalogue.open(f"sqlite:///{tmp_path_factory.mktemp('laws')}/catalogue.db")
    with made.begin() as connection:
        notices.put_all(connection, laws)
    yield made
    made.close()


@pytest.fixture(scope="module")
def services(
    catalogue: Catalogue, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, SearchService]]:
    """Both engines, filled from the same catalogue."""
    folder = tmp_path_factory.mktemp("engines")
    engines: dict[str, Engine] = {}
    for name in ("tantivy", "elasticsearch"):
        engines[name] = make_engine(request, name, folder)
        follower = Follower(catalogue, engines[name], lock=folder / f"{name}.lock")
        assert follower.catch_up() == 418
        follower.close()
    yield {name: SearchService(catalogue, engine) for name, engine in engines.items()}
    for engine in engines.values():
        engine.close()


def questions(laws: list[Notice]) -> list[SearchRequest]:
    """200 queries cut from the corpus: words of titles, runs of characters from bodies, quoted, excluded, filtered."""
    chance = random.Random(20110516)
    asked = []
    for number in range(200):
        law = chance.choice(laws)
        text = law.title if number % 4 == 0 else law.body
        length = chance.choice((2, 4, 6, 9, 14))
        start = chance.randrange(max(1, len(text) - length))
        q = " ".join(text[start : start + length].split())
        if number % 5 == 1:
            q = f"“{q}”"
        if number % 5 == 2:
            q = f"{q} -罚款"
        filters = {"year": [str(law.date.year)]} if number % 10 == 3 and law.date else {}
        asked.append(SearchRequest(q=q, filters=filters, facets=FACET_NAMES))
    return asked


def summary(answer: SearchAnswer) -> tuple[object, ...]:
    facets = {name: (list(counts.values), counts.other) for name, counts in answer.facets.items()}
    return answer.total, facets, answer.relaxed


@pytest.mark.elasticsearch
def test_engines_agree_on_totals_facets_and_first_hits(services: dict[str, SearchService], laws: list[Notice]) -> None:
    overlaps = []
    for request in questions(laws):
        one, other = (services[name].search(request) for name in ("tantivy", "elasticsearch"))
        assert summary(one) == summary(other), request.q
        first, second = ({hit.id for hit in answer.hits} for answer in (one, other))
        overlaps.append(len(first & second) / max(len(first), len(second)) if first or second else 1.0)
    assert sum(overlaps) / len(overlaps) >= 0.95


@pytest.mark.elasticsearch
@pytest.mark.parametrize("name", ["tantivy", "elasticsearch"])
def test_a_whole_title_brings_its_document_first(
    services: dict[str, SearchService], laws: list[Notice], name: str
) -> None:
    answers = [(law.title, services[name].search(SearchRequest(q=law.title, size=1))) for law in laws]
    right = sum(bool(answer.hits) and answer.hits[0].title == title for title, answer in answers)
    assert right / len(laws) >= 0.99
