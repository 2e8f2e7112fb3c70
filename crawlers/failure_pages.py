"""Pages that say HTTP 200 and are none: errors, challenges, stubs."""

from __future__ import annotations

import re

MAX_ERROR_TEXT = 600
"""Characters; the longest of the error pages known has 300, the shortest notices that speak of errors have more."""
MAX_STUB_TEXT = 100

CHALLENGE_STATUSES = (412, 521)

_ERROR = re.compile(
    r"(?:页面|网页|文件|信息|文章|内容|栏目|资源|记录)\s*(?:已经?|可能)?\s*(?:不存在|没有找到|未找到|找不到|已?被?删除|已过期|丢失)"
    r"|(?:找不到|没有找到|无法找到|未找到)(?:该|您|此|相关|指定|要|对应|网|页|文件|信息|资源|服务器)"
    r"|您?(?:要|所)?(?:访问|查找|查看|浏览|请求)的.{0,12}(?:不存在|删除|无法|丢失|错误|找不到|没有找到|未找到)"
    r"|404\s*[-:：|]?\s*(?:not\s*found|错误|页|找不到|error|file)|(?:HTTP|错误|error)\s*[-:：]?\s*(?:404|500|403|502|503)"
    r"|(?:403|500|502|503)\s*[-:：]?\s*(?:forbidden|internal|error|bad\s*gateway|service)"
    r"|(?:object|page|file|resource)\s+(?:was\s+)?not\s+found|the page cannot be (?:found|displayed)|bad gateway"
    r"|server error in|应用程序中的服务器错误|数据库连接(?:出错|失败|错误)|OLE DB Provider|ADODB\."
    r"|参数(?:错误|有误|不正确)"
    r"|(?:网站|系统|本站|页面|栏目)\s*(?:正在|暂时|已经?)\s*(?:维护|升级|关闭|建设|停用)|服务器(?:内部)?(?:错误|繁忙)|无权(?:访问|查看)|拒绝访问",
    re.IGNORECASE,
)
_ERROR_TITLE = re.compile(
    r"^\W*(?:404|403|500|502|503|出错了?|错误(?:提示|页面|信息)?|error|提示信息|系统提示|not found)\W*"
    r"|页面不存在|找不到(?:页面|网页|文件)|页面(?:没有|未)找到|(?:404|not found|错误|error)\W*$",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"__jsl_clearance|acw_sc__v2|\$_ts\b|_yd_|safeline|waf_?challenge|cf-?chl|人机(?:验证|识别)", re.IGNORECASE
)
_SETS_COOKIE = re.compile(r"document\s*\.\s*cookie\s*=", re.IGNORECASE)
_GOES_ON = re.compile(r"location\s*(?:\.\s*(?:href|reload|replace|assign))?\s*(?:=|\()|\.submit\s*\(", re.IGNORECASE)


def why_status(status: int) -> str | None:
    """The reason why an answer with this status is no page; None for success."""
    if status == 200 or status == 203:
        return None
    if status in CHALLENGE_STATUSES:
        return f"HTTP {status} (the site challenges the browser)"
    return f"HTTP {status}"


def why_no_page(title: str, text: str, scripts: str) -> str | None:
    """The reason why a page that was answered with success is none; ``text`` is all that a reader sees."""
    squeezed = " ".join(text.split())
    if len(squeezed) <= MAX_STUB_TEXT:
        if _CHALLENGE.search(scripts) or _CHALLENGE.search(squeezed):
            return "challenge page: the site wants a browser"
        if _SETS_COOKIE.search(scripts) and _GOES_ON.search(scripts):
            return "stub page: a script sets a cookie and loads again"
    if len(squeezed) <= MAX_ERROR_TEXT:
        found = _ERROR.search(squeezed)
        if found:
            return f"error page: {_around(squeezed, found)}"
        if _ERROR_TITLE.search(title.strip()):
            return f"error page: {title.strip()[:60]}"
    if not squeezed and not title.strip():
        if _GOES_ON.search(scripts):
            return "stub page: a script goes to another address"
        return "empty page"
    return None


def _around(text: str, found: re.Match[str]) -> str:
    start = max(0, found.start() - 20)
    return text[start : found.end() + 20].strip()
