"""Any text is understood, and nothing that a reader types is an error."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.analysis import Analyzer, default_analyzer
from analyzers.field_words import QUESTION_WORDS
from analyzers.normalization import compact
from analyzers.query import MAX_TERMS, UnderstoodQuery, parse_query
from tests.analyzers.test_document_number import SPELLINGS


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return default_analyzer()


# 「」 are quotes in a query.
@pytest.mark.parametrize(
    "text", [*(one for one in SPELLINGS if "「" not in one), "國發〔2011〕12號", "國發2011年第12號"]
)
def test_every_spelling_of_a_number(analyzer: Analyzer, text: str) -> None:
    found = parse_query(text, analyzer)
    assert [number.keys[0] for number in found.document_numbers] == ["国发2011-12"]
    assert list(found.terms) == ["国发[2011]12"]
    assert not found.words
    assert found.to_json()["document_numbers"] == ["国发〔2011〕12号"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("农机补贴怎么申请？", ["农机", "补贴", "申请"]),
        ("農機補貼怎麼申請", ["农机", "补贴", "申请"]),
        ("请问新农合门诊报多少", ["新农合", "门诊"]),
        ("我想了解住房公积金提取", ["住房", "公积金", "提取"]),
        ("什么是政府信息公开", ["政府", "信息", "公开"]),
        ("国务院办公厅", ["国务院", "办公厅"]),
        ("《政府信息公开条例》", ["政府", "信息", "公开", "条例"]),
        ("通知 通知 通知", ["通知"]),
        ("通知 - 废止", ["通知", "废止"]),
        ("通知-废止", ["通知", "废止"]),
        ("AI-2024（试行）", ["ai-2024", "试行"]),
        ("标题:通知 AND (公告)", ["标题", "通知", "and", "公告"]),
        ("😀补贴", ["补贴"]),
        ("(", ["("]),
        ("《", ["《"]),
        ("-", ["-"]),
        ("--", ["--"]),
        ("。，", ["。,"]),
        ("😀", ["😀"]),
        ("的", ["的"]),
        ("怎么办", ["怎么办"]),
        ("水", ["水"]),
        ("补贴能不能申请", ["补贴", "申请"]),
        ("能不能", ["不能"]),
    ],
)
def test_terms(analyzer: Analyzer, text: str, terms: list[str]) -> None:
    found = parse_query(text, analyzer)
    assert list(found.terms) == terms
    assert not any((found.required, found.excluded, found.document_numbers, found.index_numbers, found.empty))


@pytest.mark.parametrize(
    "text", ['"节能减排，综合"', "“节能减排，综合”", "「节能减排，综合」", "『节能减排，综合』", "＂節能減排， 綜合＂",
             "„节能减排，综合‟", "〝节能减排，综合〞", '“节能减排，综合"']
)  # fmt: skip
def test_quotes(analyzer: Analyzer, text: str) -> None:
    found = parse_query(f"{text}方案", analyzer)
    assert (list(found.required), list(found.terms)) == (["节能减排,综合"], ["方案"])
    assert found.phrase == "节能减排,综合方案"
    assert set(found.words) == {"方案", "节能", "减排", "综合"}


@pytest.mark.parametrize(
    ("text", "required", "excluded", "terms"),
    [
        ("通知 -废止", [], ["废止"], ["通知"]),
        ("-废止 通知", [], ["废止"], ["通知"]),
        ("－废止 通知", [], ["废止"], ["通知"]),
        ("—废止", [], ["废止"], []),
        ("通知\n-废止 -失效", [], ["废止", "失效"], ["通知"]),
        ('-"废止 通知" 公告', [], ["废止通知"], ["公告"]),
        ("-“废止”", [], ["废止"], []),
        ('"甲方" "乙方"', ["甲方", "乙方"], [], []),
        ('"甲方""甲方"', ["甲方"], [], []),
        ('"没有关', [], [], ["有关"]),
        ('公告"', [], [], ["公告"]),
        ('"公告" "', ["公告"], [], ['"']),
        ('""', [], [], ['""']),
        ('" "', [], [], []),
        ("国发〔2011〕12号 -废止", [], ["废止"], ["国发[2011]12"]),
    ],
)
def test_quotes_and_exclusions(
    analyzer: Analyzer, text: str, required: list[str], excluded: list[str], terms: list[str]
) -> None:
    found = parse_query(text, analyzer)
    assert (list(found.required), list(found.excluded), list(found.terms)) == (required, excluded, terms)
    assert not any(word in found.phrase for word in excluded)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("000014349/2017-00110", "000014349/2017-00110"),
        ("００００１４３４９／２０１７－００１１０", "000014349/2017-00110"),
        ("索引号：11510000008282746Q/2021-00123", "11510000008282746q/2021-00123"),
    ],
)
def test_index_numbers(analyzer: Analyzer, text: str, number: str) -> None:
    found = parse_query(text, analyzer)
    assert list(found.index_numbers) == [number]
    assert found.terms[0] == number
    assert not found.document_numbers


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000", "\u200b", "\ufeff \u00ad"])
def test_nothing(analyzer: Analyzer, text: str) -> None:
    found = parse_query(text, analyzer)
    assert found.empty
    assert (found.terms, found.words, found.bigrams, found.phrase) == ((), (), (), "")


@pytest.mark.parametrize("text", ["补" * 10_000, "甲乙丙丁戊己庚辛壬癸" * 1_000, "通 知 " * 3_333, "a\n" * 5_000])
def test_ten_thousand_characters(analyzer: Analyzer, text: str) -> None:
    found = parse_query(text, analyzer)
    assert 1 <= len(found.terms) <= MAX_TERMS
    assert len(found.bigrams) <= len(text)


def test_half_of_a_surrogate_pair(analyzer: Analyzer) -> None:
    found = parse_query("通知\ud83d 补贴\udcff", analyzer)
    assert (found.text, list(found.terms)) == ("通知\ufffd 补贴\ufffd", ["通知", "补贴"])
    assert parse_query("\ud800", analyzer).terms == ("\ufffd",)


@given(
    st.one_of(st.text(max_size=60), st.text(alphabet='通知农机补贴的怎么 -"“”「」()〔〕2011年12号/a\n', max_size=40))
)
def test_any_text(text: str) -> None:
    found = parse_query(text, default_analyzer())
    _check(found)
    assert found.text == text.strip()
    assert parse_query(text, default_analyzer()) == found


def _check(found: UnderstoodQuery) -> None:
    for part in (found.required, found.excluded, found.index_numbers, found.terms, found.words, found.bigrams):
        assert all(part)
        assert len(set(part)) == len(part)
    for part in (found.required, found.excluded, found.terms):
        assert all(compact(one) == one for one in part)
    assert all(len(pair) == 2 for pair in found.bigrams)
    assert not QUESTION_WORDS & set(found.words)
    assert not QUESTION_WORDS & set(found.terms) or set(found.terms) <= QUESTION_WORDS


@pytest.mark.parametrize("word", sorted(QUESTION_WORDS))
def test_a_question_word_is_never_required(analyzer: Analyzer, word: str) -> None:
    found = parse_query(f"补贴 {word} 材料", analyzer)
    assert list(found.terms) == ["补贴", "材料"]
    assert word not in found.words


@pytest.mark.parametrize(
    "spelling", ["2011年5月16日", "2011-05-16", "二〇一一年五月十六日", "２０１１．５．１６", "20110516"]
)
def test_a_date_in_any_spelling(spelling: str) -> None:
    understood = parse_query(spelling, default_analyzer())
    assert understood.dates == (date(2011, 5, 16),)
    assert list(understood.terms) == ["2011年5月16日"]
    assert understood.only_dates
    more = parse_query(f"停水 {spelling}", default_analyzer())
    assert set(more.terms) == {"停水", "2011年5月16日"}
    assert not more.only_dates
