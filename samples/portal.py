"""The district's portal as a TRS site: UTF-8, catalogue tables, columns with numbered index pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from samples.resource import NEVER_CHANGED, Resource, attachment_file, static_file
from samples.texts import FOLDER, SampleNotice, load_notices

NAME = "临河区人民政府门户网站"
START = "/zwgk/index.html"
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
    "xxgk": "信息公开年报",
}
ROWS = 10
CUT_TITLE = 30
"""Characters of a title that a list row shows."""
ROBOTS = "User-agent: *\nDisallow: /search/\nDisallow: /admin/\n"


def address(notice: SampleNotice) -> str:
    day = notice.published
    return f"/zwgk/{notice.column}/{day:%Y%m}/t{day:%Y%m%d}_{notice.id}.html"


def build() -> dict[str, Resource]:
    """Every page of the site by its path."""
    notices = load_notices("portal")
    render = _Renderer()
    resources = {
        "/robots.txt": Resource(ROBOTS.encode(), "text/plain", NEVER_CHANGED),
        "/images/portal.css": static_file("portal.css"),
        "/images/page.js": static_file("page.js"),
        "/index.html": render.page("home.html", notices, depth=0, newest=notices[:8]),
        "/qqgk/index.html": render.page("about.html", (), depth=1),
        "/search/index.html": render.page("search.html", (), depth=1),
        "/404.html": render.page("missing.html", (), depth=0, root="/"),
    }
    resources.update(_listing(render, "/zwgk", "政府信息公开", notices, None))
    for column, label in COLUMNS.items():
        rows = [notice for notice in notices if notice.column == column]
        resources.update(_listing(render, f"/zwgk/{column}", label, rows, column))
    for notice in notices:
        path = address(notice)
        resources[path] = render.page("notice.html", [notice], depth=3, notice=notice, column=notice.column)
        for attachment in notice.attachments:
            if not attachment.broken:
                resources[path.rsplit("/", 1)[0] + "/" + attachment.file] = attachment_file(
                    attachment.file, notice.published
                )
    return resources


class _Renderer:
    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates" / "portal"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(site=NAME, columns=COLUMNS, address=address, cut=_cut)

    def page(self, template: str, notices: Sequence[SampleNotice], *, depth: int, **values: Any) -> Resource:
        """``depth`` is the number of folders above the page; links lead through as many ``../``."""
        values = {"column": None, "root": "../" * depth or "./", **values}
        text = self._environment.get_template(template).render(values)
        modified_date = max((notice.published for notice in notices), default=NEVER_CHANGED)
        return Resource(text.encode(), "text/html; charset=utf-8", modified_date)


def _listing(
    render: _Renderer, folder: str, label: str, notices: Sequence[SampleNotice], column: str | None
) -> Mapping[str, Resource]:
    pages = max(1, math.ceil(len(notices) / ROWS))
    resources = {}
    for number in range(pages):
        name = f"index_{number}.html" if number else "index.html"
        rows = notices[number * ROWS : (number + 1) * ROWS]
        resources[f"{folder}/{name}"] = render.page(
            "listing.html",
            rows,
            depth=folder.count("/"),
            label=label,
            rows=rows,
            pages=pages,
            number=number,
            column=column,
        )
    return resources


def _cut(title: str) -> str:
    return title if len(title) <= CUT_TITLE else title[:CUT_TITLE] + "…"
