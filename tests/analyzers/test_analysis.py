"""The channels of a text: what both engines index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.analysis import Analyzer, bigrams, default_analyzer
from analyzers.normalization import compact


def test_channels() -> None:
    found = default_analyzer().channels("国发〔2011〕12号\n關於 節能減排，")
    assert found.words == "国 发 2011 12 号 关于 节能 减排"
    assert found.bigrams == "国发 发[ [2 20 01 11 1] ]1 12 2号 号关 关于 于节 节能 能减 减排 排,"
    assert sorted(found.characters.split(" ")) == list(",012[]于关减发号国排能节")


@pytest.mark.parametrize("text", ["", " \n\u3000\u200b"])
def test_nothing(text: str) -> None:
    found = default_analyzer().channels(text)
    assert (found.words, found.bigrams, found.characters) == ("", "", "")


@pytest.mark.parametrize("text", ["甲", "😀补贴😀", "a\x00b\x1fc", "甲\U0010ffff"])
def test_odd_characters(text: str) -> None:
    found = default_analyzer().channels(text)
    assert found.bigrams == " ".join(bigrams(compact(text)))


@given(st.text(max_size=80))
def test_tokens_join_without_loss(text: str) -> None:
    found = default_analyzer().channels(text)
    dense = compact(text)
    assert found.bigrams.split(" ") == (bigrams(dense) if len(dense) > 1 else [""])
    assert sorted(found.characters.split()) == sorted(set(dense))
    assert all(word.strip() == word != "" for word in found.words.split(" ") if found.words)
    assert set("".join(found.words.split())) <= set(dense)


@given(st.text(alphabet="甲乙丙，。 a", max_size=30), st.text(alphabet="甲乙丙，。a", min_size=2, max_size=5))
def test_a_phrase_of_bigrams_is_a_substring(text: str, wanted: str) -> None:
    tokens, phrase = bigrams(compact(text)), bigrams(compact(wanted))
    occurs = any(tokens[at : at + len(phrase)] == phrase for at in range(len(tokens)))
    assert occurs == (compact(wanted) in compact(text))


def test_the_version_tells_dictionaries_apart() -> None:
    assert Analyzer(["甲乙"]).version != Analyzer(["甲丙"]).version
    assert Analyzer(["甲乙"]).version == Analyzer(["甲乙"]).version
    assert default_analyzer() is default_analyzer()
