"""What every engine must do, the same for each."""

import dataclasses
import json
from datetime import date
from typing import Any

import pytest

from analyzers.analysis import bigrams, default_analyzer
from analyzers.normalization import compact
from analyzers.notice import Attachment, Notice
from indexer.documents import document_key, engine_documents
from indexer.engine import FACETS, SCORE_PARTS, Engine, EngineDocument, EngineQuery, EngineUnavailableError, Recall

ANALYZER = default_analyzer()


def notice(number: int, title: str, body: str, **fields: Any) -> Notice:
    fields.setdefault("issuing_agency", ["区农业农村局"])
    return Notice(id=f"n{number}", url=f"http://a.example/{number}", source="portal", title=title, body=body, **fields)


NOTICES = [
    notice(
        1,
        "农业机械购置补贴资金管理使用实施办法",
        "为规范农机购置补贴，制定本办法。\n申请补贴的农户，应当提交身份证明。",
        document_number="临政发〔2011〕12号",
        index_number="11510000008282746Q/2011-00012",
        written_date=date(2011, 5, 16),
        genre="办法",
        validity="有效",
    ),
    notice(
        2,
        "关于做好春季农业生产的通知",
        "各乡镇要做好农机检修，落实补贴政策。根据临政发〔2011〕12号文件执行。",
        written_date=date(2012, 3, 1),
        issuing_agency=["区农业农村局", "区财政局"],
        genre="通知",
        validity="失效",
    ),
    notice(
        3,
        "城乡居民基本医疗保险门诊统筹实施细则",
        "参保居民在定点医疗机构门诊就医，报销比例为百分之五十。税费另计。",
        published_date=date(2019, 12, 30),
        issuing_agency=["区医疗保障局"],
        genre="细则",
        attachments=[Attachment("http://a.example/3.pdf", "定点医疗机构名单.pdf", "pdf", "临河区人民医院\n中医院")],
    ),
    notice(4, "停水公告", "因管道检修，八月三日停水。", issuing_agency=["临河自来水公司"], genre="公告"),
]


def documents(notices: list[Notice]) -> list[EngineDocument]:
    return [document for one in notices for document in engine_documents(one, ANALYZER)]


def fill(engine: Engine, notices: list[Notice] | None = None, *, position: int = 10) -> None:
    writer = engine.writer()
    try:
        notices = NOTICES if notices is None else notices
        writer.replace([one.id for one in notices], documents(notices))
        writer.commit(position)
        writer.publish()
    finally:
        writer.close()


def query(text: str, *, minimum: int | None = None, **rest: Any) -> EngineQuery:
    dense = compact(text)
    words = ANALYZER.segmenter.short_words(dense)
    return EngineQuery(
        terms=words,
        minimum_terms=len(words) if minimum is None else minimum,
        words=ANALYZER.segmenter.search_words(dense),
        bigrams=bigrams(dense),
        phrase=dense,
        title_key=dense,
        boosts=dict.fromkeys(SCORE_PARTS, 1.0),
        **rest,
    )


def ids(engine: Engine, recall: Recall) -> list[str]:
    shown = engine.displays([candidate.key for candidate in recall.candidates])
    return [json.loads(shown[candidate.key])["id"] for candidate in recall.candidates]


def found(engine: Engine, wanted: EngineQuery, **options: Any) -> list[str]:
    return ids(engine, engine.recall(wanted, **options))


def test_no_index_is_an_outage_and_not_an_empty_result(engine: Engine) -> None:
    for ask in (
        lambda: engine.recall(EngineQuery()),
        lambda: engine.displays([1]),
        lambda: engine.titles("补贴", limit=3),
        engine.health,
    ):
        with pytest.raises(EngineUnavailableError, match="no index"):
            ask()


def test_every_term_must_occur_and_the_title_counts_most(engine: Engine) -> None:
    fill(engine)
    recall = engine.recall(query("农机补贴"))
    assert ids(engine, recall) == ["n1", "n2"]
    assert [candidate.repealed for candidate in recall.candidates] == [False, True]
    assert found(engine, query("农机医疗")) == []
    assert set(found(engine, query("农机医疗", minimum=1))) == {"n1", "n2", "n3", NOTICES[2].attachments[0].id("n3")}


def test_a_substring_is_found_across_words_punctuation_and_lines(engine: Engine) -> None:
    fill(engine)
    for text, expected in {
        "检修,落实": ["n2"],
        "做好农": ["n2"],
        "本办法.申请": [],
        "本办法。申请": ["n1"],
        "落实贴": [],
        "税": ["n3"],
        "龘": [],
        "八月三日停水": ["n4"],
    }.items():
        assert found(engine, EngineQuery(required=[compact(text)])) == expected, text


def test_exclusion(engine: Engine) -> None:
    fill(engine)
    assert found(engine, query("补贴", excluded=["检修"])) == ["n1"]
    assert set(found(engine, EngineQuery(excluded=["补贴"]))) == {"n3", "n4", NOTICES[2].attachments[0].id("n3")}


def test_a_document_number_brings_its_document_first(engine: Engine) -> None:
    fill(engine)
    wanted = query("临政发[2011]12", numbers=["临政发2011-12"])
    assert found(engine, wanted) == ["n1", "n2"]
    assert engine.parts(wanted, [document_key("n1")])[document_key("n1")]["number"] == 200
    assert found(engine, EngineQuery(numbers=["2011-12"])) == ["n1"]
    assert found(engine, EngineQuery(numbers=["11510000008282746q/2011-00012"])) == ["n1"]


def test_labels_are_searched_each_by_itself(engine: Engine) -> None:
    fill(engine)
    assert found(engine, EngineQuery(required=["区财政局"])) == ["n2"]
    assert found(engine, EngineQuery(required=["村局区财"])) == []


def test_filters_and_exact_facets(engine: Engine) -> None:
    fill(engine)
    file = NOTICES[2].attachments[0].id("n3")
    recall = engine.recall(EngineQuery(), facets=FACETS)
    assert recall.total == 5
    assert dict(recall.facets["format"].values) == {"html": 4, "pdf": 1}
    assert list(recall.facets["issuing_agency"].values) == [
        ("区农业农村局", 2),
        ("区医疗保障局", 2),
        ("临河自来水公司", 1),
        ("区财政局", 1),
    ]
    narrowed = EngineQuery(filters={"genre": ["办法", "通知"], "issuing_agency": ["区农业农村局"]})
    recall = engine.recall(narrowed, facets=["genre", "issuing_agency", "year"], facet_size=1)
    assert sorted(ids(engine, recall)) == ["n1", "n2"]
    assert recall.total == 2
    assert list(recall.facets["genre"].values) == [("办法", 1)]  # its own filter does not shrink it
    assert recall.facets["genre"].other == 1
    assert list(recall.facets["issuing_agency"].values) == [("区农业农村局", 2)]
    assert recall.facets["issuing_agency"].other == 1
    assert list(recall.facets["year"].values) == [("2011", 1)]
    assert found(engine, EngineQuery(filters={"format": ["pdf"]})) == [file]
    assert found(engine, EngineQuery(filters={"genre": ["没有的"]})) == []


def test_dates_filter_and_sort(engine: Engine) -> None:
    fill(engine)
    file = NOTICES[2].attachments[0].id("n3")
    assert set(found(engine, EngineQuery(date_from=20120101))) == {"n2", "n3", file}
    assert found(engine, EngineQuery(date_to=20111231)) == ["n1"]
    assert found(engine, EngineQuery(date_from=20110516, date_to=20110516)) == ["n1"]
    newest = found(engine, EngineQuery(), sort="-date")
    assert set(newest[:2]) == {"n3", file}
    assert newest[2:] == ["n2", "n1", "n4"]
    oldest = found(engine, EngineQuery(), sort="date")
    assert oldest[:2] == ["n1", "n2"]
    assert oldest[-1] == "n4"  # the undated one is last both ways


def test_paging_is_complete_and_stops_where_it_must(engine: Engine) -> None:
    many = [notice(n, f"第{n}号通告", "道路施工", written_date=date(2010 + n % 9, 1, 1)) for n in range(250)]
    fill(engine, many)
    for sort in ("relevance", "date", "-date"):
        pages = [
            key
            for offset in range(0, 250, 50)
            for key in (c.key for c in engine.recall(query("道路施工"), sort=sort, offset=offset, limit=50).candidates)
        ]
        assert sorted(pages) == sorted(document_key(one.id) for one in many)
    past = engine.recall(query("道路施工"), offset=9_900, limit=100)
    assert (past.total, list(past.candidates)) == (250, [])
    with pytest.raises(ValueError, match="10000"):
        engine.recall(query("道路施工"), offset=9_950, limit=100)


def test_limit_zero_still_counts(engine: Engine) -> None:
    fill(engine)
    recall = engine.recall(query("补贴"), limit=0, facets=["year"])
    assert (recall.total, list(recall.candidates)) == (2, [])
    assert dict(recall.facets["year"].values) == {"2011": 1, "2012": 1}


def test_parts_explain_the_score(engine: Engine) -> None:
    fill(engine)
    wanted = query("农业机械购置补贴资金管理使用实施办法")
    first = engine.recall(wanted).candidates[0]
    assert (first.key, first.date, first.repealed) == (document_key("n1"), 20110516, False)
    parts = engine.parts(wanted, [first.key, document_key("n4")])
    assert parts[first.key]["title_key"] == 100
    assert parts[first.key]["title_phrase"] > 0
    assert parts[first.key]["title_words"] > parts[first.key]["body_words"] > 0
    assert sum(parts[first.key].values()) == pytest.approx(first.score, rel=1e-4)
    assert not parts.get(document_key("n4"))
    loose = query("农业部门的补贴资金", minimum=1)
    every = engine.parts(loose, [first.key])[first.key]
    assert "all_terms" not in every  # 部门 does not occur
    assert engine.parts(query("补贴资金", minimum=1), [first.key])[first.key]["all_terms"] == 20
    heavier = dataclasses.replace(wanted, boosts={"body_words": 3.0})
    assert engine.recall(heavier).candidates[0].score == pytest.approx(3 * parts[first.key]["body_words"], rel=1e-4)


def test_similar_and_titles(engine: Engine) -> None:
    fill(engine)
    words = {"title": ANALYZER.channels(NOTICES[0].title).words, "body": ANALYZER.channels(NOTICES[0].body).words}
    alike = engine.similar(words, notice_id="n1", limit=3)
    assert alike[0].key == document_key("n2")
    assert document_key("n1") not in [candidate.key for candidate in alike]
    assert engine.similar({"title": "", "body": ""}, notice_id="n1", limit=3) == []
    assert [candidate.key for candidate in engine.titles("通知", limit=5)] == [document_key("n2")]
    assert engine.titles("没有的标题", limit=5) == []


def test_replace_and_delete_become_visible_with_the_commit(engine: Engine) -> None:
    fill(engine)
    writer = engine.writer()
    try:
        assert writer.position == 10
        changed = dataclasses.replace(NOTICES[2], body="改为按月结算。", attachments=[])
        writer.replace(["n3", "n4"], documents([changed]))
        writer.commit(11)
        assert found(engine, EngineQuery(required=["按月结算"])) == ["n3"]
        assert found(engine, EngineQuery(required=["人民医院"])) == []  # the attachment went with the old version
        assert found(engine, EngineQuery(required=["停水"])) == []
        assert engine.health()["position"] == 11
        assert engine.health()["documents"] == 3
        assert engine.displays([document_key("n4")]) == {}
    finally:
        writer.close()


def test_the_same_twice_is_there_once(engine: Engine) -> None:
    fill(engine)
    fill(engine, position=12)
    assert engine.recall(EngineQuery()).total == 5


def test_a_rebuild_is_made_beside_and_switched_at_the_end(engine: Engine) -> None:
    fill(engine)
    writer = engine.writer(rebuild=True)
    try:
        assert writer.position == 0
        writer.replace(["n9"], documents([notice(9, "新编通告", "新的内容")]))
        writer.commit(20)
        assert engine.recall(EngineQuery()).total == 5
        writer.publish()
        assert found(engine, EngineQuery()) == ["n9"]
        assert engine.health()["position"] == 20
    finally:
        writer.close()
    again = engine.writer()
    assert again.position == 20
    again.close()


def test_a_rebuild_that_is_given_up_leaves_nothing(engine: Engine) -> None:
    fill(engine)
    writer = engine.writer(rebuild=True)
    writer.replace(["n9"], documents([notice(9, "新编通告", "新的内容")]))
    writer.commit(20)
    writer.close()
    assert engine.recall(EngineQuery()).total == 5
    assert engine.health()["position"] == 10


def test_hostile_tokens_are_taken(engine: Engine) -> None:
    long = "字" * 40_000 + "a" * 100_000
    odd = notice(7, "<script>alert(1)</script>", f"{long}\u202e\x00末尾\U0001f600", document_number="[]()〔〕号")
    fill(engine, [odd])
    assert found(engine, EngineQuery(required=["末尾"])) == ["n7"]
    assert found(engine, EngineQuery(required=["\U0001f600"])) == ["n7"]
    assert found(engine, EngineQuery(required=[compact("<script>")])) == ["n7"]
    assert found(engine, EngineQuery(required=["a" * 300])) == ["n7"]
