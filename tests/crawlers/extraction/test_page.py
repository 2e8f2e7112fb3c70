"""Pages read: title, fields, body, attachments, links – on small pages of the kinds that sites serve."""

from datetime import date

import pytest

from crawlers.extraction.errors import ExtractionError
from crawlers.extraction.html import Page, read_page
from crawlers.extraction.html.tree import MAX_PAGE_BYTES

URL = "http://www.example.gov.cn/zwgk/tzgg/201105/t20110516_12345.html"
TITLE = "某市人民政府关于印发某市公共租赁住房管理暂行办法的通知"
PARAGRAPHS = (
    "各区人民政府，市政府直属各单位：",
    "《某市公共租赁住房管理暂行办法》已经市政府同意，现印发给你们，请遵照执行。",
    "根据《国务院办公厅关于保障性安居工程建设和管理的指导意见》（国办发〔2011〕45号），制定本办法。",
)


def read(html: str, url: str = URL) -> Page:
    return read_page(html.encode(), url)


def notice(head: str = "", body: str | None = None, after: str = "", title: str = TITLE) -> str:
    text = body if body is not None else "".join(f"<p>　　{line}</p>" for line in PARAGRAPHS)
    body = f"<body>{head}<div id='zoom'>{text}</div>{after}</body>"
    return f"<html><head><title>{title}_某市人民政府</title></head>{body}</html>"


TABLE_CELLS = """<table><tr><td><b>索 引 号：</b></td><td>000014349/2011-00110</td>
<td><b>主题分类：</b></td><td>城乡建设、环境保护\\城市规划</td></tr>
<tr><td>发文机关：</td><td>某市人民政府</td><td>成文日期：</td><td>二〇一一年五月十六日</td></tr>
<tr><td>标　　题：</td><td colspan=3>{title}</td></tr>
<tr><td>发文字号：</td><td>某府〔2011〕12号</td><td>发布日期：</td><td>2011年5月18日</td></tr>
<tr><td>主&nbsp;题&nbsp;词：</td><td></td><td>有效性</td><td>有效</td></tr></table>"""
TABLE_WITHOUT_COLONS = """<table><tbody><tr><td>索引号</td><td>000014349/2011-00110</td><td>主题分类</td>
<td>城乡建设、环境保护\\城市规划</td></tr><tr><td>发布机构</td><td>某市人民政府</td><td>成文日期</td><td>2011-05-16</td></tr>
<tr><td>名称</td><td>{title}</td><td>文号</td><td>某府〔2011〕12号</td></tr><tr><td>发布日期</td><td>2011/5/18</td>
<td>有效性</td><td>有效</td></tr></table>"""
LIST_OF_PAIRS = """<ul><li><b>信息索引号：</b>000014349/2011-00110</li>
<li><b>主题分类：</b>城乡建设、环境保护\\城市规划</li>
<li><span>公开主体：</span><span>某市人民政府</span></li><li>生成日期：２０１１年５月１６日</li><li>信息名称：{title}</li>
<li>文　　号：某府〔2011〕12号</li><li>公开日期：20110518</li><li>时效性：有效</li></ul>"""
DEFINITIONS = """<dl><dd><label><font>索 引 号：</font></label><div>000014349/2011-00110</div></dd>
<dd><label>组配分类：</label><div>城乡建设、环境保护\\城市规划</div></dd>
<dd><label>发布机构：</label><div>某市人民政府</div></dd>
<dd><label>发文日期：</label><div>2011-05-16</div></dd><dd><label>标题：</label><div>{title}</div></dd>
<dd><label>文号：</label><div>某府〔2011〕12号</div></dd><dd><label>公开日期：</label><div>2011-05-18</div></dd>
<dd><label>关键词：</label><div></div></dd><dd><label>效力状态：</label><div>有效</div></dd></dl>"""
TERMS = """<dl><dt>索引号</dt><dd>000014349/2011-00110</dd>
<dt>主题分类</dt><dd>城乡建设、环境保护\\城市规划</dd><dt>发文机关</dt>
<dd>某市人民政府</dd><dt>成文日期</dt><dd>2011-05-16</dd><dt>标题</dt><dd>{title}</dd><dt>发文字号</dt><dd>某府〔2011〕12号</dd>
<dt>发布日期</dt><dd>2011-05-18</dd><dt>有效性</dt><dd>有效</dd></dl>"""


@pytest.mark.parametrize("table", [TABLE_CELLS, TABLE_WITHOUT_COLONS, LIST_OF_PAIRS, DEFINITIONS, TERMS])
def test_catalogue_table_in_its_shapes(table: str) -> None:
    page = read(notice(table.format(title=TITLE), title="某市公租房通知"))
    assert page.title == TITLE
    assert page.fields == {
        "index_number": "000014349/2011-00110",
        "subject_category": ["城乡建设、环境保护\\城市规划"],
        "issuing_agency": ["某市人民政府"],
        "written_date": date(2011, 5, 16),
        "document_number": "某府〔2011〕12号",
        "published_date": date(2011, 5, 18),
        "validity": "有效",
    }
    assert page.body == "\n".join(PARAGRAPHS)


def test_table_within_the_container_is_no_body() -> None:
    body = TABLE_CELLS.format(title=TITLE) + "".join(f"<p>{line}</p>" for line in PARAGRAPHS)
    page = read(notice(body=body))
    assert page.fields["document_number"] == "某府〔2011〕12号"
    assert page.body == "\n".join(PARAGRAPHS)


def test_labels_in_running_text_are_no_fields() -> None:
    body = "".join(f"<p>{line}</p>" for line in PARAGRAPHS)
    body += "<p>文号：国发〔1998〕23号</p><p>申请人提交材料，发布日期：2009年1月1日，来源：申请人</p>"
    page = read(notice(body=body), "http://www.example.gov.cn/a.html")
    assert page.fields == {}


def test_cited_document_number_is_not_the_notices_own() -> None:
    assert "document_number" not in read(notice()).fields


def test_padded_label_of_another_thing_is_no_date() -> None:
    page = read(
        notice("<p>截 止 日 期：2012年1月1日</p><p>报名截止日期：2012-02-02</p>"), "http://www.example.gov.cn/a.html"
    )
    assert "published_date" not in page.fields


def test_line_of_source_and_date_with_the_source_written_by_a_script() -> None:
    head = """<table><tr><td class="titlebig">{title}</td></tr></table><table><tr><td>来源：
    <script>var s = ""; if (s == "") document.write("某市规划委员会"); else document.write(s);</script>　　日期：
    2014-04-29</td><td>【字号 <a href="#">大</a> <a href="#">中</a> <a href="#">小</a>】</td></tr></table>"""
    page = read(notice(head.format(title=TITLE), title="某市规划委员会"))
    assert page.title == TITLE
    assert page.fields == {"issuing_agency": ["某市规划委员会"], "published_date": date(2014, 4, 29)}


def test_scripts_are_kept_and_never_markup() -> None:
    page = read(
        "<script>createPageHTML(12, 0, 'index', 'html')</script>来源：<script>document.write('<b>x</b>')</script>"
    )
    assert "createPageHTML(12, 0" in page.scripts
    assert "x" not in page.body


def test_meta_tags_of_the_page_label_rule() -> None:
    meta = f"""<meta name="ArticleTitle" content="{TITLE}"><meta name="PubDate" content="2011-05-18 08:59">
    <meta name="ContentSource" content="某市府办"><meta name="Keywords" content="住房;租赁">
    <meta name="Description" content="公租房的申请条件。">"""
    page = read(notice(meta))
    assert page.title == TITLE
    assert page.fields == {
        "published_date": date(2011, 5, 18),
        "issuing_agency": ["某市府办"],
        "keywords": ["住房", "租赁"],
        "summary": "公租房的申请条件。",
    }


def test_keywords_of_the_whole_site_are_not_the_notices() -> None:
    searches = "<div>关键词：<a href='/s?q=1'>环保</a> <a href='/s?q=2'>水</a></div>"
    page = read(notice(f"<meta name='keywords' content='规划,国土'>{searches}"))
    assert "keywords" not in page.fields


@pytest.mark.parametrize(
    ("title", "head", "expected"),
    [
        (f"{TITLE}_通知公告_某市人民政府", "", TITLE),
        (f"{TITLE} - 政务公开 - 某市住房局", "", TITLE),
        (f"{TITLE}-某市政府法制信息网（某市法制办公室）", "", TITLE),
        ("某市人民政府关于印发某市公共租赁住…", f"<h1>{TITLE}</h1>", TITLE),
        ("某市人民政府网站", f"<h1>某市人民政府</h1><div class='xl_title'>{TITLE}</div>", TITLE),
        ("", f"<p align=center><b>{TITLE}</b></p>", TITLE),
        ("某市信息网", f"<div class='tit'>■ {TITLE}</div>", TITLE),
    ],
)
def test_title(title: str, head: str, expected: str) -> None:
    body = "".join(f"<p>{line}</p>" for line in PARAGRAPHS)
    page = read(f"<html><head><title>{title}</title></head><body>{head}<div id=Zoom>{body}</div></body></html>")
    assert page.title == expected


def test_title_from_the_head_of_the_text() -> None:
    lines = (
        "某市人民政府文件",
        "某府〔2011〕12号",
        "某市人民政府关于印发某市公共租赁",
        "住房管理暂行办法的通知",
        *PARAGRAPHS,
    )
    body = "".join(f"<p>{line}</p>" for line in lines)
    page = read(f"<html><head><title>00001</title></head><body>{body}</body></html>")
    assert page.title == TITLE


def test_body_is_clean_paragraphs() -> None:
    page = read(
        notice(
            body="""　　第一条　　为了规范管理，<span>制定</span>
            <span>本办法。</span><br><br/>第二条&nbsp;&nbsp;本办法适用于本市。<style>p{}</style><!-- 注 -->
            <div style="display: none">看不见</div><p>第三条<b>　附则</b></p>【打印本页】<p>【关闭窗口】</p>""",
        )
    )
    assert (
        page.body
        == "第一条 为了规范管理，制定本办法。\n第二条 本办法适用于本市。\n第三条 附则\n【打印本页】".removesuffix(
            "\n【打印本页】"
        )
    )


def test_tables_row_by_row() -> None:
    table = """<p>安置任务如下，请认真执行，并于年底前报告完成情况，逾期不报的，予以通报批评。</p>
    <table><tr><th>序号</th><th><p>安置</p><p>单位</p></th><th></th><th>备注</th></tr>
    <tr><td>1</td><td>粮食储备库</td><td>3</td><td>第一类人员<br>另行通知本人</td></tr></table>
    <table><tr><td>外层<table><tr><td>甲</td><td>乙</td></tr></table></td></tr></table>"""
    lines = read(notice(body=table)).body.split("\n")
    assert lines[1:] == ["序号\t安置单位\t\t备注", "1\t粮食储备库\t3\t第一类人员 另行通知本人", "外层", "甲\t乙"]


def test_unknown_container() -> None:
    menu = "".join(f"<li><a href='/c{n}/'>栏目名称{n}</a></li>" for n in range(30))
    body = "".join(f"<p>{line * 2}</p>" for line in PARAGRAPHS)
    html = f"""<html><head><title>{TITLE}</title></head><body><div class=menu><ul>{menu}</ul></div>
    <div class=abc><div class=xyz><h2>{TITLE}</h2>{body}</div></div>
    <div class=foot>主办单位：某市人民政府办公室，地址：某市某路1号，邮编：518000</div></body></html>"""
    page = read(html)
    assert page.body.split("\n")[-3:] == [line * 2 for line in PARAGRAPHS]
    assert "栏目名称" not in page.body
    assert "主办单位" not in page.body
    assert page.looks_like_notice


def test_old_page_of_nested_tables() -> None:
    menu = "<td>|</td>".join(f"<td><a href='list.asp?id={n}'>栏目{n}</a></td>" for n in range(8))
    body = "<br>".join(f"　　{line}" for line in PARAGRAPHS)
    html = f"""<title>某市教育网</title><body><table><tr><td><table><tr>{menu}</tr></table></td></tr><tr><td>
    您现在的位置：<a href=/>首页</a> >> 文件通知 >> 正文</td></tr><tr><td align=center><b>{TITLE}</b></td></tr>
    <tr><td align=center>发布时间：2008-7-2　来源：某市教育局</td></tr><tr><td>{body}</td></tr>
    <tr><td>[<a href="javascript:window.print()">打印本页</a>] [关闭窗口]</td></tr>
    <tr><td>版权所有：某市教育局　地址：某路8号　建议使用IE6.0以上浏览器</td></tr></table></body>"""
    page = read_page(html.encode("gbk"), "http://www.example.gov.cn/show.asp?id=3")
    assert (page.title, page.body, page.extracted_by) == (TITLE, "\n".join(PARAGRAPHS), "density")
    assert page.fields == {"published_date": date(2008, 7, 2), "issuing_agency": ["某市教育局"]}
    assert page.looks_like_notice


def test_short_list_and_missing_page_are_no_notices() -> None:
    rows = "".join(f"<tr><td><a href='show.asp?id={n}'>关于第{n}项工作的通知，请查阅</a></td></tr>" for n in range(4))
    footer = "<div>版权所有：某市教育局　地址：某路8号</div>"
    assert not read(f"<title>文件通知</title><body><table>{rows}</table>{footer}</body>").looks_like_notice
    missing = (
        "<p>您访问的页面不存在，可能已经被移动，请返回首页，或者使用搜索，查找您需要的内容，谢谢您的访问，再见。</p>"
        * 2
    )
    assert not read(f"<title>某市教育网</title><body>{missing}{footer}</body>").looks_like_notice


def test_footer_named_content_is_not_the_body() -> None:
    body = "".join(f"<p>{line * 3}</p>" for line in PARAGRAPHS)
    html = f"""<body><div class=abc>{body}</div><div class=content>版权保护，隐私声明，网站导航，联系我们，网站帮助，
    地址为某市某区某路某号某大厦某层，电话待定。</div></body>"""
    assert read(html).body.split("\n")[0] == PARAGRAPHS[0] * 3


def test_attachments_in_the_body_and_outside() -> None:
    after = """<div id="subFile"><a href="./P0201105.xls" target=_blank>贷款利率表.xls</a></div>
    <a href="/down.jsp?id=3&name=申请表.docx">点击下载</a><a href="/download?id=9">附件2：办事指南.pdf</a>
    <a href="file:///C:/x" OLDSRC="W020110516.doc">附件3</a><a href="javascript:down('a.doc')">a.doc</a>
    <a href="data:application/pdf;base64,AAAA">b.pdf</a><a href="P0201105.xls#top">又一次</a>
    <iframe src="/pdf/viewer.pdf"></iframe><div class=footer><a href="/guide.pdf">网站指南</a></div>"""
    attachments = read(notice(after=after)).attachments
    assert [(one.url.removeprefix("http://www.example.gov.cn"), one.name, one.format) for one in attachments] == [
        ("/zwgk/tzgg/201105/P0201105.xls", "贷款利率表.xls", "xls"),
        ("/down.jsp?id=3&name=申请表.docx", "申请表.docx", "docx"),
        ("/download?id=9", "附件2：办事指南.pdf", "pdf"),
        ("/zwgk/tzgg/201105/W020110516.doc", "附件3", "doc"),
        ("/pdf/viewer.pdf", "viewer.pdf", "pdf"),
    ]


def test_attachment_named_by_a_number_takes_the_line_before() -> None:
    after = "<p>附件5：办理地址</p><p><a href='/d/2015531233317198.xls'><img src=x.gif></a></p>"
    assert [one.name for one in read(notice(after=after)).attachments] == ["附件5：办理地址"]


def test_pictures_are_attachments_only_where_there_is_no_text() -> None:
    assert read(notice(body=f"<p>{PARAGRAPHS[1] * 2}</p><img src=a.jpg>")).attachments == []
    page = read(f"<html><title>{TITLE}</title><body><div class=TRS_Editor><img src=a.jpg><img src=b.png></div></body>")
    assert page.body == ""


def test_links_of_a_list_share_their_path_and_have_their_dates() -> None:
    rows = "".join(
        f"<li class='{'odd' if n % 2 else 'even'}'><a href='./2011{n:02}/t{n}.html' title='标题{n}全文'>标题{n}…</a>"
        f"<span>2011-05-{n:02}</span></li>"
        for n in range(1, 10)
    )
    page = read(
        f"<base href='/zwgk/'><body><div class=menu><a href='/x/'>首页</a></div><ul class=list>{rows}</ul></body>"
    )
    links = page.links[1:]
    assert page.base_url == "http://www.example.gov.cn/zwgk/"
    assert len({link.path for link in links}) == 1
    assert page.links[0].path != links[0].path
    assert [link.date for link in links] == [date(2011, 5, n) for n in range(1, 10)]
    assert (links[0].url, links[0].text, links[0].title_attribute) == (
        "http://www.example.gov.cn/zwgk/201101/t1.html",
        "标题1…",
        "标题1全文",
    )
    assert not page.looks_like_notice


def test_dates_in_neighbouring_cells_and_definitions() -> None:
    rows = (
        "<tr><td><a href=a.html>甲</a></td><td>2011-05-16</td></tr><tr><td><a href=b.html>乙</a></td><td>无</td></tr>"
    )
    page = read(f"<table>{rows}</table>")
    assert [link.date for link in page.links] == [date(2011, 5, 16), None]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, date(2011, 5, 16)),
        ("http://www.example.gov.cn/art/2011/5/16/art_1_2.html", date(2011, 5, 16)),
        ("http://www.example.gov.cn/zhengce/content/2018-12/29/content_5353307.htm", date(2018, 12, 29)),
        ("http://www.example.gov.cn/t20119999_1.html", None),
        ("http://www.example.gov.cn/show.asp?id=20110516", None),
    ],
)
def test_published_date_from_the_address_where_the_page_says_nothing(url: str, expected: date | None) -> None:
    assert read(notice(), url).fields.get("published_date") == expected


@pytest.mark.parametrize(
    "html",
    [
        "",
        "   ",
        "<",
        "<html",
        "没有标记的一段文字，也是一页。",
        "<div>" * 30_000 + "深" + "</div>" * 30_000,
        "<table><tr><td>" * 3_000 + "深",
        "<a href='http://[::1'>x</a><a href='//'>y</a><base href='http://[bad'>",
        "<p>" + "&#0;&#xD800;&#x110000;\x00\x01" + "</p>",
        "<!-- 没有结束的注释 <p>正文</p>",
        "<script>没有结束的脚本",
        "<a href='x.pdf'>" * 5_000,
        "<meta name=a content=b>" * 5_000,
        "<font><b><p>" * 2_000 + "正文",
    ],
)
def test_hostile_markup_never_raises(html: str) -> None:
    page = read(html)
    assert "\x00" not in page.body
    assert len(page.attachments) <= 200


def test_a_page_too_large_is_named() -> None:
    with pytest.raises(ExtractionError, match="12,000,001 bytes are more than the 12,000,000"):
        read_page(b" " * (MAX_PAGE_BYTES + 1), URL)
