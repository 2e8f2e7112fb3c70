"""The education bureau's site as jpaas makes them: records within XML, further ones from a data proxy."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from urllib.parse import urlencode

from samples.rendering import Renderer
from samples.resource import NEVER_CHANGED, Resource, Site, attachment_file, path_of, trap
from samples.texts import SampleNotice, load_rows

COLUMNS: dict[str, str] = {
    "21001": "政务公开",
    "21002": "政策法规",
    "21003": "文件通知",
    "21004": "招生考试",
    "21005": "教学科研",
    "21006": "队伍建设",
    "21007": "教育收费",
    "21008": "学生资助",
    "21009": "学前教育",
    "21010": "职业教育",
    "21011": "校园安全",
    "21012": "体卫艺教育",
    "21013": "学籍管理",
    "21014": "教育督导",
    "21015": "规划财务",
    "21016": "公开招聘",
}
PER_PAGE = 5
PAGES_AT_ONCE = 2
"""Pages whose records come in one answer: with the column, and from each call of the data proxy."""
WEB_ID = "17"
PROXY = "/module/web/jpage/dataproxy.jsp"
ROBOTS = "User-agent: *\nDisallow: /admin/\n"


def address(row: SampleNotice) -> str:
    day = row.published
    return f"/art/{day.year}/{day.month}/{day.day}/art_{row.column}_{row.id}.html"


def column_address(column: str) -> str:
    return f"/col/col{column}/index.html"


def proxy_parameters(column: str) -> dict[str, str]:
    """What a column's script sends to the data proxy beside the numbers of the records."""
    return {
        "col": "1",
        "appid": "1",
        "webid": WEB_ID,
        "path": "/",
        "columnid": column,
        "sourceContentType": "1",
        "unitid": unit_of(column),
        "webname": SITE.label,
        "permissiontype": "0",
    }


def unit_of(column: str) -> str:
    return str(zlib.crc32(column.encode()) % 90_000 + 10_000)


def build() -> dict[str, Resource]:
    rows = load_rows("education")
    render = Renderer("education", site=SITE.label, columns=COLUMNS, address=address, column_address=column_address)
    missing = render.page("missing.html")
    by_column = {column: [row for row in rows if row.column == column] for column in COLUMNS}
    resources = {
        "/robots.txt": Resource(ROBOTS.encode(), "text/plain", NEVER_CHANGED),
        "/index.html": render.page("home.html", rows, newest={key: found[:4] for key, found in by_column.items()}),
        "/admin/login.html": render.page("login.html"),
        "/404.html": missing,
    }
    for column, listed in by_column.items():
        resources.update(_column(render, column, listed))
    for row in rows:
        if row.kind != "notice":
            if page := trap(row, missing):
                resources[address(row)] = page
            continue
        resources[address(row)] = render.page("notice.html", [row], notice=row, column=row.column)
        for file in row.attachments:
            if not file.broken:
                folder = f"/attach/{row.published:%Y%m%d}/"
                resources[folder + file.file] = attachment_file(file.file, row.published)
    return resources


def _column(render: Renderer, column: str, rows: Sequence[SampleNotice]) -> dict[str, Resource]:
    step = PER_PAGE * PAGES_AT_ONCE
    parameters = proxy_parameters(column)
    values = {"column": column, "label": COLUMNS[column], "total": len(rows), "per_page": PER_PAGE, "proxy": PROXY}
    values |= {"unit": unit_of(column), "parameters": parameters, "at_once": PAGES_AT_ONCE}
    resources = {column_address(column): render.page("column.html", rows, rows=rows[:step], **values)}
    for first in range(0, len(rows), step):
        numbers = {"startrecord": first + 1, "endrecord": first + step, "perpage": PER_PAGE}
        answer = render.text("records.xml", rows=rows[first : first + step], total=len(rows), per_page=PER_PAGE)
        target = path_of(f"{PROXY}?{urlencode({**numbers, **parameters})}")
        resources[target] = Resource(answer.encode(), "text/xml; charset=UTF-8", NEVER_CHANGED)
    return resources


SITE = Site("临河教育网", "/index.html", address, build)
