"""Sites as departments have them: a portal of TRS pages, and an old site of tables in GBK."""

from __future__ import annotations

from tests.crawlers.site import Answering, Reply

AGENCY = "临江县农业农村局"
TEXT = (
    "各乡镇人民政府，县政府各部门：为进一步做好{what}工作，经县政府同意，现将有关事项通知如下。"
    "一、提高认识，加强领导，把各项措施落到实处。二、明确责任，按照时限完成任务，并于每月五日前报送进展情况。"
    "三、加强检查，对工作不力的单位予以通报。四、本通知自印发之日起施行，有效期五年。"
)
WHATS = [
    "农机补贴",
    "春耕生产",
    "秸秆禁烧",
    "防汛抗旱",
    "动物防疫",
    "种子管理",
    "农田水利",
    "粮食收购",
    "土地流转",
    "饮水安全",
]


def title_of(number: int) -> str:
    return f"关于做好{WHATS[number % len(WHATS)]}工作的通知（第{number}号）"


def trs_notice(number: int, *, extra: str = "", parts: int = 1, name: str = "") -> str:
    return f"""<html><head><title>{title_of(number)}_临江县人民政府</title>
<meta name="ArticleTitle" content="{title_of(number)}"><meta name="ContentSource" content="{AGENCY}">
<meta name="PubDate" content="2021-05-{number % 28 + 1:02d}"></head>
<body><div class="nav"><a href="/zwgk/">政务公开</a><a href="/">首页</a></div>
<h1>{title_of(number)}</h1><div>来源：{AGENCY} 日期：2021-05-{number % 28 + 1:02d}</div>
<div class="TRS_Editor"><p>{TEXT.format(what=WHATS[number % len(WHATS)])}</p><p>文件编号为{number}。</p>{extra}</div>
<div class="related"><ul>
<li><a href="/zwgk/202105/t20210501_9999.html">相关：一条从未在列表出现的信息</a></li></ul></div>
<script>createPageHTML({parts}, 0, "{name or "t20210501_1"}", "html");</script>
<div class="foot"><a href="/about.html">关于我们</a></div></body></html>"""


def trs_list(numbers: range, total: int, current: int) -> str:
    rows = "".join(
        f'<li><a href="./202105/t20210501_{n}.html" title="{title_of(n)}">{title_of(n)[:12]}...</a>'
        f"<span>2021-04-{n % 28 + 1:02d}</span></li>"
        for n in numbers
    )
    return f"""<html><head><title>政务公开</title></head><body>
<div class="nav"><a href="/">首页</a><a href="/zwgk/">政务公开</a></div><ul class="list">{rows}</ul>
<script>function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){{ document.write(_nPageCount); }}
createPageHTML({total}, {current}, "index", "html");</script>
<div class="foot"><a href="/about.html">关于我们</a> <a href="http://www.gov.cn/">中国政府网</a></div></body></html>"""


def trs_site(pages: int = 3, rows: int = 6) -> dict[str, Answering]:
    """``pages`` list pages under /zwgk/ with ``rows`` notices each."""
    site: dict[str, Answering] = {
        "/": Reply('<html><body><ul><li><a href="/zwgk/">政务公开</a></li></ul></body></html>'),
        "/about.html": Reply("<html><body><h1>关于我们</h1><p>本站由县政府办公室主办。</p></body></html>"),
    }
    for page in range(pages):
        numbers = range(page * rows, (page + 1) * rows)
        reply = Reply(trs_list(numbers, pages, page))
        site["/zwgk/" if page == 0 else f"/zwgk/index_{page}.html"] = reply
        for number in numbers:
            site[f"/zwgk/202105/t20210501_{number}.html"] = Reply(trs_notice(number))
    return site


def asp_notice(number: int, *, extra: str = "") -> str:
    return f"""<html><head><title>{title_of(number)}</title></head><body bgcolor="#ffffff">
<table width="760"><tr><td><a href="default.asp">首页</a>|<a href="list.asp?id=1">通知公告</a>|
<a href="list.asp?id=2">政策法规</a></td></tr></table>
<table width="760"><tr><td align="center"><font size="5"><b>{title_of(number)}</b></font></td></tr>
<tr><td align="center">发布单位：{AGENCY}　发布时间：2009-8-{number % 28 + 1}　点击：12</td></tr>
<tr><td><p>{TEXT.format(what=WHATS[number % len(WHATS)])}</p><p>编号{number}。</p>{extra}</td></tr></table>
<table><tr><td>版权所有 {AGENCY}</td></tr></table></body></html>"""


def asp_list(numbers: range, column: int, page: int, pages: int) -> str:
    rows = "".join(
        f'<tr><td><img src="dot.gif"></td><td><a href="showinfo.asp?id={n}">{title_of(n)}</a></td>'
        f"<td>[2009-7-{n % 28 + 1}]</td></tr>"
        for n in numbers
    )
    onward = f'<a href="list.asp?id={column}&page={page + 1}">下一页</a>' if page < pages else "下一页"
    return f"""<html><head><title>列表</title></head><body>
<table><tr><td><a href="default.asp">首页</a></td><td><a href="list.asp?id=1">通知公告</a></td>
<td><a href="list.asp?id=2">政策法规</a></td></tr></table>
<table>{rows}</table><table><tr><td>共{pages}页 <a href="list.asp?id={column}&page=1">首页</a> {onward}
<a href="list.asp?id={column}&page={pages}">尾页</a></td></tr></table></body></html>"""


def asp_site(pages: int = 2, rows: int = 5) -> dict[str, Answering]:
    """Two columns of ``pages`` list pages each, all in GBK without saying so."""
    site: dict[str, Answering] = {
        "/": _gbk(
            '<html><body><table><tr><td><a href="list.asp?id=1">通知公告</a></td>'
            '<td><a href="list.asp?id=2">政策法规</a></td><td><a href="login.asp">登录</a></td>'
            "</tr></table></body></html>"
        )
    }
    site["/default.asp"] = site["/"]
    for column in (1, 2):
        for page in range(1, pages + 1):
            first = 100 * column + (page - 1) * rows
            reply = _gbk(asp_list(range(first, first + rows), column, page, pages))
            site[f"/list.asp?id={column}&page={page}"] = reply
            if page == 1:
                site[f"/list.asp?id={column}"] = reply
            for number in range(first, first + rows):
                site[f"/showinfo.asp?id={number}"] = _gbk(asp_notice(number))
    return site


def _gbk(text: str) -> Reply:
    return Reply(text, charset="gbk")


def jpaas_row(number: int) -> str:
    day = number % 28 + 1
    title, url = title_of(number), f"/art/2021/4/{day}/art_21004_{number}.html"
    return f'<li><a href="{url}" title="{title}">{title[:10]}…</a><span>2021-04-{day:02d}</span></li>'


def jpaas_records(numbers: range, total: int) -> str:
    records = "".join(f"<record><![CDATA[{jpaas_row(number)}]]></record>\n" for number in numbers)
    return (
        f"<?xml version='1.0' encoding='utf-8'?>\n<datastore><totalrecord>{total}</totalrecord>"
        f"<totalpage>{total // 15 + 1}</totalpage><recordset>{records}</recordset></datastore>"
    )


def jpaas_column(numbers: range, total: int) -> str:
    """A column's page with the records ``numbers`` of ``total``."""
    records = jpaas_records(numbers, total).partition("?>")[2]
    return f"""<html><head><title>安江县教育局 招生考试</title></head><body>
<div class="menu"><a href="/index.html">首页</a><a href="/col/col21003/index.html">文件通知</a></div>
<div id="30517" class="default_pgContainer"><script type="text/xml">{records}</script></div>
<script>$(function(){{ $("#30517").jpage({{dataBefore:"", totalRecord:{total}, openCookies:false, perPage:15,
proxyUrl:'/module/web/jpage/dataproxy.jsp', barPosition:'bottom', ajaxParam:{{col:1,appid:1,webid:3,path:'/',
columnid:21004,sourceContentType:1,unitid:30517,webname:'安江县教育局',permissiontype:0}} }}); }});</script>
</body></html>"""
