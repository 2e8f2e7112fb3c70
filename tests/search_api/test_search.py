"""The search service: from strict to loose, ranked, paged and explained."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analyzers.notice import Attachment, Notice
from search_api.search import (
    MAX_QUERY_CHARACTERS,
    WINDOW,
    SearchAnswer,
    SearchRequest,
    SearchRequestError,
    SearchService,
)
from tests.search_api.conftest import service_of

MANY = WINDOW + 60


def notice(key: str, title: str, body: str, **fields: Any) -> Notice:
    return Notice(key, f"https://a.example/{key}", "portal", title, body, **fields)


APPLICATION = "申请农机补贴的农户，持身份证到乡镇办理。"
FORM = Attachment("https://a.example/f.docx", "登记申请表.docx", "docx", "申请人填写本表。")
NOTICES = [
    notice("subsidy", "农业机械购置补贴实施办法", APPLICATION, written_date=date(2018, 3, 9)),
    notice("old", "农业机械购置补贴管理办法", APPLICATION, written_date=date(2010, 3, 9), validity="废止"),
    notice("water", "停水公告", "因检修，三日停水。", written_date=date(2020, 8, 1), published_date=date(2020, 8, 2)),
    notice("bike", "电动自行车登记规定", "电动自行车应当登记上牌。", attachments=[FORM]),
    *(notice(f"road{n}", f"第{n}号施工通告", "道路施工，请绕行。", written_date=date(2015, 1, 1)) for n in range(MANY)),
]


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchService]:
    folder: Path = tmp_path_factory.mktemp("some")
    with service_of(folder, NOTICES) as service:
        yield service


def ids(answer: SearchAnswer) -> list[str]:
    return [hit.id for hit in answer.hits]


def test_what_is_in_force_stands_above_what_is_repealed(some: SearchService) -> None:
    answer = some.search(SearchRequest(q="农机补贴怎么申请", explain=True))
    assert ids(answer)[:2] == ["subsidy", "old"]
    assert answer.hits[1].explanation is not None
    assert answer.hits[1].explanation["repealed_factor"] < 1
    marked = [answer.hits[0].snippet[start:end] for start, end in answer.hits[0].highlights["snippet"]]
    assert marked == ["申请农机补贴"]


def test_few_hits_are_followed_by_what_has_some_of_the_terms(some: SearchService) -> None:
    answer = some.search(SearchRequest(q="农机补贴申请表"))
    assert answer.relaxed is not None
    assert answer.relaxed["left_out"]
    assert {"subsidy", "old"} < set(ids(answer))
    strict = some.search(SearchRequest(q="停水检修"))
    assert (ids(strict), strict.relaxed) == (["water"], None)  # no other has one of the terms


def test_nothing_literal_leads_to_an_empty_page_where_two_characters_stand_together(some: SearchService) -> None:
    answer = some.search(SearchRequest(q="摩托车要不要上牌"))
    assert ids(answer) == ["bike"]
    assert answer.relaxed is not None
    assert answer.relaxed["left_out"] == list(answer.query["terms"])
    assert some.search(SearchRequest(q='"摩托车上牌"')).total == 0
    assert some.search(SearchRequest(q="龘靐")).total == 0


def test_sorted_by_date_only_what_has_all_terms(some: SearchService) -> None:
    answer = some.search(SearchRequest(q="农机补贴", sort="-date"))
    assert (ids(answer), answer.relaxed) == (["subsidy", "old"], None)
    assert ids(some.search(SearchRequest(q="农机补贴", sort="date"))) == ["old", "subsidy"]


def test_pages_go_on_beyond_the_window_without_repeating(some: SearchService) -> None:
    found: list[str] = []
    for page in range(1, 6):
        answer = some.search(SearchRequest(q="道路施工", page=page, size=60))
        assert answer.total == MANY
        found += ids(answer)
    assert sorted(found) == sorted(f"road{n}" for n in range(MANY))


def test_a_date_alone_brings_what_was_written_or_published_that_day(some: SearchService) -> None:
    for q in ("2020年8月1日", "2020-08-02", "二〇二〇年八月二日"):
        assert ids(some.search(SearchRequest(q=q))) == ["water"]


def test_an_attachment_is_a_hit_with_its_parent(some: SearchService) -> None:
    hit = some.search(SearchRequest(q='"申请人填写"')).hits[0]
    assert hit.parent == {"id": "bike", "title": "电动自行车登记规定"}
    assert (hit.title, hit.fields["format"]) == ("登记申请表.docx", "docx")
    assert some.parent_of(hit.id) == "bike"


def test_similar_and_suggested(some: SearchService) -> None:
    assert next(hit.id for hit in some.similar("subsidy")) == "old"
    assert some.similar("unknown") == []
    assert list(some.suggest("农业机械")) == ["农业机械购置补贴实施办法", "农业机械购置补贴管理办法"]
    assert list(some.suggest("农")) == []


@pytest.mark.parametrize(
    ("request_", "parameter"),
    [
        (SearchRequest(q="长" * (MAX_QUERY_CHARACTERS + 1)), "q"),
        (SearchRequest(size=0), "size"),
        (SearchRequest(size=101), "size"),
        (SearchRequest(page=0), "page"),
        (SearchRequest(page=101, size=100), "page"),
        (SearchRequest(filters={"colour": ["red"]}), "colour"),
        (SearchRequest(facets=("colour",)), "colour"),
    ],
)
def test_a_request_that_cannot_be_answered_names_its_parameter(
    some: SearchService, request_: SearchRequest, parameter: str
) -> None:
    with pytest.raises(SearchRequestError) as raised:
        some.search(request_)
    assert raised.value.parameter == parameter
    assert raised.value.reader_message
