"""Dates in the spellings of official documents."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.dates import find_dates, han_number, parse_date, year_number

DAY = date(2011, 5, 16)
_HAN = "〇一二三四五六七八九"


@pytest.mark.parametrize(
    "text",
    [
        "2011年5月16日",
        "2011年05月16日",
        "２０１１年５月１６日",
        "2011 年 5 月 16 日",
        "2011年5月16号",
        "二〇一一年五月十六日",
        "二○一一年五月十六日",
        "二零一一年五月十六日",
        "二O一一年五月十六日",
        "二Ｏ一一年五月十六日",
        "二o一一年五月十六日",
        "二0一一年五月十六日",
        "二０一一年五月十六日",
        "二〇一一 年 五 月 十六 日",
        "2011-05-16",
        "2011-5-16",
        "2011/5/16",
        "2011.5.16",
        "2011．5．16",
        "2011—05—16",
        "20110516",
        "2011-05-16 10:20:00",
        "2011-05-16T08:00:00+08:00",
        "发布日期：2011-05-16 来源：区政府办公室",
        "二〇一一年\n五月十六日",
    ],
)
def test_spellings(text: str) -> None:
    assert parse_date(text) == DAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("二〇一〇年十月十日", date(2010, 10, 10)),
        ("二〇一〇年十二月三十一日", date(2010, 12, 31)),
        ("二〇一二年元月一日", date(2012, 1, 1)),
        ("2012年元月1日", date(2012, 1, 1)),
        ("一九九八年九月廿六日", date(1998, 9, 26)),
        ("一九九八年十月卅一日", date(1998, 10, 31)),
        ("二〇二〇年二月二十九日", date(2020, 2, 29)),
        ("2O11年5月16日", DAY),
    ],
)
def test_han_numerals(text: str, expected: date) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2011年5月",
        "2011年",
        "五月十六日",
        "2011年2月30日",
        "2011年13月1日",
        "2011-05-161",
        "201105161",
        "120110516",
        "12011年5月16日",
        "08952011-05-16",
        "1811年5月16日",
        "2999年5月16日",
        "20111316",
        "民国一百年五月十六日",
        "国发〔2011〕12号",
        "第一百二十三条",
    ],
)
def test_no_date(text: str) -> None:
    assert parse_date(text) is None


def test_every_date_with_its_span() -> None:
    text = "自2011年7月1日起施行，二〇一六年六月三十日失效，2011年2月30日不算。"
    found = find_dates(text)
    assert [(text[one.start : one.end], one.date) for one in found] == [
        ("2011年7月1日", date(2011, 7, 1)),
        ("二〇一六年六月三十日", date(2016, 6, 30)),
    ]


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_day_in_every_form(day: date) -> None:
    han_year = "".join(_HAN[int(digit)] for digit in f"{day.year:04}")
    for text in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}/{day.month:02}/{day.day:02}",
        f"{han_year}年{_han(day.month)}月{_han(day.day)}日",
    ):
        assert parse_date(text) == day, text


@given(st.text(alphabet="12０二〇O○年月日号-./十元廿卅 \n一三a", max_size=40))
def test_any_text(text: str) -> None:
    found = find_dates(text)
    spans = [(one.start, one.end) for one in found]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert parse_date(text) == (found[0].date if found else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("9", 9), ("０９", 9), ("九", 9), ("十", 10), ("十六", 16), ("二十", 20), ("二十一", 21), ("廿六", 26), ("卅", 30),
     ("元", 1), (" 12 ", 12), ("", None), ("百", None), ("二十三十", None), ("x", None), ("²", None)],
)  # fmt: skip
def test_small_numbers(text: str, expected: int | None) -> None:
    assert han_number(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2011", 2011), ("２０１１", 2011), ("二〇一一", 2011), ("二O一一", 2011), ("1899", None), ("2101", None),
     ("201", None), ("20a1", None), ("", None)],
)  # fmt: skip
def test_years(text: str, expected: int | None) -> None:
    assert year_number(text) == expected


def _han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _HAN[tens]) + ("十" if tens else "") + (_HAN[ones] if ones else "")
