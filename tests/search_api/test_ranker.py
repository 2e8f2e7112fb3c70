"""One order for both engines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engine import SCORE_PARTS, Candidate
from search_api.ranker import RECENCY_SHARE, REPEALED_FACTOR, WEIGHTS, Ranked, explain, factors, rank, recency_factor

candidates = st.lists(
    st.builds(
        Candidate,
        key=st.integers(0, 2**63 - 1),
        score=st.floats(0, 1_000),
        date=st.sampled_from([0, 19990101, 20110516, 20261231]),
        repealed=st.booleans(),
    ),
    max_size=20,
)


def test_every_part_of_a_score_has_a_weight() -> None:
    assert set(WEIGHTS) == set(SCORE_PARTS)
    assert all(weight >= 0 for weight in WEIGHTS.values())


@given(candidates)
def test_the_order(found: list[Candidate]) -> None:
    ranked = rank(found, year=2026)
    assert sorted(map(id, found)) == sorted(id(one.candidate) for one in ranked)
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= one.score <= one.candidate.score * (1 + RECENCY_SHARE) + 1e-9 for one in ranked)


def test_equal_scores_keep_the_engine_s_order() -> None:
    found = [Candidate(key, 3.0, 20110516, False) for key in (5, 1, 9, 3)]
    assert [one.candidate.key for one in rank(found, year=2026)] == [5, 1, 9, 3]


def test_newer_and_in_force_stand_first_among_equals() -> None:
    old, repealed = Candidate(1, 10.0, 19990101, False), Candidate(2, 10.0, 20260101, True)
    undated, new = Candidate(3, 10.0, 0, False), Candidate(4, 10.0, 20260101, False)
    assert [one.candidate.key for one in rank([repealed, undated, old, new], year=2026)] == [4, 3, 1, 2]


def test_a_better_match_beats_a_newer_one() -> None:
    better, newer = Candidate(1, 10.6, 19990101, False), Candidate(2, 10.0, 20260101, False)
    assert rank([newer, better], year=2026)[0].candidate is better


@pytest.mark.parametrize(
    ("date", "factor"),
    [(0, 1.0), (20260516, 1.05), (20160101, 1.025), (20060101, 1.0), (19490101, 1.0), (20990101, 1.05)],
)
def test_recency(date: int, factor: float) -> None:
    assert recency_factor(date, 2026) == pytest.approx(factor)


def test_an_explanation_adds_up() -> None:
    parts = {"title_words": 4.0, "body_bigrams": 2.5, "number": 200.0}
    score = sum(WEIGHTS[name] * value for name, value in parts.items())
    candidate = Candidate(1, score, 20160101, True)
    (ranked,) = rank([candidate], year=2026)
    explained = explain(ranked, parts, year=2026)
    added = math.fsum(value for name, value in explained.items() if not name.endswith("_factor"))
    multiplied = math.prod(value for name, value in explained.items() if name.endswith("_factor"))
    assert added * multiplied == pytest.approx(ranked.score)
    assert factors(candidate, 2026) == {"recency": pytest.approx(1.025), "repealed": REPEALED_FACTOR}
    assert explain(Ranked(candidate, 0.0), {}, year=2026) == {"recency_factor": 1.025, "repealed_factor": 0.8}
