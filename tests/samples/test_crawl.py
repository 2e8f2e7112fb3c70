"""The whole district through the real crawl: every notice once and whole, and nothing else."""

from __future__ import annotations

import re

import pytest

from samples import SITES
from tests.district import District, samples, traps


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_every_notice_is_stored_once_and_nothing_else(district: District) -> None:
    assert set(district.stored) == {district.address(notice) for notice in samples()}


def test_titles_dates_and_bodies_are_those_of_the_pages(district: District) -> None:
    for notice in samples():
        stored = district.stored[district.address(notice)]
        assert stored.title == notice.title, notice.name
        assert stored.published_date == notice.published, notice.name
        assert squeezed(stored.body) == squeezed(notice.body), notice.name


def test_agencies_and_numbers_are_those_of_the_pages(district: District) -> None:
    for notice in samples():
        stored = district.stored[district.address(notice)]
        assert stored.issuing_agency == re.split(r"[; ]", notice.agency), notice.name
        if notice.document_number and notice.site != "township":
            assert stored.document_number == notice.document_number, notice.name
        if notice.site == "portal":
            assert stored.index_number == notice.index_number
            assert stored.written_date == notice.written
            assert (stored.validity or "") == notice.validity
            assert stored.subject_category == [notice.subject]


def test_attachments_are_read(district: District) -> None:
    read = 0
    for notice in samples():
        stored = district.stored[district.address(notice)]
        assert [file.name for file in stored.attachments] == [file.name for file in notice.attachments]
        for expected, found in zip(notice.attachments, stored.attachments, strict=True):
            if expected.broken:
                assert found.error == "HTTP 404"
            elif notice.name == "township/board-scan":
                assert "scan needs text recognition" in (found.error or "")
            else:
                assert found.error is None
                assert len(found.body) > 150
                read += 1
    assert read >= 13


def test_the_gazette_holds_its_documents(district: District) -> None:
    [gazette] = [n for n in samples() if n.key == "gazette-2016-2"]
    [file] = district.stored[district.address(gazette)].attachments

    assert "目录" in squeezed(file.body)
    for part in ("每日十九时至次日七时禁止采砂作业", "租金标准每月每平方米四元二角", "违章冒险作业"):
        assert part in squeezed(file.body)


def test_what_is_no_notice_is_a_clear_line_in_the_report(district: District) -> None:
    reasons = {
        failure["url"]: failure["reason"] for report in district.reports.values() for failure in report["failures"]
    }
    words = {"lost": "HTTP 404", "missing": "error page", "stub": "stub page", "file": "scan needs text recognition"}
    for row in traps():
        assert words[row.kind] in reasons.pop(district.address(row)), row.name
    assert sorted(url.rsplit("/", 1)[1] for url in reasons) == ["201305wf.pdf", "20160328104455.doc"]


@pytest.mark.parametrize("name", SITES)
def test_every_source_finishes(district: District, name: str) -> None:
    report = district.reports[name]

    assert report["outcome"] == "finished"
    assert (report["ok"], report["waiting"], report["changed"]) == (True, 0, 0)
