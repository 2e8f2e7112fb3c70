"""From a notice to what an engine takes."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.analysis import default_analyzer
from analyzers.notice import Attachment, Notice
from indexer import documents
from indexer.documents import MAX_TITLE_KEY, date_key, document_key, engine_documents, index_version, title_key
from indexer.engine import FACETS, TEXT_PARTS, EngineDocument

FILE = Attachment("http://a.cn/f/1.pdf", "补贴标准表.2011.pdf", "pdf", "每台五百元。")


def notice(**values: Any) -> Notice:
    return Notice(**{"id": "n1", "url": "http://a.cn/1", "source": "jia", "title": "关于农机补贴的通知", **values})


def made(found: Notice) -> list[EngineDocument]:
    return list(engine_documents(found, default_analyzer()))


def one(**values: Any) -> EngineDocument:
    (document,) = made(notice(**values))
    return document


def test_a_notice_alone() -> None:
    document = one(body="第一条", written_date=date(2011, 5, 16), issuing_agency=["罗湖区人民政府"])
    assert (document.id, document.notice_id, document.key) == ("n1", "n1", document_key("n1"))
    assert set(document.words) == set(document.bigrams) == set(TEXT_PARTS)
    assert document.words["title"] == "关于 农机 补贴 农机补贴 的 通知"
    assert document.bigrams["body"] == "第一 一条"
    assert document.title_key == "关于农机补贴的通知"
    assert set("关农罗第") <= set(document.characters.split(" "))
    assert document.characters.count("第") == 1
    assert (document.date, document.repealed) == (20110516, 0)
    shown = json.loads(document.display)
    assert (shown["id"], shown["url"], shown["title"], shown["body"]) == (
        "n1",
        "http://a.cn/1",
        notice().title,
        "第一条",
    )
    assert shown["fields"]["written_date"] == shown["fields"]["date"] == "2011-05-16"
    assert (shown["fields"]["year"], shown["fields"]["issuing_agency"]) == ("2011", ["罗湖区人民政府"])
    assert (shown["fields"]["source"], shown["fields"]["format"], shown["fields"]["genre"]) == ("jia", "html", None)
    assert not {"id", "url", "title", "body", "attachments"} & set(shown["fields"])


def test_each_attachment_with_text_is_a_document() -> None:
    unread = Attachment("http://a.cn/f/2.doc", "附件2", "doc", error="不能读")
    nameless = Attachment("http://a.cn/f/3", "附件3", None, "正文")
    found = made(notice(document_number="国发〔2011〕12号", attachments=[unread, FILE, nameless]))
    assert [document.id for document in found] == ["n1", FILE.id("n1"), nameless.id("n1")]
    _notice, document, third = found
    assert (document.notice_id, document.key) == ("n1", document_key(FILE.id("n1")))
    assert document.title_key == "补贴标准表.2011"
    assert document.numbers == ()
    assert "农机" in document.words["fields"].split(" ")
    assert (list(document.facets["format"]), list(third.facets["format"])) == (["pdf"], ["unknown"])
    shown = json.loads(document.display)
    assert (shown["title"], shown["url"], shown["body"]) == (FILE.name, FILE.url, FILE.body)
    assert shown["parent"] == {"id": "n1", "title": "关于农机补贴的通知"}
    assert (shown["fields"]["format"], shown["fields"]["document_number"]) == ("pdf", "国发〔2011〕12号")


def test_facets() -> None:
    document = one(
        issuing_agency=["甲局", "乙局"], genre="通知", disclosure_category=["一"], subject_category=["二\\三"],
        validity="有效", published_date=date(2012, 1, 2),
    )  # fmt: skip
    assert {name: list(values) for name, values in document.facets.items()} == {
        "issuing_agency": ["甲局", "乙局"],
        "genre": ["通知"],
        "disclosure_category": ["一"],
        "subject_category": ["二\\三"],
        "validity": ["有效"],
        "source": ["jia"],
        "format": ["html"],
        "year": ["2012"],
    }
    assert set(document.facets) == set(FACETS)
    empty = {name: list(values) for name, values in one().facets.items()}
    assert empty == {name: [] for name in FACETS} | {"source": ["jia"], "format": ["html"]}


@pytest.mark.parametrize(
    ("number", "index", "keys"),
    [
        ("国发〔2011〕12号", None, ("国发2011-12", "2011-12")),
        ("國發【２０１１】第１２號", None, ("国发2011-12", "2011-12")),
        ("国 发 [2011] 12 号", None, ("国发2011-12", "2011-12")),
        ("国务院令第588号", "000014349/2017-00110", ("国务院令-588", "000014349/2017-00110")),
        ("2011年第3期", "11510000008282746Q/2021-00123", ("2011年第3期", "11510000008282746q/2021-00123")),
        (None, None, ()),
    ],
)
def test_numbers(number: str | None, index: str | None, keys: tuple[str, ...]) -> None:
    assert one(document_number=number, index_number=index).numbers == keys


def test_each_label_by_itself() -> None:
    document = one(document_number="甲〔2011〕1号", issuing_agency=["乙丙局", "丁戊局"], keywords=["己庚"])
    pairs = document.bigrams["fields"].split(" ")
    assert {"1号", "乙丙", "丙局", "丁戊", "戊局", "己庚"} <= set(pairs)
    assert not {"号乙", "局丁", "局己"} & set(pairs)
    assert all(len(pair) == 2 for pair in pairs)
    assert {"乙", "丁", "己"} <= set(document.characters.split(" "))
    assert (one().words["fields"], one().bigrams["fields"]) == ("", "")


@pytest.mark.parametrize(
    ("validity", "repealed"), [(None, 0), ("有效", 0), ("废止", 1), ("已失效", 1), ("全文废止", 1)]
)
def test_what_is_no_longer_in_force(validity: str | None, repealed: int) -> None:
    assert one(validity=validity).repealed == repealed


def test_sort_keys_put_the_undated_last_both_ways() -> None:
    days = [date(1999, 12, 31), date(2011, 5, 16), date(2011, 5, 17), date(2026, 1, 1)]
    dated = [one(id=f"n{number}", written_date=day) for number, day in enumerate(days)]
    undated = [one(id=f"u{number}") for number in range(3)]
    everything = [*dated, *undated]
    newest = sorted(everything, key=lambda document: -document.newest)
    oldest = sorted(everything, key=lambda document: document.oldest)
    assert [document.id for document in newest[:4]] == ["n3", "n2", "n1", "n0"]
    assert [document.id for document in oldest[:4]] == ["n0", "n1", "n2", "n3"]
    for keys in ({document.newest for document in everything}, {document.oldest for document in everything}):
        assert len(keys) == len(everything)
        assert all(0 <= key < 2**63 for key in keys)


@given(st.text(min_size=1, max_size=200))
def test_keys(document_id: str) -> None:
    assert 0 <= document_key(document_id) < 2**63
    assert document_key(document_id) == document_key(document_id)
    assert document_key(document_id) != document_key(f"{document_id}x")


def test_a_key_stays_what_it_is() -> None:
    """Hits of an index made yesterday are fetched by it."""
    assert document_key("law-9354ad87afc2") == 9202785872103104094


def test_a_title_key_is_one_term() -> None:
    assert title_key(" 关于 農機補貼\n的通知（试行）") == "关于农机补贴的通知(试行)"
    assert len(title_key("长" * 1_000)) == MAX_TITLE_KEY


def test_a_long_body_is_searched_up_to_a_limit_and_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_INDEXED_CHARACTERS", 10)
    body = "甲" * 10 + "乙" * 10
    first, file = made(notice(body=body, attachments=[Attachment("a", "b", body=body)]))
    for document in (first, file):
        assert document.bigrams["body"] == " ".join(["甲甲"] * 9)
        assert json.loads(document.display)["body"] == body


def test_an_index_knows_schema_and_analysis() -> None:
    assert index_version(default_analyzer()) == f"{documents.SCHEMA}-{default_analyzer().version}"


def test_a_notice_is_found_by_its_dates() -> None:
    days = date(2011, 5, 16), date(2011, 5, 20)
    assert set(one(written_date=days[0], published_date=days[1]).numbers) == {date_key(day) for day in days}
