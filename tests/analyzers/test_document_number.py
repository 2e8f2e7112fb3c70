"""Document numbers in the spellings of documents and readers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.document_number import find_document_numbers, parse_document_number

SPELLINGS = (
    "国发〔2011〕12号",
    "国发[2011]12号",
    "国发(2011)12号",
    "国发（2011）12号",
    "国发【2011】12号",
    "国发［2011］12号",
    "国发﹝2011﹞12号",
    "国发〈2011〉12号",
    "国发<2011>12号",
    "国发「2011」12号",
    "国发〔２０１１〕１２号",
    "国发〔二〇一一〕12号",
    "国发〔2011年〕12号",
    "国发〔2011〕第12号",
    "国发〔2011〕012号",
    "国发〔2011〕12",
    "国发〔2011〕12號",
    "国发 〔2011〕 12 号",
    "国发\u3000〔 2011 〕 第 12 号",
    "国 发〔2011〕12号",
    "国 发 〔 2011 〕 12 号",
    "国发2011年12号",
    "国发2011年第12号",
    "国发2011第12号",
    "国发2011 12号",
    "国发 2011 12",
    "国发２０１１年１２号",
)


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings(text: str) -> None:
    number = parse_document_number(text)
    assert number is not None
    assert number.canonical == "国发〔2011〕12号"
    assert number.keys == ("国发2011-12", "2011-12")
    assert (number.start, number.end) == (0, len(text))


@pytest.mark.parametrize(
    ("text", "canonical", "keys"),
    [
        ("〔2011〕12号", "〔2011〕12号", ("2011-12",)),
        ("国务院令第588号", "国务院令第588号", ("国务院令-588",)),
        ("国务院令 第 588 号", "国务院令第588号", ("国务院令-588",)),
        ("财政部令2011年第12号", "财政部令〔2011〕12号", ("财政部令2011-12", "2011-12")),
        ("财政部令〔2011〕第12号", "财政部令〔2011〕12号", ("财政部令2011-12", "2011-12")),
        ("固原市政发〔2011〕12号", "固原市政发〔2011〕12号", ("固原市政发2011-12", "2011-12")),
        ("深建规〔2020〕3号", "深建规〔2020〕3号", ("深建规2020-3", "2020-3")),
        ("京政办发〔1998〕10001号。", "京政办发〔1998〕10001号", ("京政办发1998-10001", "1998-10001")),
    ],
)
def test_other_numbers(text: str, canonical: str, keys: tuple[str, ...]) -> None:
    number = parse_document_number(text)
    assert number is not None
    assert (number.canonical, number.keys) == (canonical, keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("根据国发〔2011〕12号和国办发[2012]3号", ["国发〔2011〕12号", "国办发〔2012〕3号"]),
        ("转发国发〔2011〕12号及和政办发〔2012〕3号", ["国发〔2011〕12号", "和政办发〔2012〕3号"]),
        ("关于印发国发〔2011〕12号的通知", ["国发〔2011〕12号"]),
        ("贯彻落实国发〔2011〕12号文件精神", ["国发〔2011〕12号"]),
        ("按照原国土资发〔2011〕12号执行", ["国土资发〔2011〕12号"]),
        ("废止国务院令第105号，公布国务院令第588号", ["国务院令第105号", "国务院令第588号"]),
        ("国发〔2011〕12号、国发〔2011〕13号", ["国发〔2011〕12号", "国发〔2011〕13号"]),
        ("国办函2011年12号转发", ["国办函〔2011〕12号"]),
    ],
)
def test_numbers_in_running_text(text: str, expected: list[str]) -> None:
    assert [number.canonical for number in find_document_numbers(text)] == expected
    assert parse_document_number(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "国发",
        "2011",
        "2011年12月",
        "印发2011年12月31日",
        "国发2011年12月",
        "台风2011年5号",
        "第12号",
        "国发201112号",
        "国发〔11〕12号",
        "国发〔3011〕12号",
        "电话(0755)12345678",
        "GB3838-2002",
        "000014349/2017-00110",
    ],
)
def test_no_number(text: str) -> None:
    assert parse_document_number(text) is None
    assert find_document_numbers(text) == []


@given(st.text(alphabet="国发办令根据印原〔2011〕[](12)第年号 \n\u3000a二〇一", max_size=60))
def test_spans_lie_in_the_text(text: str) -> None:
    found = find_document_numbers(text)
    spans = [(number.start, number.end) for number in found]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    for number in found:
        assert number.code == "".join(number.code.split())
        assert "".join(text[number.start :].split()).startswith(number.code)


def test_white_space_is_taken_only_so_far() -> None:
    assert find_document_numbers(f"国发〔2011〕{' ' * 8}12号")
    assert not find_document_numbers(f"国发〔2011〕{' ' * 40}12号")
    assert find_document_numbers("国发〔2011" + " " * 1_000_000) == []
