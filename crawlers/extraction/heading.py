"""The heading of a document's text: the title of a file, and of a page that marks none."""

from __future__ import annotations

import re

from analyzers.document_number import parse_document_number

KIND = re.compile(
    r"(?:通知|公告|通告|办法|规定|意见|决定|条例|细则|方案|规划|批复|函|公报|公示|报告|纲要|标准|指南|指引|规则|解释|令|法|通报|纪要|要点|"
    r"目录|制度|规范|章程|须知|说明|名单|预案|议案|决议|大纲|计划|办事流程|[^代图]表)"
    r"(?:[（(〔\[].{1,30})?[》”]?$"
)
"""How the title of an official document ends."""
_SKIPPED = re.compile(
    r"[A-Za-z0-9—–\-_. ]+|[━─—_\-=*\s]+|附\s*件?\s*[\d一二三四五六七八九十]*\s*[:：]?|#.*|.{2,30}文件|[（(].{1,40}[）)]"
    r"|目\s*录|第?\s*\d+\s*[页号]?|.{0,20}发布[:：].*|.*(?:首页|当前位置|网站导航|高级搜索|输入关键|浏览字体|https?:|www\.).*|搜索"
    r"|[\d〇○零一二三四五六七八九十O]+年[\d一二三四五六七八九十]+月[\d一二三四五六七八九十]+日"
    r"|(?=.{4,40}$)(?!.*关于).*(?:政府|委员会|部|局|厅|院|会)\s*(?:第.{1,6}号)?\s*(?:令|公告)(?:\s*第.{1,6}号)?"
)
_IMPRINT = re.compile(
    r"ICP备|公网安备|版权所有|主办单位|承办单位|网站标识码|技术支持|建议使用.{0,20}浏览器|地址[:：].*(?:热线|电话|邮编|邮政编码)"
)
_MAX_IMPRINT = 120
_HEAD_LINES = 8
_NUMBER_CHARACTERS = 40
_LABEL = re.compile(r"^(?:【标\s*题】|标\s*题\s*[:：]|文件名称\s*[:：])\s*")
_ADDITION = re.compile(r"[（(](?:试行|暂行|草案|修订|征求意见稿|.{1,10}稿)[）)](?:.{2,8})?")
_NO_HEADING = re.compile(r"[。；;：:，,]$|\t")
_LINES = 15
_PARTS = 5
_STARTS = 7
_MAX_CHARACTERS = 120
_MAX_LINE = 70


def official_heading(text: str) -> str | None:
    """The first lines that together read as the title of an official document; None without one."""
    lines = _head(text)
    tried = 0
    for start, line in enumerate(lines):
        if _skipped(line) or _NO_HEADING.search(line) or len(line) > _MAX_LINE:
            continue
        tried += 1
        if tried > _STARTS:
            break
        joined = ""
        for joined_lines, part in enumerate(lines[start : start + _PARTS], 1):
            if _NO_HEADING.search(part) or len(joined) + len(part) > _MAX_CHARACTERS or (joined and _skipped(part)):
                break
            joined += part
            if KIND.search(joined) and joined.count("《") <= joined.count("》"):
                after = lines[start + joined_lines : start + joined_lines + 1]
                return joined + (after[0] if after and _ADDITION.fullmatch(after[0]) else "")
    return None


def first_line(text: str) -> str | None:
    """The first short line that is no number, date or letterhead."""
    for line in _head(text):
        if 4 <= len(line) <= _MAX_LINE and not _skipped(line) and not _NO_HEADING.search(line):
            return line
    return None


def _head(text: str) -> list[str]:
    lines = [_LABEL.sub("", line.strip()) for line in text[:4_000].split("\n")]
    return [line for line in lines if line][:_LINES]


def is_imprint(line: str) -> bool:
    """Whether a short line is a site's own: who runs it, where, under which licence."""
    return len(line) <= _MAX_IMPRINT and bool(_IMPRINT.search(line))


def _skipped(line: str) -> bool:
    return is_imprint(line) or bool(_SKIPPED.fullmatch(line)) or parse_document_number(line) is not None


def number_at_head(body: str) -> str | None:
    """The document's own number where it stands alone on one of the first lines; others are cited."""
    for line in body.split("\n", _HEAD_LINES)[:_HEAD_LINES]:
        if len(line) <= _NUMBER_CHARACTERS and parse_document_number(line):
            return " ".join(line.split())
    return None
