"""Sixty notices of an invented county, with every field, attachments, tables and a repealed regulation."""

from __future__ import annotations

from typing import Any

from analyzers.notice import Notice

_AGENCIES = ("青溪县农业局", "青溪县教育局", "青溪县财政局", "青溪县民政局", "青溪县人民政府办公室")
_GENRES = ("通知", "公告", "办法", "意见")
_CATEGORIES = ("规章和规范性文件", "财政性和公共性资金", "教育、医疗、扶贫、社会保障、就业", "机构职能")
_VALIDITIES = ("有效", "废止", "已修改", None)
_MATTERS = ("农机补贴", "新型农村合作医疗", "义务教育招生", "最低生活保障", "土地征用", "行政事业性收费")


def notices_of_a_county() -> list[Notice]:
    return [Notice.from_record(_record(number)) for number in range(60)]


def _record(number: int) -> dict[str, Any]:
    matter = _MATTERS[number % len(_MATTERS)]
    year = 2006 + number % 7
    record: dict[str, Any] = {
        "id": f"qx-{number:03d}",
        "url": f"https://www.qingxi.example/t{year}0516_{number}.html",
        "source": "portal" if number % 3 else "bulletin",
        "title": f"关于{year}年{matter}工作有关事项的{_GENRES[number % 4]}（第{number + 1}号）",
        "index_number": f"0000143{number:02d}/{year}-001{number:02d}",
        "document_number": f"青政办发〔{year}〕{number + 1}号",
        "issuing_agency": [_AGENCIES[number % 5]],
        "written_date": f"{year}-{number % 12 + 1:02d}-16",
        "published_date": f"{year}-{number % 12 + 1:02d}-20",
        "subject_category": ["农业、林业、水利\\农业"] if number % 2 else ["财政、金融、审计\\财政"],
        "genre": _GENRES[number % 4],
        "disclosure_category": [_CATEGORIES[number % 4]],
        "validity": _VALIDITIES[number % 4],
        "keywords": [matter],
        "body": (
            f"各乡镇人民政府，县直各单位：\n　　为做好{year}年{matter}工作，现将有关事项通知如下。\n一、总体要求\n"
            f"第一条 {matter}坚持公开、公平、公正的原则。\n第二条 申请人应当到户籍所在地的乡镇人民政府提出申请。\n"
            "序号\t项目\t标准（元）\n1\t甲类\t300\n2\t乙类\t150\n"
            f"本通知自印发之日起施行。\n青溪县人民政府办公室\n{year}年5月16日"
        ),
    }
    if number % 10 == 0:
        record["attachments"] = [
            {
                "url": f"https://www.qingxi.example/files/{number}.pdf",
                "name": f"{matter}申请表（样式{number}）.pdf",
                "format": "pdf",
                "body": f"{matter}申请表\n姓名\t住址\t联系方式\n填表须知：请用蓝黑墨水填写。",
            },
            {"url": f"https://www.qingxi.example/files/{number}.doc", "name": "说明.doc", "error": "文件打不开"},
        ]
    if number == 7:
        record["validity"] = "尚未生效"
        del record["written_date"], record["published_date"]
    return record
