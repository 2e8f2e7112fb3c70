"""The files that a page attaches."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from bs4 import BeautifulSoup
from bs4.element import Tag

from analyzers.notice import Attachment, clean_text
from crawlers.extraction.html.links import absolute
from crawlers.extraction.html.tree import attribute, names_of, text_of

_DOCUMENTS = "pdf doc docx dot dotx xls xlsx xlsm csv ppt pptx wps et dps ofd rtf odt ods odp txt ceb zip rar 7z"
_IMAGES = "jpg jpeg png gif bmp tif tiff webp"
DOCUMENT_SUFFIXES = frozenset(_DOCUMENTS.split())
IMAGE_SUFFIXES = frozenset(_IMAGES.split())
MAX_ATTACHMENTS = 200
_SUFFIX = re.compile(r"\.([A-Za-z0-9]{1,5})(?:[\s）)】\]》”\"'（(].{0,20})?$")
_FRAME = re.compile(r"(?:^|[-_])(?:foot|footer|copyright|nav|menu|sidebar|header|banner|related|recommend|hot|rank)")
_GENERIC = re.compile(
    r"(?:[(（]?(?:点击|立即|请)?(?:下载|查看|打开|附件|文件|预览|here|download)(?:下载|附件|文件|此处)?[)）：:.。！!]*)?",
    re.IGNORECASE,
)
_NUMBER_NAME = re.compile(r"[A-Za-z]?[\d_-]{6,}(?:\.\w{2,5})?")
_ATTACHMENT_LABEL = re.compile(r"(附件|附表|附图|附\s*[：:\d])")
_DOWNLOAD = re.compile(r"down|file|attach|fujian|upload", re.IGNORECASE)


def find_attachments(soup: BeautifulSoup, base: str, body: Tag | None) -> list[Attachment]:
    """Files linked or framed anywhere but in the page's menus and footer, each once, in document order.

    The format is by name until the file itself is read.
    """
    found: dict[str, Attachment] = {}
    inside = {id(tag) for tag in body.find_all(True)} if body is not None else set()
    for tag in soup.find_all(("a", "iframe", "embed", "object", "frame")):
        if len(found) >= MAX_ATTACHMENTS:
            break
        url = _address(tag, base)
        if url is None or url in found:
            continue
        text = text_of(tag)
        suffix = _suffix(url, text, attribute(tag, "title"))
        if suffix is None or (suffix in IMAGE_SUFFIXES and (tag.name != "a" or not text or id(tag) not in inside)):
            continue
        if id(tag) not in inside and _in_frame(tag):
            continue
        name = _name(url, text, attribute(tag, "title"))
        if _NUMBER_NAME.fullmatch(name):
            name = _label_before(tag) or name
        found[url] = Attachment(url=url, name=name, format=_format(suffix))
    return list(found.values())


def images_of(body: Tag, base: str) -> list[Attachment]:
    """The pictures of a body that has no text: the notice itself, scanned."""
    found: dict[str, Attachment] = {}
    for tag in body.find_all("img"):
        url = absolute(base, attribute(tag, "src"))
        suffix = _suffix_of_path(urlsplit(url).path) if url else None
        if url and suffix in IMAGE_SUFFIXES and suffix != "gif" and len(found) < MAX_ATTACHMENTS:
            found[url] = Attachment(url=url, name=_name(url, attribute(tag, "alt"), ""), format=_format(suffix))
    return list(found.values())


def file_name_of(url: str) -> str:
    """The file name that an address carries, in its path or in a parameter; empty without one."""
    try:
        parts = urlsplit(url)
        parameters = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return ""
    for _, value in parameters:
        if _suffix_of_path(value) in DOCUMENT_SUFFIXES | IMAGE_SUFFIXES:
            return clean_text(value.replace("\\", "/").rsplit("/", 1)[-1])
    return clean_text(unquote(parts.path.rsplit("/", 1)[-1]))


def _address(tag: Tag, base: str) -> str | None:
    href = attribute(tag, {"a": "href", "object": "data"}.get(tag.name, "src"))
    url = absolute(base, href)
    original = attribute(tag, "oldsrc")
    if original and (url is None or _suffix_of_path(urlsplit(url).path) is None):
        return absolute(base, original) or url
    return url


def _suffix(url: str, text: str, title: str) -> str | None:
    known = DOCUMENT_SUFFIXES | IMAGE_SUFFIXES
    try:
        parts = urlsplit(url)
        values = [parts.path, *(value for _, value in parse_qsl(parts.query, max_num_fields=50))]
    except ValueError:
        return None
    for value in values:
        suffix = _suffix_of_path(value)
        if suffix in known:
            return suffix
    for label in (text, title):
        match = _SUFFIX.search(label.strip())
        # A name as link text tells a file where the address is a script's.
        if match and match[1].lower() in known and (_DOWNLOAD.search(url) or parts.query):
            return match[1].lower()
    return None


def _suffix_of_path(path: str) -> str | None:
    name = unquote(path).rsplit("/", 1)[-1]
    if "." not in name:
        return None
    return name.rsplit(".", 1)[-1].strip().lower()


def _name(url: str, text: str, title: str) -> str:
    for label in (text, title):
        label = clean_text(label)
        if label and not _GENERIC.fullmatch(label):
            return label[:200]
    return (file_name_of(url) or clean_text(text) or url)[:200]


def _label_before(tag: Tag) -> str | None:
    """The line 附件5：… close before a link that names its file by a number."""
    for text in tag.find_all_previous(string=True, limit=8):
        line = clean_text(str(text))
        if _ATTACHMENT_LABEL.match(line) and 5 <= len(line) <= 80:
            return line
        if len(line) > 60:
            return None
    return None


def _format(suffix: str) -> str:
    return {"jpeg": "jpg", "tiff": "tif"}.get(suffix, suffix)


def _in_frame(tag: Tag) -> bool:
    return any(
        parent.name in ("footer", "nav", "header") or any(_FRAME.match(name) for name in names_of(parent))
        for parent in tag.parents
        if parent.name not in ("body", "html")
    )
