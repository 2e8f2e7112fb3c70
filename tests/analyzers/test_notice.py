"""Records: what becomes a notice, and the one line that says why something does not."""

import dataclasses
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.notice import (
    FIELDS,
    Attachment,
    Notice,
    RecordError,
    clean_field,
    clean_text,
    notice_id,
)

RECORD: dict[str, Any] = {"source": "luohu", "url": "http://www.example.cn/t1.htm", "title": "关于农机补贴的通知"}

lines = st.text(max_size=20).map(clean_text)
some_lines = lines.filter(bool)
paragraphs = st.text(max_size=80).map(lambda text: clean_text(text, keep_lines=True))
qualities = st.none() | st.floats(0, 1)
optional = lines.map(lambda text: text or None)
attachments = st.builds(
    Attachment,
    url=some_lines,
    name=some_lines,
    format=st.none() | st.sampled_from(["pdf", "docx"]),
    body=paragraphs,
    text_quality=qualities,
    extracted_by=optional,
    error=optional,
)
_VALUES = {
    "text": optional,
    "list": st.lists(some_lines, max_size=3, unique=True),
    "date": st.none() | st.dates(date(1900, 1, 1), date(2100, 12, 31)),
}
notices = st.builds(
    Notice,
    **{field.name: _VALUES[field.kind] for field in FIELDS if field.name != "title"},
    id=st.text(alphabet="abcNotice-0123政府.:_", min_size=1, max_size=200),
    url=lines,
    source=some_lines,
    title=some_lines,
    body=paragraphs,
    format=st.sampled_from(["html", "pdf"]),
    text_quality=qualities,
    extracted_by=optional,
    attachments=st.lists(attachments, max_size=2),
)


@given(notices)
def test_a_record_and_back(notice: Notice) -> None:
    record = json.loads(json.dumps(notice.to_record(), ensure_ascii=False))
    assert Notice.from_record(record) == notice
    assert all(record[field.name] != "" for field in FIELDS)


def test_the_least_record() -> None:
    notice = Notice.from_record(RECORD)
    assert notice.id == notice_id("luohu", "http://www.example.cn/t1.htm")
    assert (notice.body, notice.format, notice.date, notice.attachments) == ("", "html", None, [])


def test_the_argument_s_source_wins() -> None:
    notice = Notice.from_record(RECORD, source="other")
    assert (notice.source, notice.id) == ("other", notice_id("other", RECORD["url"]))
    assert Notice.from_record({"title": "通知", "id": "1"}, source="other").source == "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"titel": "x"}, "titel: is no field of a record; did you mean title?"),
        ({"issuing_agencies": []}, "issuing_agencies: is no field of a record; did you mean issuing_agency?"),
        ({"完全不同": 1}, "完全不同: is no field of a record"),
        ({"title": None}, "title: is required"),
        ({"title": " \x00 "}, "title: is required"),
        ({"source": ""}, "source: is required"),
        ({"url": None}, "id: is required where there is no url"),
        ({"title": 12}, "title: must be a string, not int"),
        ({"body": ["x"]}, "body: must be a string, not list"),
        ({"url": {"a": 1}}, "url: must be a string, not dict"),
        ({"id": True}, "id: must be a string, not bool"),
        ({"id": 1.5}, "id: must be a string, not float"),
        ({"keywords": {"a": 1}}, "keywords: must be a list of strings"),
        ({"keywords": ["农机", 3]}, "keywords: must be a string, not int"),
        ({"written_date": "明年"}, "written_date: '明年' is no date"),
        ({"written_date": "2011-02-30"}, "written_date: '2011-02-30' is no date"),
        ({"written_date": 20110516}, "written_date: must be a string, not int"),
        ({"text_quality": 1.5}, "text_quality: must be a number from 0 to 1"),
        ({"text_quality": "0.5"}, "text_quality: must be a number from 0 to 1"),
        ({"text_quality": True}, "text_quality: must be a number from 0 to 1"),
        ({"text_quality": float("nan")}, "text_quality: must be a number from 0 to 1"),
        ({"format": "x" * 21}, f"format: '{'x' * 21}' is longer than 20 characters"),
        ({"attachments": "a.pdf"}, "attachments: must be a list of objects"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordError) as refused:
        Notice.from_record({**RECORD, **change})
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("a.pdf", "attachment: must be a JSON object"),
        ({"name": "a.pdf"}, "url: is required"),
        ({"url": "a", "nmae": "b"}, "nmae: is no field of an attachment; did you mean name?"),
        ({"url": "a", "text_quality": -1}, "text_quality: must be a number from 0 to 1"),
        ({"url": "a", "format": "x" * 30}, f"format: '{'x' * 30}' is longer than 20 characters"),
    ],
)
def test_what_is_wrong_with_an_attachment_is_named(file: Any, message: str) -> None:
    with pytest.raises(RecordError) as refused:
        Notice.from_record({**RECORD, "attachments": [file]})
    assert str(refused.value) == f"attachments: {message}"


@pytest.mark.parametrize("record", ["x", 1, None, [], [RECORD]])
def test_what_is_no_object(record: Any) -> None:
    with pytest.raises(RecordError, match="record: must be a JSON object"):
        Notice.from_record(record)


@pytest.mark.parametrize("bad", ["a b", "a/b", "a?b", "a#b", "a%b", "a\\b", "x" * 201, "甲\u3000乙"])
def test_ids_that_no_address_can_hold(bad: str) -> None:
    with pytest.raises(RecordError, match=r"^id: "):
        Notice.from_record({**RECORD, "id": bad})


@pytest.mark.parametrize(("given", "kept"), [("law-1", "law-1"), (17, "17"), ("x" * 200, "x" * 200), ("京:1", "京:1")])
def test_ids_that_stay(given: Any, kept: str) -> None:
    assert Notice.from_record({**RECORD, "id": given}).id == kept


@pytest.mark.parametrize(
    "text", ["2011-05-16", "2011年5月16日", "二〇一一年五月十六日", "2011/5/16", "20110516", " ２０１１年５月１６日 "]
)
def test_dates_in_their_spellings(text: str) -> None:
    notice = Notice.from_record({**RECORD, "written_date": text, "published_date": "2011-06-01"})
    assert (notice.written_date, notice.date) == (date(2011, 5, 16), date(2011, 5, 16))
    assert notice.to_record()["written_date"] == "2011-05-16"


def test_the_published_date_stands_in() -> None:
    assert Notice.from_record({**RECORD, "published_date": "2011-06-01"}).date == date(2011, 6, 1)


@pytest.mark.parametrize("empty", [None, "", [], [""], [None]])
def test_empty_is_unknown(empty: Any) -> None:
    record = {**RECORD, "keywords": empty}
    if not isinstance(empty, list):
        record |= {"genre": empty, "written_date": empty, "body": empty, "format": empty}
    notice = Notice.from_record(record)
    assert (notice.keywords, notice.genre, notice.written_date, notice.body) == ([], None, None, "")
    assert notice.format == "html"


def test_a_string_where_one_value_is_meant() -> None:
    notice = Notice.from_record({**RECORD, "issuing_agency": "罗湖区人民政府", "keywords": ["农机", "农机", "补贴"]})
    assert (notice.issuing_agency, notice.keywords) == (["罗湖区人民政府"], ["农机", "补贴"])


def test_characters_that_no_store_takes() -> None:
    notice = Notice.from_record(
        {
            "id": "a\x001\ud800",
            "source": "罗湖\x07",
            "title": "通\x00知\ud83d \x1b[31m\n第二行",
            "body": "第一行\r\n\x00第二行\r第三行\ufffe\x85\n",
            "keywords": ["农\udfff机"],
            "attachments": [{"url": "a\x00.pdf", "body": "甲\x00\n乙\ud800", "error": "坏\x01了\n吗"}],
        }
    )
    assert (notice.id, notice.source, notice.title) == ("a1", "罗湖", "通知 [31m 第二行")
    assert notice.body == "第一行\n第二行\n第三行"
    assert notice.keywords == ["农机"]
    assert notice.attachments == [Attachment("a.pdf", "a.pdf", body="甲\n乙", error="坏了 吗")]


@given(st.text())
def test_clean_text(text: str) -> None:
    for cleaned in (clean_text(text), clean_text(text, keep_lines=True)):
        cleaned.encode()
        assert "\x00" not in cleaned
        assert "\r" not in cleaned
        assert cleaned == cleaned.strip()
    assert "\n" not in clean_text(text)


def test_an_attachment_s_name_comes_from_its_address() -> None:
    notice = Notice.from_record({**RECORD, "attachments": [{"url": "http://a.cn/f/附件1.pdf"}]})
    (file,) = notice.attachments
    assert (file.name, file.body, file.format) == ("附件1.pdf", "", None)
    assert file.id(notice.id) != file.id("other")
    assert file.id(notice.id) == dataclasses.replace(file, name="x", body="y").id(notice.id)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("issuing_agency", "罗湖区人民政府；罗湖区农业局", ["罗湖区人民政府", "罗湖区农业局"]),
        ("issuing_agency", "罗湖区人民政府 罗湖区农业局", ["罗湖区人民政府", "罗湖区农业局"]),
        ("issuing_agency", "：罗湖区人民政府", ["罗湖区人民政府"]),
        ("keywords", "农机 补贴;方案、农机", ["农机", "补贴", "方案"]),
        ("subject_category", "农业、林业、水利\\农业", ["农业、林业、水利\\农业"]),
        ("subject_category", "", []),
        ("written_date", "2011 年 5 月 16 日", date(2011, 5, 16)),
        ("written_date", "无", None),
        ("document_number", "国发〔2011〕12号 ", "国发〔2011〕12号"),
        ("genre", " \u3000", None),
    ],
)
def test_fields_of_pages(name: str, text: str, value: Any) -> None:
    assert clean_field(name, text) == value


def test_ids_depend_on_source_and_address() -> None:
    ids = {notice_id("a", "b"), notice_id("a", "c"), notice_id("b", "b"), notice_id("ab", "")}
    assert len(ids) == 4
    assert all(len(one) == 21 for one in ids)
