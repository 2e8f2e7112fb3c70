"""The sample district's texts: enough of them, over all categories and years, with sums that add up."""

import datetime
import io
import itertools
import re

import docx
import pytest

from samples import SITES, SampleNotice, attachment_builder, load_notices, load_rows
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


@pytest.mark.parametrize(
    ("site", "least"),
    [("portal", 200), ("education", 75), ("finance", 40), ("township", 20), ("hospital", 18), ("water", 20)],
)
def test_there_are_enough_notices_on_every_site(site, least):
    assert len(load_notices(site)) >= least


def test_the_notices_cover_the_categories_and_the_years():
    notices = every_notice()

    assert len(notices) >= 400
    for category in range(1, 12):
        assert sum(notice.category == category for notice in notices) >= 10, category
    for year in range(2008, 2025):
        assert sum(notice.published.year == year for notice in notices) >= 3, year


def test_every_column_of_every_site_has_a_notice():
    columns = {"portal": 14, "education": 16, "finance": 7, "township": 5, "hospital": 5, "water": 5}
    for site, number in columns.items():
        assert len({notice.column for notice in load_notices(site)}) == number, site


def test_every_kind_of_trap_is_set():
    kinds = [row.kind for site in SITES for row in load_rows(site)]

    assert {"lost", "missing", "stub", "file"} < set(kinds)


def test_addresses_and_numbers_are_unique():
    notices = every_notice()

    assert len({(notice.site, notice.id) for notice in notices}) == len(notices)
    for field in ("document_number", "index_number"):
        values = [getattr(notice, field) for notice in notices if getattr(notice, field)]
        assert len(set(values)) == len(values), [value for value in set(values) if values.count(value) > 1]


def test_dates_are_in_order():
    for notice in load_notices("portal"):
        assert notice.written is not None
        assert notice.written <= notice.published <= datetime.date(2024, 12, 31), notice.title


def test_every_table_has_rows_of_one_length():
    for notice in every_notice():
        for block in notice.blocks:
            assert len({len(row) for row in block.rows}) <= 1, (notice.title, block.rows[:1])
            assert all(row for row in block.rows)


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


NOT_SUMS = {"2022年第四季度村务和财务公开"}
"""Titles with a 合计 over columns that have gaps."""


def test_sums_add_up():
    """A last row 合计 is the sum of the rows between it and the head, in every column of numbers."""
    found = 0
    for notice in every_notice():
        for block in notice.blocks:
            if not block.rows or block.rows[-1][0] != "合计" or any(part in notice.title for part in NOT_SUMS):
                continue
            for cells in list(zip(*block.rows[1:], strict=True))[1:]:
                if not all(re.fullmatch(r"[\d,]+(\.\d+)?", cell) for cell in cells):
                    continue
                *parts, total = [float(cell.replace(",", "")) for cell in cells]
                assert sum(parts) == pytest.approx(total, abs=0.001), (notice.title, cells)
                found += 1
    assert found > 20


def test_the_district_grows_as_its_parts_do():
    for notice in load_notices("portal"):
        if "统计公报" not in notice.title:
            continue
        first, second, third = (float(re.search(rf"第{n}产业增加值([\d.]+)亿元", notice.body)[1]) for n in "一二三")
        whole = float(re.search(r"地区生产总值([\d.]+)亿元", notice.body)[1])
        assert first + second + third == pytest.approx(whole, abs=0.05), notice.title


def test_each_year_continues_the_standards_of_the_last():
    standards = {}
    for notice in load_notices("portal"):
        year = re.search(r"(\d{4})年城乡居民最低生活保障标准", notice.title)
        if year:
            [table] = [block.rows for block in notice.blocks if block.rows]
            standards[int(year[1])] = {row[0]: (row[1], row[2]) for row in table[1:]}
    assert set(standards) == set(range(2010, 2025))
    for year, later in itertools.pairwise(sorted(standards)):
        for kind in ("城市低保", "农村低保"):
            assert standards[year][kind][1] == standards[later][kind][0], (year, kind)


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("临政规〔2016〕3号", "临政发〔2008〕17号"),
        ("临政规〔2018〕2号", "临政发〔2010〕8号"),
        ("临府通〔2021〕1号", "临府通〔2013〕2号"),
        ("临政办发〔2014〕38号", "临政办发〔2010〕36号"),
        ("临委办〔2019〕28号", "临政办发〔2014〕38号"),
    ],
)
def test_a_later_notice_repeals_an_earlier_one(later, earlier):
    notices = {notice.document_number: notice for notice in every_notice() if notice.document_number}

    assert earlier in notices[later].body
    assert "同时废止" in notices[later].body
    assert notices[earlier].validity == "废止"


def test_a_reform_renames_an_agency_twice():
    names = ("临河区卫生局", "临河区卫生和计划生育局", "临河区卫生健康局")
    years = [{n.published.year for n in every_notice() if name in n.agency.split(";")} for name in names]

    assert max(years[0]) < min(years[1]) <= max(years[1]) < min(years[2])


def test_copies_share_their_text_and_not_their_frame():
    originals = {notice.name: notice for notice in every_notice()}
    for copy, original in (
        ("finance/others-relayed-stimulus", "portal/2011-temporary-relief"),
        ("township/board-relayed-clinic", "portal/2010-rural-clinic"),
        ("water/texts-relayed-price", "portal/2016-water-price"),
    ):
        assert originals[original].body in originals[copy].body
        assert originals[original].title != originals[copy].title


def test_no_two_notices_differ_in_numbers_only():
    seen = {}
    for notice in every_notice():
        bare = re.sub(r"[\d〇一二三四五六七八九十百千万.,]", "", notice.body)
        other = seen.setdefault(bare, notice)
        assert other.body == notice.body, (other.name, notice.name)


def test_lines_become_blocks():
    assert parse_blocks("# 第一章　总则\n= 临政发〔2011〕1号\n\n| 甲 | 乙 |\n| 1 | |\n正文。\n> 某年某月") == (
        Block("heading", "第一章　总则"),
        Block("centre", "临政发〔2011〕1号"),
        Block("table", rows=(("甲", "乙"), ("1", ""))),
        Block("paragraph", "正文。"),
        Block("right", "某年某月"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "没有开头",
        "+++\nid = 1\n",
        "+++\nid = \n+++\n正文。\n",
        "+++\nid = 1\n+++\n",
        '+++\nfacts = "year|sum"\nrows = "2011"\n+++\n{{year}}\n',
        '+++\nfacts = "year"\nrows = "2011"\n+++\n{{month}}\n',
    ],
)
def test_a_broken_text_is_named(tmp_path, text):
    (tmp_path / "broken.md").write_text(text, encoding="utf-8")

    with pytest.raises(SampleTextError, match=r"broken\.md"):
        load_text(tmp_path / "broken.md")


def test_a_series_is_a_notice_a_row(tmp_path):
    (tmp_path / "series.md").write_text(
        "+++\ndefaults = true\ncategory = 3\n+++\n"
        '+++\nkey = "{{year}}"\nfrom_second = true\nfacts = "year|sum"\n'
        'rows = """\n2010|1,000\n2011|1,250\n2012|2,000\n"""\n+++\n'
        '{{year}}年{{sum}}元，增长{{ (sum.replace(",", "")|n - before.sum.replace(",", "")|n)|money }}元。\n',
        encoding="utf-8",
    )

    assert load_text(tmp_path / "series.md") == [
        ({"category": 3, "key": "2011"}, "2011年1,250元，增长250元。"),
        ({"category": 3, "key": "2012"}, "2012年2,000元，增长750元。"),
    ]


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
