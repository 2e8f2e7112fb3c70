"""Notices in the catalogue: stored once, versioned, each change numbered; the same on both databases."""

from dataclasses import replace

import pytest

from analyzers.notice import Attachment, Notice
from indexer.catalogue import Catalogue, CatalogueError, notices
from tests.indexer.catalogue.writer import notice

PDF = Attachment("http://a.cn/1.pdf", "附件1", "pdf")
DOCX = Attachment("http://a.cn/2.docx", "附件2", "docx")


def put(catalogue: Catalogue, *batch: Notice) -> list[str]:
    with catalogue.begin() as connection:
        return list(notices.put_all(connection, batch))


def put_file(catalogue: Catalogue, file: Attachment, **values: str) -> bool:
    with catalogue.begin() as connection:
        return notices.put_attachment(connection, "n1", file, **values)


def stored(catalogue: Catalogue, notice_id: str = "n1") -> Notice:
    with catalogue.read() as connection:
        found = notices.get(connection, notice_id)
    assert found is not None
    return found


def versions(catalogue: Catalogue, notice_id: str = "n1") -> list[tuple[int, str]]:
    with catalogue.read() as connection:
        return [(one["version"], one["record"]["title"]) for one in notices.version_records(connection, notice_id)]


def changes(catalogue: Catalogue, after: int = 0, limit: int = 100, characters: int = 10**9) -> list[notices.Change]:
    with catalogue.read() as connection:
        return notices.changes_after(connection, after, limit=limit, characters=characters)


def last(catalogue: Catalogue) -> int:
    with catalogue.read() as connection:
        return notices.last_change(connection)


def test_new_changed_unchanged(catalogue: Catalogue) -> None:
    first = notice("n1", keywords=["农机"], attachments=[PDF])
    assert put(catalogue, first) == ["new"]
    assert put(catalogue, first) == ["unchanged"]
    second = replace(first, title="关于农机补贴的通知")
    assert put(catalogue, second) == ["changed"]
    assert stored(catalogue) == second
    assert versions(catalogue) == [(1, "关于n1的通知"), (2, "关于农机补贴的通知")]
    assert [(change.number, change.notice_id) for change in changes(catalogue)] == [(2, "n1")]
    assert last(catalogue) == 2
    with catalogue.read() as connection:
        assert notices.count(connection) == {"jia": 1}
        assert notices.get(connection, "n2") is None
        assert notices.version_records(connection, "n2") == []


def test_every_field_comes_back(catalogue: Catalogue) -> None:
    record = {
        "id": "law-1", "url": "http://a.cn/", "source": "laws", "title": "办法😀", "body": "第一段\n甲\t乙",
        "index_number": "000014349/2017-00110", "document_number": "国发〔2011〕12号", "issuing_agency": ["甲", "乙"],
        "written_date": "2011-05-16", "published_date": "2011-05-20", "effective_date": "2011-06-01",
        "expiry_date": "2016-06-01", "subject_category": ["农业、林业、水利\\农业"], "genre": "办法",
        "disclosure_category": ["规章和规范性文件"], "service_audience": ["农民"], "validity": "有效",
        "keywords": ["农机"], "summary": "概述", "disclosure_manner": "主动公开", "format": "pdf", "text_quality": 0.25,
        "extracted_by": "pdfminer",
        "attachments": [{"url": "a", "name": "b", "format": "pdf", "body": "c", "text_quality": 0.5,
                         "extracted_by": "d", "error": None}],
    }  # fmt: skip
    put(catalogue, Notice.from_record(record))
    assert stored(catalogue, "law-1").to_record() == record


def test_attachments_are_kept_merged_removed_and_reordered(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1", attachments=[PDF, DOCX]))
    read = replace(PDF, body="补贴标准", text_quality=0.9, extracted_by="pdfminer")
    assert put_file(catalogue, read, snapshot="ab" * 32)
    assert put(catalogue, notice("n1", attachments=[PDF, DOCX])) == ["unchanged"]
    assert stored(catalogue).attachments == [read, DOCX]
    assert put(catalogue, notice("n1", attachments=[DOCX, PDF])) == ["changed"]
    assert stored(catalogue).attachments == [DOCX, read]
    assert put(catalogue, notice("n1", attachments=[replace(PDF, name="补贴标准表")])) == ["changed"]
    assert stored(catalogue).attachments == [replace(read, name="补贴标准表")]
    assert put(catalogue, notice("n1", attachments=[replace(PDF, body="新的标准")])) == ["changed"]
    assert stored(catalogue).attachments == [replace(PDF, body="新的标准")]
    assert put(catalogue, notice("n1")) == ["changed"]
    assert stored(catalogue).attachments == []
    with catalogue.read() as connection:
        assert notices.notice_of_attachment(connection, PDF.id("n1")) is None


def test_an_address_twice_is_one_attachment(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1", attachments=[PDF, replace(PDF, name="又一个"), DOCX]))
    assert stored(catalogue).attachments == [PDF, DOCX]


def test_the_same_file_of_two_notices(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1", attachments=[PDF]), notice("n2", attachments=[PDF]))
    put_file(catalogue, replace(PDF, body="文"))
    assert (stored(catalogue).attachments[0].body, stored(catalogue, "n2").attachments[0].body) == ("文", "")
    with catalogue.read() as connection:
        assert notices.notice_of_attachment(connection, PDF.id("n2")) == "n2"


def test_a_file_s_text_is_a_change_and_no_version(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1", attachments=[PDF]), notice("n2"))
    read = replace(PDF, body="补贴标准")
    assert put_file(catalogue, read)
    assert not put_file(catalogue, read)
    assert [(change.number, change.notice_id) for change in changes(catalogue)] == [(2, "n2"), (3, "n1")]
    assert "补贴标准" in (changes(catalogue)[1].record or "")
    assert versions(catalogue) == [(1, "关于n1的通知")]
    failed = replace(PDF, format=None, error="404")
    assert put_file(catalogue, failed)
    assert stored(catalogue).attachments == [replace(failed, format="pdf")]
    assert put(catalogue, notice("n1", attachments=[PDF])) == ["unchanged"]


def test_a_file_of_no_notice(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1", attachments=[PDF]))
    with pytest.raises(KeyError, match="is no attachment of n1"):
        put_file(catalogue, DOCX)
    assert last(catalogue) == 1


def test_delete_and_come_back(catalogue: Catalogue) -> None:
    first = notice("n1", attachments=[replace(PDF, body="文")])
    put(catalogue, first, notice("n2"))
    with catalogue.begin() as connection:
        assert notices.delete(connection, "n1")
        assert notices.get(connection, "n1") is None
        assert notices.count(connection) == {"jia": 1}
    assert [(one.number, one.notice_id, one.record is None) for one in changes(catalogue)] == [
        (2, "n2", False),
        (3, "n1", True),
    ]
    assert put(catalogue, notice("n1", attachments=[PDF])) == ["changed"]
    assert stored(catalogue) == first
    assert [one.number for one in changes(catalogue)] == [2, 4]
    assert [version for version, _title in versions(catalogue)] == [1, 2]


def test_deleting_nothing_draws_no_number(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1"))
    with catalogue.begin() as connection:
        assert not notices.delete(connection, "unknown")
        assert notices.delete(connection, "n1")
        assert not notices.delete(connection, "n1")
    assert (last(catalogue), [one.number for one in changes(catalogue)]) == (2, [2])


def test_changes_in_order_and_in_pieces(catalogue: Catalogue) -> None:
    put(catalogue, *(notice(f"n{number}", body="字" * 1_000) for number in range(10)))
    put(catalogue, notice("n3", body="改"))
    everything = [(number + 1, f"n{number}") for number in range(10) if number != 3] + [(11, "n3")]
    assert [(one.number, one.notice_id) for one in changes(catalogue)] == everything
    assert [one.number for one in changes(catalogue, limit=4)] == [1, 2, 3, 5]
    assert [one.number for one in changes(catalogue, after=5)] == [6, 7, 8, 9, 10, 11]
    assert changes(catalogue, after=11) == []
    few = [one.number for one in changes(catalogue, characters=2_500)]
    assert few == [1, 2]
    assert [one.number for one in changes(catalogue, characters=1)] == [1]
    taken: list[int] = []
    while found := changes(catalogue, after=taken[-1] if taken else 0, limit=3):
        taken += [one.number for one in found]
    assert taken == [number for number, _id in everything]


def test_the_same_id_twice_in_a_batch(catalogue: Catalogue) -> None:
    earlier, later = notice("n1", title="先"), notice("n1", title="后")
    assert put(catalogue, earlier, notice("n2"), later) == ["new", "new", "new"]
    assert stored(catalogue).title == "后"
    assert versions(catalogue) == [(1, "后")]
    assert sorted(one.number for one in changes(catalogue)) == [1, 2]
    assert put(catalogue, earlier, later) == ["unchanged", "unchanged"]


def test_a_large_batch(catalogue: Catalogue) -> None:
    batch = [notice(f"n{number}", attachments=[PDF]) for number in range(1_201)]
    assert put(catalogue, *batch) == ["new"] * 1_201
    assert put(catalogue, *(replace(one, title="改") for one in batch)) == ["changed"] * 1_201
    assert put(catalogue) == []
    assert [one.number for one in changes(catalogue, limit=2_000)] == list(range(1_202, 2_403))
    with catalogue.read() as connection:
        assert len(notices.get_all(connection, [one.id for one in batch])) == 1_201


def test_an_error_leaves_nothing(catalogue: Catalogue) -> None:
    put(catalogue, notice("n1"))

    def fail() -> None:
        with catalogue.begin() as connection:
            notices.put(connection, notice("n1", title="改"))
            notices.put(connection, notice("n2", attachments=[PDF]))
            notices.put_attachment(connection, "n2", DOCX)

    with pytest.raises(KeyError):
        fail()
    assert (stored(catalogue).title, last(catalogue)) == ("关于n1的通知", 1)
    with catalogue.read() as connection:
        assert notices.notice_of_attachment(connection, PDF.id("n2")) is None
    assert put(catalogue, notice("n2")) == ["new"]
    assert last(catalogue) == 2


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
def test_what_no_database_takes_is_named(catalogue: Catalogue, character: str) -> None:
    bad = f"甲{character}乙"
    for wrong, name in (
        (notice("n1", title=bad), "title"),
        (notice("n1", body=bad), "body"),
        (notice("n1", keywords=["农机", bad]), "keywords"),
        (notice("n1", attachments=[replace(PDF, body=bad)]), "body"),
    ):
        with pytest.raises(CatalogueError, match=f"notice 'n1': {name} holds NUL or half of a surrogate pair"):
            put(catalogue, notice("n0"), wrong)
    put(catalogue, notice("n1", attachments=[PDF]))
    with pytest.raises(CatalogueError, match="notice 'n1': error holds"):
        put_file(catalogue, replace(PDF, error=bad))
    assert (last(catalogue), stored(catalogue).attachments) == (1, [PDF])


def test_a_body_of_twenty_megabytes(catalogue: Catalogue) -> None:
    body = "公开" * 3_500_000
    long = notice("n1", body=body, attachments=[replace(PDF, body=body)])
    assert put(catalogue, long, notice("n2")) == ["new", "new"]
    assert stored(catalogue) == long
    assert put(catalogue, long) == ["unchanged"]
    assert [one.number for one in changes(catalogue, characters=1_000_000)] == [1]


def test_other_odd_characters_stay(catalogue: Catalogue) -> None:
    odd = notice("n-1:甲'\"", title="'; DROP TABLE notices; --", body="\\u0000 \\ \t\u2028😀%s :x ?")
    put(catalogue, odd)
    assert stored(catalogue, odd.id) == odd


def test_snapshots_and_sources_are_noted_once(catalogue: Catalogue) -> None:
    for size in (5, 6):
        with catalogue.begin() as connection:
            notices.put_snapshot(connection, "ab" * 32, size, "text/html")
    with catalogue.read() as connection:
        assert connection.exec_driver_sql("SELECT size, media_type FROM snapshots").all() == [(5, "text/html")]
        assert notices.source_labels(connection) == {}
