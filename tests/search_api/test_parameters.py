"""Query strings to requests."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest

from indexer.engine import FACETS
from search_api.parameters import (
    PARAMETERS,
    openapi_parameters,
    parse_export,
    parse_search,
    query_pairs,
)
from search_api.search import SearchRequest, SearchRequestError


def parse(text: str, **options: object) -> SearchRequest:
    return parse_search(parse_qsl(text, keep_blank_values=True), **options)  # type: ignore[arg-type]


def test_every_parameter() -> None:
    request = parse(
        "q=农机补贴&page=3&size=20&sort=-date&issuing_agency=县农业局&issuing_agency=县财政局&genre=通知&"
        "disclosure_category=机构职能&subject_category=财政&validity=有效&source=portal&format=pdf&year=2011&"
        "date_from=2011-01-01&date_to=2011-12-31&facets=genre,year&facets=source&facet_size=7&explain=true"
    )
    assert request == SearchRequest(
        q="农机补贴",
        page=3,
        size=20,
        sort="-date",
        filters={
            "issuing_agency": ("县农业局", "县财政局"),
            "genre": ("通知",),
            "disclosure_category": ("机构职能",),
            "subject_category": ("财政",),
            "validity": ("有效",),
            "source": ("portal",),
            "format": ("pdf",),
            "year": ("2011",),
        },
        date_from=date(2011, 1, 1),
        date_to=date(2011, 12, 31),
        facets=("genre", "year", "source"),
        facet_size=7,
        explain=True,
    )


def test_nothing_is_everything() -> None:
    assert parse("") == SearchRequest()
    assert parse("q=") == SearchRequest()


@pytest.mark.parametrize(
    ("text", "parameter", "message"),
    [
        ("pgae=1", "pgae", "did you mean page?"),
        ("issuing_agencey=x", "issuing_agencey", "did you mean issuing_agency?"),
        ("date_form=2011-01-01", "date_form", "did you mean date_from?"),
        ("Q=x", "Q", "did you mean q?"),
        ("zzzzzzzz=x", "zzzzzzzz", "unknown parameter zzzzzzzz"),
        ("page=0", "page", "0 is not allowed; it must be a whole number from 1"),
        ("page=-1", "page", "-1 is not allowed"),
        ("page=1.5", "page", "1.5 is not allowed"),
        ("page=１", "page", "１ is not allowed"),
        ("page=99999999999999999999", "page", "is not allowed"),
        ("page=", "page", "is not allowed"),
        ("size=101", "size", "from 1 to 100"),
        ("size=0", "size", "from 1 to 100"),
        ("page=101&size=100", "page", "/api/v1/export"),
        ("page=1&page=2", "page", "more than once"),
        ("q=a&q=b", "q", "more than once"),
        ("sort=newest", "sort", "relevance, date, -date"),
        ("sort=-dates", "sort", "did you mean -date?"),
        ("date_from=2011-02-30", "date_from", "2011-02-30 is not allowed"),
        ("date_from=20110101", "date_from", "a day such as"),
        ("date_from=2012-01-01&date_to=2011-01-01", "date_from", "is after date_to"),
        ("year=11", "year", "four digits"),
        ("genre=", "genre", "not empty"),
        ("genre=" + "长" * 201, "genre", "at most 200 characters"),
        ("&".join(f"genre={n}" for n in range(51)), "genre", "more than 50 values"),
        ("facets=gener", "facets", "did you mean genre?"),
        ("facet_size=0", "facet_size", "from 1 to 1000"),
        ("explain=yes", "explain", "true or false"),
        ("q=" + "长" * 501, "q", "501 characters; at most 500"),
    ],
)
def test_errors_name_the_parameter(text: str, parameter: str, message: str) -> None:
    with pytest.raises(SearchRequestError) as error:
        parse(text)
    assert error.value.parameter == parameter
    assert message in str(error.value)
    assert any("\u4e00" <= character <= "\u9fff" for character in error.value.reader_message)
    assert len(str(error.value)) < 400


def test_the_operator_may_allow_less() -> None:
    with pytest.raises(SearchRequestError, match="at most 20"):
        parse("q=" + "长" * 21, max_query_characters=20)


def test_a_form_sends_empty_fields_and_messengers_append_theirs() -> None:
    assert parse("q=农机&date_from=&date_to=&from=timeline&isappinstalled=0&utm_source=x", reader=True).q == "农机"
    with pytest.raises(SearchRequestError):
        parse("q=农机&form=x", reader=True)


def test_controls_do_not_survive() -> None:
    assert parse("q=农%00机%0A补贴").q == "农机 补贴"


@pytest.mark.parametrize("use", ["search", "export", "feed", "suggest"])
def test_what_is_not_for_a_route_is_unknown_there(use: str) -> None:
    described = {row["name"] for row in openapi_parameters(use)}  # type: ignore[arg-type]
    for parameter in PARAMETERS:
        if parameter.name not in described:
            with pytest.raises(SearchRequestError, match="unknown parameter"):
                parse(f"{parameter.name}=1", use=use)


def test_every_facet_is_a_filter() -> None:
    assert {parameter.name for parameter in PARAMETERS} >= set(FACETS)


def test_pairs_lead_back_to_the_request() -> None:
    request = SearchRequest(
        q='"最低 生活" -低保 &=#',
        page=2,
        size=20,
        sort="date",
        filters={"genre": ("通知", "a&b"), "year": ("2011",)},
        date_from=date(2011, 1, 1),
    )
    assert parse_search(query_pairs(request)) == request
    assert query_pairs(SearchRequest()) == []


def test_export_takes_its_form_from_the_first_format() -> None:
    assert parse_export([("q", "x")]) == ("jsonl", SearchRequest(q="x"))
    assert parse_export([("format", "csv"), ("format", "pdf")]) == ("csv", SearchRequest(filters={"format": ("pdf",)}))
    with pytest.raises(SearchRequestError, match="xml is no export"):
        parse_export([("format", "xml")])
    with pytest.raises(SearchRequestError, match="unknown parameter page"):
        parse_export([("page", "2")])
