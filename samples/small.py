"""Three small sites: a township's notice board, the hospital, the water company; lists and little else."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

from samples.rendering import Renderer
from samples.resource import NEVER_CHANGED, Resource, Site, attachment_file, trap
from samples.texts import SampleNotice, SiteName, load_rows

ROBOTS = "User-agent: *\nDisallow: /admin/\n"


@dataclasses.dataclass(frozen=True, slots=True)
class Small:
    site: SiteName
    label: str
    columns: Mapping[str, str]
    rows: int
    """Of one page of a list."""
    imprint: str

    def column_address(self, column: str, page: int = 1) -> str:
        if self.site == "hospital":
            return f"/{column}.htm" if page == 1 else f"/{column}/{page}.htm"
        return f"/{column}/index.html" if page == 1 else f"/{column}/list_{page}.html"

    def address(self, row: SampleNotice) -> str:
        if row.kind == "file":
            return self.file_address(row, row.attachments[0].file)
        if self.site == "hospital":
            return f"/info/{1001 + list(self.columns).index(row.column)}/{row.id}.htm"
        if self.site == "water":
            return f"/a/{row.column}/{row.published:%Y/%m%d}/{row.id}.html"
        return f"/{row.column}/{row.id}.html"

    @staticmethod
    def file_address(row: SampleNotice, file: str) -> str:
        return f"/uploads/{row.published:%Y%m}/{file}"

    def build(self) -> dict[str, Resource]:
        rows = load_rows(self.site)
        render = Renderer(
            "small",
            site=self.label,
            look=self.site,
            columns=self.columns,
            imprint=self.imprint,
            address=self.address,
            file_address=self.file_address,
            column_address=self.column_address,
        )
        missing = render.page("missing.html")
        newest = {column: [row for row in rows if row.column == column][:5] for column in self.columns}
        resources = {
            "/robots.txt": Resource(ROBOTS.encode(), "text/plain", NEVER_CHANGED),
            "/index.html": render.page("home.html", rows, newest=newest),
            "/404.html": missing,
        }
        for column in self.columns:
            listed = [row for row in rows if row.column == column]
            pages = max(1, math.ceil(len(listed) / self.rows))
            for number in range(1, pages + 1):
                shown = listed[(number - 1) * self.rows : number * self.rows]
                values = {"column": column, "rows": shown, "number": number, "pages": pages, "total": len(listed)}
                resources[self.column_address(column, number)] = render.page("listing.html", shown, **values)
        for row in rows:
            if row.kind == "notice":
                resources[self.address(row)] = render.page("notice.html", [row], notice=row, column=row.column)
            elif row.kind != "file" and (page := trap(row, missing)):
                resources[self.address(row)] = page
            for file in row.attachments:
                if not file.broken:
                    resources[self.file_address(row, file.file)] = attachment_file(file.file, row.published)
        return resources


_SMALL = (
    Small(
        "township",
        "柳林镇政务公开栏",
        {"tzgs": "通知公示", "zcls": "政策落实", "czgk": "财务公开", "cwgk": "村务公开", "bszn": "办事指南"},
        12,
        "柳林镇人民政府党政办公室　地址：柳林镇正街116号",
    ),
    Small(
        "hospital",
        "临河区人民医院",
        {"yygg": "医院公告", "yygk": "院务公开", "jyzn": "就医指南", "jksf": "价格收费", "zpcg": "招聘采购"},
        10,
        "临河区人民医院　地址：临河区康宁路66号　急救电话：120",
    ),
    Small(
        "water",
        "安澜市临河区自来水有限公司",
        {"tstz": "停水通知", "szgs": "水质公示", "sjzc": "水价政策", "fwcn": "服务承诺", "gsxw": "公司公告"},
        10,
        "临河区自来水有限公司　客户服务热线：96116",
    ),
)
SITES: dict[str, Site] = {one.site: Site(one.label, "/index.html", one.address, one.build) for one in _SMALL}
