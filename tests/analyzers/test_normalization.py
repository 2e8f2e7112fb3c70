"""One spelling for search, and the way back to the original."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.normalization import character_table, compact, normalize, spaced, translate

_DOCUMENT = (
    "国发农機補貼〔〕［］【】()（）「」“”‘’—－-，。、；：？！《》〈〉〇○Ａａ１1ﬁ⾒㈠😀"
    + "\u200b\ufeff\u00ad \u3000\t\n\r\xa0"
)
texts = st.one_of(st.text(max_size=60), st.text(alphabet=_DOCUMENT, max_size=60))


@given(texts, st.data())
def test_every_span_leads_back(text: str, data: st.DataObject) -> None:
    normal = normalize(text)
    assert normal.text == compact(text)
    if not normal.text:
        return
    start = data.draw(st.integers(0, len(normal.text) - 1))
    end = data.draw(st.integers(start + 1, len(normal.text)))
    low, high = normal.original_span(start, end)
    assert 0 <= low < high <= len(text)
    assert compact(text[low:high]) == normal.text[start:end]
    assert normal.position(low) == start
    assert not compact(text[low]) == "" != compact(text[high - 1])


@given(texts)
def test_twice_is_once(text: str) -> None:
    dense = compact(text)
    assert compact(dense) == dense
    assert translate(translate(text)) == translate(text)
    assert len(translate(text)) == len(text)
    assert not any(character.isspace() for character in dense)


@given(texts)
def test_the_segmenter_s_text_has_the_same_characters(text: str) -> None:
    assert compact(spaced(translate(text))) == compact(text)


def test_every_character_reaches_its_end_at_once() -> None:
    table = character_table()
    assert [character for character in table if table[character] in table] == []
    assert all(len(character) == len(normal) == 1 for character, normal in table.items())
    every = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    once = translate(every)
    assert translate(once) == once


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＡＢＣ１２３％＃", "abc123%#"),
        ("農機補貼辦法", "农机补贴办法"),
        ("國務院辦公廳關於印發", "国务院办公厅关于印发"),
        ("国发〔2011〕12号", "国发[2011]12号"),
        ("国发［２０１１］１２号", "国发【2011】12号"),
        ("「节能减排」", "“节能减排”"),
        ("『节能减排』", '"节能减排"'),
        ("（试行）", "(试行)"),
        ("〈条例〉", "《条例》"),
        ("索 引 号", "索引号"),
        ("索\u3000引\xa0号", "索引号"),
        ("深 圳\n市", "深圳市"),
        ("二○一一", "二〇一一"),
        ("２０１１－２０１５", "2011—2015"),
        ("⾒⻅证", "见⻅证"),
        ("政\u200b府\ufeff信\u00ad息", "政府信息"),
        ("A·B", "a•b"),
    ],
)
def test_spellings_of_one_text(one: str, other: str) -> None:
    assert compact(one) == compact(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("国发〔2011〕12号　通知", "国发[2011]12号通知"),
        ("一、 总 则\n第一条", "一、总则\n第一条"),
        ("Windows 10 系统", "windows 10系统"),
        ("AI 2024（试行）", "ai 2024(试行)"),
        ("", ""),
    ],
)
def test_text_for_the_segmenter(text: str, expected: str) -> None:
    assert spaced(translate(text)) == expected


def test_different_texts_stay_different() -> None:
    assert compact("节能，减排") != compact("节能减排")
    assert compact("十二五") != compact("125")


def test_positions_of_the_original() -> None:
    normal = normalize(" 国 发\n〔2011〕")
    assert normal.text == "国发[2011]"
    assert [normal.position(origin) for origin in range(11)] == [0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7]
    assert normal.original_span(0, 2) == (1, 4)
    assert (normalize("").text, normalize(" \n").text) == ("", "")
