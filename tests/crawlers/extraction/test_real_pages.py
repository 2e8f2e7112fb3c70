"""Real pages of departments: what is read equals what their readers wrote down.

Body recall is the share of the expected text's five-character sequences (white space removed, counted as often as they
occur) that the body holds; foreign text is the share of the body's sequences that the expected text does not hold.
"""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from analyzers.dates import parse_date
from crawlers.extraction.html import Page, read_page

pytestmark = pytest.mark.shared


def records(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def sequences(text: str) -> Counter[str]:
    packed = "".join(text.split())
    return Counter(packed[start : start + 5] for start in range(max(1, len(packed) - 4)))


def recall_and_foreign(expected: str, found: str) -> tuple[float, float]:
    wanted, got = sequences(expected), sequences(found)
    common = (wanted & got).total()
    return common / wanted.total(), 1 - common / got.total()


@pytest.fixture(scope="module")
def szpl(shared: Path) -> list[tuple[dict[str, Any], Page]]:
    folder = shared / "data/A_html/szpl"
    return [
        (truth, read_page((folder / "fcl" / truth["file"]).read_bytes(), truth["url"]))
        for truth in records(folder / "fcl.gt.jsonl")
    ]


def test_szpl_title_date_source(szpl: list[tuple[dict[str, Any], Page]]) -> None:
    assert len(szpl) == 146
    for truth, page in szpl:
        assert page.title == truth["title"]
        assert page.fields == {
            "published_date": date.fromisoformat(truth["date"]),
            "issuing_agency": [truth["source"]],
        }
        assert page.charset == "gb18030"
        assert page.looks_like_notice


def test_szpl_body(szpl: list[tuple[dict[str, Any], Page]]) -> None:
    measured = [recall_and_foreign(truth["body"], page.body) for truth, page in szpl]
    assert sum(recall for recall, _ in measured) / len(measured) >= 0.999
    assert sum(foreign for _, foreign in measured) / len(measured) <= 0.001
    assert {page.extracted_by for _, page in szpl} == {"container #Zoom"}


def test_szpl_attachments(szpl: list[tuple[dict[str, Any], Page]]) -> None:
    for truth, page in szpl:
        expected = [(urljoin(truth["url"], one["href"]), one["name"]) for one in truth["attachments"]]
        assert [(one.url, one.name) for one in page.attachments] == expected


def test_szpl_list(shared: Path) -> None:
    folder = shared / "data/A_html/szpl"
    url = "http://www.szpl.gov.cn/xxgk/zcfg/fgk/fcl/index.html"
    page = read_page((folder / "fcl/index.html").read_bytes(), url)
    truths = records(folder / "fcl.gt.jsonl")
    rows = {link.url: link for link in page.links}
    assert not page.looks_like_notice
    assert len({rows[truth["url"]].path for truth in truths}) == 1
    dated = [truth for truth in truths if truth["list_date"]]
    assert len(dated) == 145
    for truth in dated:
        assert rows[truth["url"]].date == date.fromisoformat(truth["list_date"])
        assert rows[truth["url"]].text == truth["list_title"]


def test_govcn_catalogue_table(shared: Path) -> None:
    folder = shared / "data/A_html/govcn"
    truths = records(folder / "gt.jsonl")
    assert len(truths) == 15
    for truth in truths:
        page = read_page((folder / truth["file"]).read_bytes(), truth["url"])
        fields = page.fields
        assert {
            "index_no": fields["index_number"],
            "topic": "|".join(fields["subject_category"]),
            "issuer": "、".join(fields["issuing_agency"]),
            "date_written": fields["written_date"],
            "title": page.title,
            "doc_no": fields["document_number"],
            "date_published": fields["published_date"],
        } == {
            "index_no": truth["index_no"],
            "topic": truth["topic"],
            "issuer": truth["issuer"],
            "date_written": parse_date(truth["date_written"]),
            "title": truth["title"],
            "doc_no": truth["doc_no"],
            "date_published": parse_date(truth["date_published"]),
        }
        assert page.extracted_by == "container #UCAP-CONTENT"
        assert "扫一扫在手机打开当前页" not in page.body
        assert page.looks_like_notice


def test_lishui(shared: Path) -> None:
    folder = shared / "data/A_html/misc"
    truth = records(folder / "lishui_detail.gt.jsonl")[0]
    url = "http://www.lishui.gov.cn/art/2023/10/23/art_1229283449_2493752.html"
    page = read_page((folder / "lishui_detail.html").read_bytes(), url)
    assert page.title == truth["title"]
    assert page.fields == {
        "index_number": truth["index_no"],
        "document_number": truth["doc_no"],
        "subject_category": [truth["topic"]],
        "issuing_agency": [truth["issuer"]],
        "written_date": date.fromisoformat(truth["date_written"]),
        "published_date": parse_date(truth["date_published"]),
        "disclosure_manner": truth["openness"],
    }
    assert page.body.startswith("莲都区人民政府，市直各单位：\n根据《退役士兵安置条例》")
    assert "序号\t安置单位名称\t安置任务\t岗位类别\n1\t丽水国家粮食储备库\t1\t事业" in page.body
    for foreign in ("当前位置", "浏览次数", "索引号", "政务公开"):
        assert foreign not in page.body
    assert [one.format for one in page.attachments] == ["pdf"]


def test_wanzai(shared: Path) -> None:
    url = "http://www.wanzai.gov.cn/wzxrmzf/tjsja/202305/7215380191c5400397df5d7d0b5fd06b.shtml"
    page = read_page((shared / "data/A_html/misc/tjgb_wanzai_2022.html").read_bytes(), url)
    assert page.title == "万载县2022年国民经济和社会发展统计公报"
    assert page.fields == {
        "index_number": "014742224A/2023-0043406",
        "written_date": date(2023, 5, 11),
        "published_date": date(2023, 8, 16),
        "issuing_agency": ["万载县统计局"],
        "disclosure_manner": "主动公开",
    }
    assert page.body.startswith("万载县统计局 国家统计局万载调查队\n（2023年5月）\n2022年，万载全县上下")
    for wanted in ("全年实现生产总值(GDP)262.6亿元", "二、农业", "空气、污染物排放数据来自万载生态环境局"):
        assert wanted in page.body
    for foreign in ("关联稿件", "访问量", "返回顶部", "关闭本页", "版权所有", "网站地图", "公开时限"):
        assert foreign not in page.body


def test_jiangxi_list_is_no_notice(shared: Path) -> None:
    raw = (shared / "data/A_html/misc/jiangxi_sthjt_list.html").read_bytes()
    page = read_page(raw, "http://sthjt.jiangxi.gov.cn/col/index.html")
    assert not page.looks_like_notice
    assert "listData" in page.scripts


# Part of the file's name, title, text that must appear, text that must not.
MIRRORED = [
    ("经济适用住房管理办法2007", "关于印发《经济适用住房管理办法》的通知", "第四十九条", "关闭窗口"),
    (
        "建设项目环评文件有关问题的复函2008",
        "关于公众申请公开建设项目环评文件有关问题的复函",
        "环函〔2008〕50号",
        "版权保护",
    ),
    ("审批办法-[2012]143", "环境影响评价文件分级审批办法的通知", "第十五条 本办法自2013年1月1日起施行", "索 引 号"),
    ("环境噪声污染防治条例", "深圳经济特区环境噪声污染防治条例", "第四十九条 本条例自1994年5月1日起施行", "首页"),
    ("环境保护公众参与办法2015", "环境保护公众参与办法（部门规章）", "第一条 为保障公民、法人", "版权保护"),
    ("公众参与暂行办法2006", "环保总局发布《环境影响评价公众参与暂行办法》", "第四十条", "网站地图"),
    ("北京市公共租赁住房申请", "关于印发《北京市公共租赁住房申请、审核及配租管理办法》的通知", "第三十条", "当前位置"),
    (
        "招生工作指导意见的通知2015",
        "广州市教育局关于印发广州市义务教育阶段学校招生工作指导意见的通知",
        "各区政府",
        "当前位置",
    ),
    ("十三五", "深圳市住房保障发展规划", "第四条 “十三五”住房保障需求预测", "关闭窗口"),
    ("廉租住房保障办法", "关于印发《东莞市廉租住房保障办法》的通知", "有效期至2016年12月31日", "关闭窗口"),
    ("东莞市经济适用住房", "关于印发《东莞市经济适用住房管理办法》的通知", "第二十六条", "关闭窗口"),
    ("职工生育保险规定", "关于贯彻落实《广东省职工生育保险规定》有关事项的通知", "一、参保范围", "首页"),
    ("西区公办初中", "2015年中山市西区公办初中招生通告", "一、招生对象", "首页"),
    ("积分入户入学指标数", "2015年度中山市积分入户入学指标数公告", "大涌镇\t230\t150\t60\t440", "首页"),
    ("东升镇", "东升镇2015年公办初中一年级招生通告", "在东升镇常住的小学应届毕业生", "首页"),
    (
        "居住证办理工作指引2016",
        "中山市流动人口管理办公室关于印发《中山市居住证办理工作指引》的通知",
        "八、相关责任",
        "首页",
    ),
    ("门诊基本医疗保险实施细则", "中山市门诊基本医疗保险实施细则的通知", "第十九条", "首页"),
    ("医疗保险参保范围", "纳入我市社会医疗保险参保范围的通知", "五、医保待遇", "首页"),
    ("禅城区新市民", "禅城区新市民积分制服务指南", "二、申请条件", "当前位置"),
    ("惠城区2015年", "积分入读义务教育阶段公办学校起始年级公告", "一、基本原则", "当前位置"),
    ("来穗人员", "高中阶段学校招生考试工作的实施方案（试行）》的通知", "公开方式：主动公开", "首页"),
    ("高校招生考试实施办法", "在广东省参加高校招生考试实施办法（试行）》的通知", "第三十一条", "字体大小"),
    ("城乡居民社会养老保险", "关于印发《广东省城乡居民社会养老保险实施办法》的通知", "第三十九条", "索 引 号"),
    ("一体化实施方案-2016", "关于城乡居民基本医保政策一体化实施方案", "一、工作目标", "首页"),
    ("户籍管理制度改革", "关于积极稳妥推进户籍管理制度改革有关工作的通知", "各县（市）区人民政府", "首页"),
]


@pytest.mark.parametrize(("name", "title", "wanted", "foreign"), MIRRORED)
def test_mirrored_pages(shared: Path, name: str, title: str, wanted: str, foreign: str) -> None:
    files = [path for path in (shared / "data/A_html/mirrorCN").rglob("*.htm*") if name in path.name]
    assert len(files) == 1
    page = read_page(files[0].read_bytes(), "http://www.example.gov.cn/page.html")
    assert title in page.title
    assert len(page.title) < 80
    assert wanted in page.body
    assert foreign not in page.body
    assert page.looks_like_notice
    assert page.link_density < 0.15


def test_every_mirrored_page_is_asserted(shared: Path) -> None:
    assert len(list((shared / "data/A_html/mirrorCN").rglob("*.htm*"))) == len(MIRRORED)
