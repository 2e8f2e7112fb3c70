"""Marks stand where the words stand, in the original's own characters."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.highlighting import MAX_SCANNED_CHARACTERS, SNIPPET_CHARACTERS, Span, highlight, passage
from analyzers.normalization import compact

_ALPHABET = "农機补贴国发〔2011〕Ａa，。\n \u3000\u200b"
texts = st.text(alphabet=_ALPHABET, max_size=400)
term_lists = st.lists(st.text(alphabet="农机补贴国发[2011]a,。", min_size=1, max_size=4), max_size=4)


def marked(text: str, spans: list[Span]) -> list[str]:
    return [text[start:end] for start, end in spans]


@given(texts, term_lists)
def test_highlights(text: str, terms: list[str]) -> None:
    spans = highlight(text, terms)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))
    for part in marked(text, spans):
        assert any(term in compact(part) for term in terms)
    dense = compact(text)
    assert bool(spans) == any(term in dense for term in terms)


@given(texts, term_lists, st.integers(10, 60))
def test_passages(text: str, terms: list[str], characters: int) -> None:
    found = passage(text, terms, characters=characters)
    assert len(found.text) <= characters + 2
    assert "\n" not in found.text
    spans = list(found.spans)
    assert all(0 <= start < end <= len(found.text) for start, end in spans)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(spans))
    dense = compact(text)
    assert compact(found.text.strip("…")) in dense
    if any(term in dense for term in terms):
        assert spans
    else:
        assert not spans
        assert compact(text).startswith(compact(found.text.removesuffix("…")))


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("農機 補貼實施方案", ["农机补贴"], ["農機 補貼"]),
        ("国发〔２０１１〕１２号", ["国发[2011]12"], ["国发〔２０１１〕１２"]),
        ("农机补贴", ["农机", "补贴"], ["农机补贴"]),
        ("农机的补贴", ["农机", "补贴"], ["农机", "补贴"]),
        ("补贴办法，补贴", ["补贴"], ["补贴", "补贴"]),
        ("政\n府信息", ["政府"], ["政\n府"]),
        ("Ai服务", ["ai"], ["Ai"]),
        ("通知", [], []),
        ("通知", [""], []),
        ("", ["通知"], []),
    ],
)
def test_what_is_marked(text: str, terms: list[str], expected: list[str]) -> None:
    assert marked(text, highlight(text, terms)) == expected


def test_a_term_at_each_end() -> None:
    middle = "其他内容。" * 200
    for text in (f"补贴{middle}", f"{middle}补贴", f"{middle}补贴{middle}"):
        found = passage(text, ["补贴"])
        assert marked(found.text, list(found.spans)) == ["补贴"]
        assert len(found.text) <= SNIPPET_CHARACTERS + 2
        assert found.text.startswith("…") == (not text.startswith("补贴"))
        assert found.text.endswith("…") == (not text.endswith("补贴"))


def test_the_window_with_the_most_terms() -> None:
    text = f"补贴。{'无关的话。' * 60}\n农机具的补贴由镇政府审核。{'无关的话。' * 60}补贴补贴补贴"
    found = passage(text, ["农机", "补贴", "审核"])
    assert found.text.startswith("…农机具的补贴由镇政府审核。")
    assert marked(found.text, list(found.spans)) == ["农机", "补贴", "审核"]


def test_white_space_becomes_one_space() -> None:
    found = passage("  一、补贴\r\n\r\n\t 标准　如下", ["补贴", "标准"])
    assert found.text == "一、补贴 标准 如下"
    assert marked(found.text, list(found.spans)) == ["补贴", "标准"]


def test_no_term_shows_the_beginning() -> None:
    assert passage("第一条 为了规范。", ["补贴"]).text == "第一条 为了规范。"
    assert passage("", ["补贴"]).text == ""


def test_two_million_characters() -> None:
    text = "补贴办法" * 500_000
    assert len(highlight(text, ["补贴"])) <= 400
    found = passage(text, ["补贴", "办法"])
    assert len(found.text) <= SNIPPET_CHARACTERS + 2
    assert found.spans
    beyond = "无关" * (MAX_SCANNED_CHARACTERS // 2) + "补贴"
    assert not passage(beyond, ["补贴"]).spans
