"""The district's portal as a TRS site: UTF-8, catalogue tables, columns with numbered index pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from samples.rendering import Renderer
from samples.resource import NEVER_CHANGED, Resource, Site, attachment_file, static_file, trap
from samples.texts import SampleNotice, load_notices, load_rows

COLUMNS: dict[str, str] = {
    "zcwj": "政策文件",
    "tzgg": "通知公告",
    "ghjh": "规划计划",
    "tjxx": "统计信息",
    "czxx": "财政信息",
    "sfbz": "行政事业性收费",
    "zfcg": "政府采购",
    "xzxk": "行政许可",
    "zdcq": "征地拆迁",
    "msbz": "民生保障",
    "yjgl": "应急管理",
    "jgrs": "机构人事",
    "zfgb": "政府公报",
    "xxgk": "信息公开年报",
}
ROWS = 10
CUT_TITLE = 30
"""Characters of a title that a list row shows."""
ROBOTS = "User-agent: *\nDisallow: /search/\nDisallow: /admin/\n"


def address(row: SampleNotice) -> str:
    day = row.published
    return f"/zwgk/{row.column}/{day:%Y%m}/t{day:%Y%m%d}_{row.id}.html"


def build() -> dict[str, Resource]:
    rows = load_rows("portal")
    render = Renderer("portal", site=SITE.label, columns=COLUMNS, address=address, cut=_cut)
    missing = render.page("missing.html", root="/")
    resources = {
        "/robots.txt": Resource(ROBOTS.encode(), "text/plain", NEVER_CHANGED),
        "/images/portal.css": static_file("portal.css"),
        "/images/page.js": static_file("page.js"),
        "/index.html": render.page("home.html", rows, newest=rows[:8], root="./"),
        "/qqgk/index.html": render.page("about.html", root="../"),
        "/search/index.html": render.page("search.html", root="../"),
        "/404.html": missing,
    }
    resources.update(_listing(render, "/zwgk", "政府信息公开", rows, None))
    for column, label in COLUMNS.items():
        resources.update(_listing(render, f"/zwgk/{column}", label, [r for r in rows if r.column == column], column))
    for row in rows:
        if row.kind != "notice" and (page := trap(row, missing)):
            resources[address(row)] = page
    for notice in load_notices("portal"):
        path = address(notice)
        resources[path] = render.page("notice.html", [notice], root="../../../", notice=notice, column=notice.column)
        folder = path.rsplit("/", 1)[0]
        for file in notice.attachments:
            if not file.broken:
                resources[f"{folder}/{file.file}"] = attachment_file(file.file, notice.published)
    return resources


def _listing(
    render: Renderer, folder: str, label: str, rows: Sequence[SampleNotice], column: str | None
) -> Iterator[tuple[str, Resource]]:
    pages = max(1, math.ceil(len(rows) / ROWS))
    for number in range(pages):
        name = f"index_{number}.html" if number else "index.html"
        shown = rows[number * ROWS : (number + 1) * ROWS]
        values = {"label": label, "rows": shown, "pages": pages, "number": number, "column": column}
        yield f"{folder}/{name}", render.page("listing.html", shown, root="../" * folder.count("/"), **values)


def _cut(title: str) -> str:
    return title if len(title) <= CUT_TITLE else title[:CUT_TITLE] + "…"


SITE = Site("临河区人民政府门户网站", "/zwgk/index.html", address, build)
