"""The finance bureau's old site: tables in tables, query paging, GBK bytes that nothing declares."""

from __future__ import annotations

import math

from samples.rendering import Renderer
from samples.resource import NEVER_CHANGED, Resource, Site, attachment_file, trap
from samples.texts import SampleNotice, load_rows

COLUMNS: dict[str, str] = {
    "1": "政策法规",
    "2": "预算决算",
    "3": "政府采购",
    "4": "收费目录",
    "5": "惠农补贴",
    "6": "国有资产",
    "7": "机构概况",
}
ROWS = 8
CUT_TITLE = 26
ROBOTS = "User-agent: *\nDisallow: /admin/\n"
UPLOADS = "/upfile/"


def address(row: SampleNotice) -> str:
    return f"/show.asp?id={row.id}"


def build() -> dict[str, Resource]:
    rows = load_rows("finance")
    render = Renderer(
        "finance", charset="gbk", declared=False, site=SITE.label, columns=COLUMNS, address=address, uploads=UPLOADS
    )
    by_column = {column: [row for row in rows if row.column == column] for column in COLUMNS}
    missing = render.page("missing.html")
    resources = {
        "/robots.txt": Resource(ROBOTS.encode("ascii"), "text/plain", NEVER_CHANGED),
        "/index.asp": render.page("home.html", rows, newest={key: found[:4] for key, found in by_column.items()}),
        "/admin/login.asp": render.page("login.html"),
        "/404.html": missing,
    }
    for column, label in COLUMNS.items():
        listed = by_column[column]
        pages = max(1, math.ceil(len(listed) / ROWS))
        for number in range(1, pages + 1):
            shown = listed[(number - 1) * ROWS : number * ROWS]
            values = {"column": column, "label": label, "rows": shown, "number": number, "pages": pages}
            page = render.page("listing.html", shown, total=len(listed), cut=CUT_TITLE, **values)
            resources[f"/list.asp?id={column}&page={number}"] = page
            if number == 1:
                resources[f"/list.asp?id={column}"] = page
    for row in rows:
        if row.kind != "notice":
            if page_there := trap(row, missing):
                resources[address(row)] = page_there
            continue
        resources[address(row)] = render.page("notice.html", [row], notice=row, column=row.column)
        for file in row.attachments:
            if not file.broken:
                resources[UPLOADS + file.file] = attachment_file(file.file, row.published)
    return resources


SITE = Site("临河区财政局", "/index.asp", address, build)
