"""nDCG@10 of the ranker's weights beside words alone and bigrams alone, on laymen's questions."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from analyzers.analysis import default_analyzer
from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices
from indexer.documents import index_version
from indexer.follower import Follower
from indexer.tantivy_engine import TantivyEngine
from search_api import search
from search_api.ranker import WEIGHTS
from search_api.search import MAX_QUERY_CHARACTERS, SearchRequest, SearchService

QUESTIONS = Path(__file__).resolve().parents[2] / "shared" / "data" / "E_queries" / "stard"
ORDERS: Mapping[str, Mapping[str, float]] = {
    "the ranker": WEIGHTS,
    "words": {"title_words": 1.0, "body_words": 1.0},
    "bigrams": {"title_bigrams": 1.0, "body_bigrams": 1.0},
    "body's words and bigrams": {"body_words": 1.0, "body_bigrams": 1.0},
    "title^4, body's words": {"title_words": 4.0, "body_words": 1.0},
}
Judgements = Mapping[str, Mapping[str, int]]


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int], *, depth: int = 10) -> float:
    gain = sum(relevant.get(key, 0) / math.log2(place + 2) for place, key in enumerate(ranked[:depth]))
    best = sum(grade / math.log2(place + 2) for place, grade in enumerate(sorted(relevant.values())[::-1][:depth]))
    return gain / best if best else 0.0


def load_judgements(folder: Path) -> Judgements:
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for line in (folder / "qrels_train.tsv").read_text().splitlines():
        question, _iteration, document, grade = line.split()
        judged[question][document] = int(grade)
    return judged


def main() -> int:
    console = Console()
    if not QUESTIONS.is_dir():
        console.print(f"the questions are not here ({QUESTIONS.name} in ../shared/data)")
        return 1
    judged = load_judgements(QUESTIONS)
    lines = (QUESTIONS / "queries.tsv").read_text().splitlines()
    questions = [(key, text) for key, _tab, text in (line.partition("\t") for line in lines) if key in judged]
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Catalogue.open(f"sqlite:///{folder}/catalogue.db")
        engine = TantivyEngine(Path(folder, "index"), version=index_version(default_analyzer()))
        with console.status("indexing"), catalogue.begin() as connection:
            corpus = (QUESTIONS / "corpus.jsonl").read_text().splitlines()
            notices.put_all(connection, [Notice.from_record(json.loads(line)) for line in corpus])
        follower = Follower(catalogue, engine, lock=Path(folder, "lock"))
        follower.catch_up()
        follower.close()
        service = SearchService(catalogue, engine)
        table = Table("order", "nDCG@10", "empty", title=f"{len(questions)} questions, {len(corpus)} articles")
        for name, weights in ORDERS.items():
            with patch.object(search, "WEIGHTS", weights):
                score, empty = _measure(service, questions, judged)
            table.add_row(name, f"{score:.4f}", str(empty))
        console.print(table)
        engine.close()
        catalogue.close()
    return 0


def _measure(service: SearchService, questions: Sequence[tuple[str, str]], judged: Judgements) -> tuple[float, int]:
    """Mean nDCG@10, and the number of questions without any hit."""
    scores = []
    empty = 0
    for key, text in questions:
        hits = service.search(SearchRequest(q=text[:MAX_QUERY_CHARACTERS])).hits
        scores.append(ndcg([hit.id for hit in hits], judged[key]))
        empty += not hits
    return sum(scores) / len(scores), empty


if __name__ == "__main__":
    sys.exit(main())
