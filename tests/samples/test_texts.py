"""The sample district's texts: enough of them, over all categories and years, with sums that add up."""

import datetime
import io

import docx
import pytest

from samples import SITES, SampleNotice, attachment_builder, load_notices
from samples.texts import FOLDER, Block, SampleTextError, load_text, parse_blocks


def every_notice() -> list[SampleNotice]:
    return [notice for site in SITES for notice in load_notices(site)]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def table(title: str, head: str) -> list[list[str]]:
    """The rows below the head of the first table of the notice whose head starts with the text."""
    [notice] = [notice for notice in every_notice() if title in notice.title]
    block = next(block for block in notice.blocks if block.rows and block.rows[0][0] == head)
    return [list(row) for row in block.rows[1:]]


def test_there_are_enough_notices_on_both_sites():
    assert len(load_notices("portal")) == 42
    assert len(load_notices("bureau")) == 19


def test_the_notices_cover_the_categories_and_the_years():
    notices = every_notice()

    assert {notice.category for notice in notices} == set(range(1, 12))
    assert {notice.published.year for notice in notices} == set(range(2008, 2025))


def test_addresses_and_numbers_are_unique():
    notices = every_notice()

    assert len({(notice.site, notice.id) for notice in notices}) == len(notices)
    for field in ("document_number", "index_number"):
        values = [getattr(notice, field) for notice in notices if getattr(notice, field)]
        assert len(set(values)) == len(values), field


def test_dates_are_in_order():
    for notice in load_notices("portal"):
        assert notice.written is not None
        assert notice.written <= notice.published <= datetime.date(2024, 12, 31), notice.title


def test_every_table_has_rows_of_one_length():
    for notice in every_notice():
        for block in notice.blocks:
            assert len({len(row) for row in block.rows}) <= 1, (notice.title, block.rows[:1])


def test_every_body_is_a_text_worth_searching():
    for notice in every_notice():
        assert len(notice.body) > 150, notice.title


def test_the_table_of_applications_adds_up():
    rows = {row[0]: [number(cell) for cell in row[1:]] for row in table("2021年政府信息公开工作年度报告", "项目")}

    for label, row in rows.items():
        assert sum(row[:-1]) == row[-1], label
    results = [row for label, row in rows.items() if label.startswith("（") and not label.startswith("（七）")]
    assert [sum(column) for column in zip(*results, strict=True)] == rows["（七）总计"]
    received = zip(rows["一、本年新收政府信息公开申请数量"], rows["二、上年结转政府信息公开申请数量"], strict=True)
    answered = zip(rows["（七）总计"], rows["四、结转下年度继续办理"], strict=True)
    assert [sum(pair) for pair in received] == [sum(pair) for pair in answered]


@pytest.mark.parametrize(
    ("title", "head", "column"),
    [("2013年财政预算草案", "科目", 1), ("2013年财政预算草案", "科目", 2), ("城乡供水保障规划", "工程", 2)],
)
def test_sums_of_money_add_up(title, head, column):
    *parts, total = [number(row[column]) for row in table(title, head)]

    assert sum(parts) == total


def test_a_later_notice_repeals_an_earlier_one():
    notices = {notice.document_number: notice for notice in every_notice() if notice.document_number}

    for later, earlier in (("临政规〔2016〕3号", "临政发〔2008〕17号"), ("临政规〔2018〕2号", "临政发〔2010〕8号")):
        assert earlier in notices[later].body
        assert "同时废止" in notices[later].body
        assert (notices[later].validity, notices[earlier].validity) == ("有效", "废止")


def test_lines_become_blocks():
    assert parse_blocks("# 第一章　总则\n= 临政发〔2011〕1号\n\n| 甲 | 乙 |\n| 1 | |\n正文。\n> 某年某月") == (
        Block("heading", "第一章　总则"),
        Block("centre", "临政发〔2011〕1号"),
        Block("table", rows=(("甲", "乙"), ("1", ""))),
        Block("paragraph", "正文。"),
        Block("right", "某年某月"),
    )


@pytest.mark.parametrize("text", ["没有开头", "+++\nid = 1\n", "+++\nid = \n+++\n正文。\n"])
def test_a_broken_text_is_named(tmp_path, text):
    (tmp_path / "broken.md").write_text(text, encoding="utf-8")

    with pytest.raises(SampleTextError, match=r"broken\.md"):
        load_text(tmp_path / "broken.md")


@pytest.mark.parametrize("name", attachment_builder.attachment_names())
def test_an_attachment_is_made_the_same_twice(name):
    assert attachment_builder.build(name) == attachment_builder.build(name)


def test_the_committed_word_file_holds_its_text():
    raw = (FOLDER / "attachments" / "20110530091200.docx").read_bytes()
    [rows] = [block.rows for block in parse_blocks(_text("20110530091200.docx")) if block.rows]

    [committed] = docx.Document(io.BytesIO(raw)).tables

    assert tuple(tuple(cell.text for cell in row.cells) for row in committed.rows) == rows


def _text(name: str) -> str:
    return (FOLDER / "attachments" / f"{name}.md").read_text(encoding="utf-8")
