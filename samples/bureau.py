"""The education bureau's old site: tables in tables, query paging, GBK bytes that nothing declares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from samples.resource import NEVER_CHANGED, Resource, attachment_file
from samples.texts import FOLDER, SampleNotice, load_notices

NAME = "临河教育网"
START = "/index.asp"
COLUMNS: dict[str, str] = {
    "1": "政策法规",
    "2": "文件通知",
    "3": "招生考试",
    "4": "教育收费",
    "5": "队伍建设",
    "6": "学生资助",
}
ROWS = 4
ROBOTS = "User-agent: *\nDisallow: /admin/\n"
UPLOADS = "/upfile/"


def address(notice: SampleNotice) -> str:
    return f"/show.asp?id={notice.id}"


def build() -> dict[str, Resource]:
    """Every page of the site by its path and query."""
    notices = load_notices("bureau")
    render = _Renderer()
    by_column = {column: [notice for notice in notices if notice.column == column] for column in COLUMNS}
    resources = {
        "/robots.txt": Resource(ROBOTS.encode("ascii"), "text/plain", NEVER_CHANGED),
        "/index.asp": render.page("home.html", notices, newest={key: rows[:3] for key, rows in by_column.items()}),
        "/admin/login.asp": render.page("login.html", ()),
        "/404.html": render.page("missing.html", ()),
    }
    for column, label in COLUMNS.items():
        listed = by_column[column]
        pages = max(1, math.ceil(len(listed) / ROWS))
        for number in range(1, pages + 1):
            rows = listed[(number - 1) * ROWS : number * ROWS]
            page = render.page(
                "listing.html",
                rows,
                column=column,
                label=label,
                rows=rows,
                number=number,
                pages=pages,
                total=len(listed),
            )
            resources[f"/list.asp?id={column}&page={number}"] = page
            if number == 1:
                resources[f"/list.asp?id={column}"] = page
    for notice in notices:
        resources[address(notice)] = render.page("notice.html", [notice], notice=notice, column=notice.column)
        for attachment in notice.attachments:
            if not attachment.broken:
                resources[UPLOADS + attachment.file] = attachment_file(attachment.file, notice.published)
    return resources


class _Renderer:
    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates" / "bureau"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(site=NAME, columns=COLUMNS, address=address, uploads=UPLOADS)

    def page(self, template: str, notices: Sequence[SampleNotice], **values: Any) -> Resource:
        text = self._environment.get_template(template).render({"column": None, **values})
        modified_date = max((notice.published for notice in notices), default=NEVER_CHANGED)
        return Resource(text.encode("gbk"), "text/html", modified_date)
