"""The notice: any item that a government discloses, its fields and its attachments."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from analyzers.dates import parse_date

FieldKind = Literal["text", "list", "date"]


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """One row of the field table: what a field is called, by us and on pages."""

    name: str
    kind: FieldKind
    label: str
    """What a reader sees."""
    variants: tuple[str, ...]
    """What sites write before the value, white space and colon removed."""
    description: str


FIELDS: tuple[Field, ...] = (
    Field(
        "index_number",
        "text",
        "索引号",
        ("索引号", "信息索引号"),
        "Permanent number in the disclosure catalogue, as given.",
    ),
    Field("title", "text", "标题", ("标题", "名称", "信息名称", "公文名称", "文件名称"), "The whole title."),
    Field(
        "document_number",
        "text",
        "发文字号",
        ("发文字号", "文号", "文件编号", "发文文号", "文件字号"),
        "Agency code, year and sequence, such as 国发〔2011〕12号.",
    ),
    Field(
        "issuing_agency",
        "list",
        "发文机关",
        ("发文机关", "发布机构", "发布机关", "公开主体", "制发机关", "信息来源", "发文单位", "发布单位", "来源"),
        "The agencies that issued it.",
    ),
    Field(
        "written_date",
        "date",
        "成文日期",
        ("成文日期", "生成日期", "发文日期", "印发日期"),
        "The day the document was made.",
    ),
    Field(
        "published_date",
        "date",
        "发布日期",
        ("发布日期", "公开日期", "发布时间", "公布日期", "日期", "时间"),
        "The day it was made public.",
    ),
    Field("effective_date", "date", "施行日期", ("施行日期", "生效日期", "实施日期"), "The day it takes effect."),
    Field("expiry_date", "date", "失效日期", ("有效期至", "失效日期", "废止日期"), "The day it stops being in force."),
    Field(
        "subject_category",
        "list",
        "主题分类",
        ("主题分类", "主题导航", "组配分类"),
        "Subject classes, each as a path with \\ between the levels.",
    ),
    Field(
        "genre",
        "text",
        "体裁",
        ("体裁分类", "体裁", "文种", "公文种类", "信息类别"),
        "The kind of document: 通知, 公告, 办法 …",
    ),
    Field("disclosure_category", "list", "公开类别", ("公开类别",), "The category of disclosure that it falls under."),
    Field("service_audience", "list", "服务对象", ("服务对象分类", "服务对象"), "Whom it serves."),
    Field(
        "validity",
        "text",
        "有效性",
        ("有效性", "公文时效", "时效性", "效力状态", "是否有效"),
        "有效, 失效, 废止, 已修改 or 尚未生效.",
    ),
    Field("keywords", "list", "关键词", ("关键词", "主题词"), "Keywords that the site gives."),
    Field("summary", "text", "内容概述", ("内容概述", "内容简介", "摘要", "信息概述"), "The site's summary."),
    Field(
        "disclosure_manner",
        "text",
        "公开方式",
        ("公开方式", "公开属性", "公开形式"),
        "主动公开, 依申请公开 or 不予公开.",
    ),
)
FIELD_BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
_DATES = tuple(field.name for field in FIELDS if field.kind == "date")

_RECORD_KEYS = ("id", "url", "source", *FIELD_BY_NAME, "body", "attachments", "format", "text_quality", "extracted_by")
_ATTACHMENT_KEYS = ("url", "name", "format", "body", "text_quality", "extracted_by", "error")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_MAX_FORMAT = 20
_ID = re.compile(r"[^\s/?#%\\\x00-\x1f\x7f]{1,200}")


class RecordError(ValueError):
    """A record that is not a notice; the message names the key and what is wrong with it."""


@dataclasses.dataclass(slots=True)
class Attachment:
    """A file that belongs to a notice; its text is searched as a hit of its own."""

    url: str
    name: str
    format: str | None = None
    """Lower-case type by content, such as ``pdf``; by name until the file is read."""
    body: str = ""
    text_quality: float | None = None
    extracted_by: str | None = None
    error: str | None = None
    """Why there is no text, in one line."""

    def id(self, notice_id: str) -> str:
        return "a" + _digest(notice_id, self.url)


@dataclasses.dataclass(slots=True)
class Notice:
    id: str
    url: str
    source: str
    title: str
    body: str = ""
    """Paragraphs with a line break between them, tables with a tab between cells."""
    index_number: str | None = None
    document_number: str | None = None
    issuing_agency: list[str] = dataclasses.field(default_factory=list)
    written_date: date | None = None
    published_date: date | None = None
    effective_date: date | None = None
    expiry_date: date | None = None
    subject_category: list[str] = dataclasses.field(default_factory=list)
    genre: str | None = None
    disclosure_category: list[str] = dataclasses.field(default_factory=list)
    service_audience: list[str] = dataclasses.field(default_factory=list)
    validity: str | None = None
    keywords: list[str] = dataclasses.field(default_factory=list)
    summary: str | None = None
    disclosure_manner: str | None = None
    format: str = "html"
    text_quality: float | None = None
    extracted_by: str | None = None
    attachments: list[Attachment] = dataclasses.field(default_factory=list)

    @property
    def date(self) -> date | None:
        """The written date, else the published one: what years, ranges and sorting use."""
        return self.written_date or self.published_date

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, source: str | None = None) -> Notice:
        """Reads a JSON object with the field names; the inverse of ``to_record``.

        Missing, ``null`` and empty mean unknown; a string stands where a list of one is meant.
        ``source`` wins over the record's own. Raises RecordError naming the first key that is wrong.
        """
        _known_keys(record, _RECORD_KEYS, "record")
        values: dict[str, Any] = {}
        for name, field in FIELD_BY_NAME.items():
            values[name] = _field_value(field, record.get(name))
        for name in ("body", "url", "source", "format", "extracted_by", "id"):
            values[name] = _text(name, record.get(name), keep_lines=name == "body")
        values["source"] = source or values["source"]
        for name in ("title", "source"):
            if not values[name]:
                raise RecordError(f"{name}: is required")
        values["body"] = values["body"] or ""
        values["format"] = _short("format", values["format"]) or "html"
        values["text_quality"] = _quality(record.get("text_quality"))
        if not values["id"]:
            if not values["url"]:
                raise RecordError("id: is required where there is no url")
            values["id"] = notice_id(values["source"], values["url"])
        if not _ID.fullmatch(values["id"]):
            raise RecordError(
                f"id: {values['id'][:80]!r} may hold up to 200 characters, and no white space, / ? # % or backslash"
            )
        values["url"] = values["url"] or ""
        attachments = record.get("attachments") or []
        if not isinstance(attachments, list):
            raise RecordError("attachments: must be a list of objects")
        values["attachments"] = [_attachment(one) for one in attachments]
        return cls(**values)

    @classmethod
    def from_stored(cls, record: Mapping[str, Any]) -> Notice:
        """What ``to_record`` gave, read back without checking it again."""
        values = dict(record)
        for field in _DATES:
            if values.get(field) is not None:
                values[field] = date.fromisoformat(values[field])
        values["attachments"] = [Attachment(**file) for file in values.get("attachments", ())]
        return cls(**values)

    def to_record(self) -> dict[str, Any]:
        """A JSON object: dates in ISO 8601, unknown as null or an empty list."""
        record = dataclasses.asdict(self)
        for field in FIELDS:
            if field.kind == "date":
                value = record[field.name]
                record[field.name] = value.isoformat() if value else None
        return record


def notice_id(source: str, url: str) -> str:
    """The permanent id of a notice that brings none."""
    return "n" + _digest(source, url)


def clean_text(text: str, *, keep_lines: bool = False) -> str:
    """Drops characters that no store takes (controls, lone surrogates); one line unless asked."""
    text = _UNPRINTABLE.sub("", text)
    if keep_lines:
        return text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return " ".join(text.split())


def clean_field(name: str, text: str) -> Any:
    """The value of the field from a page's text; None or [] where the text says nothing.

    Agencies and keywords are split at the separators that sites use.
    """
    field = FIELD_BY_NAME[name]
    text = clean_text(text).strip(" :：")
    if field.kind == "date":
        return parse_date(text)
    if field.kind == "list":
        return _split_list(name, text)
    return text or None


_LIST_SEPARATORS = {
    "issuing_agency": re.compile(r"[;；,，、|]|\s+(?=\S{3,})"),
    "keywords": re.compile(r"[;；,，、|\s]+"),
    "subject_category": re.compile(r"[;；|]"),
    "disclosure_category": re.compile(r"[;；|]"),
    "service_audience": re.compile(r"[;；,，、|\s]+"),
}


def _split_list(name: str, text: str) -> list[str]:
    parts = (part.strip() for part in _LIST_SEPARATORS[name].split(text))
    return list(dict.fromkeys(part for part in parts if part))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _known_keys(record: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    if not isinstance(record, Mapping):
        raise RecordError(f"{what}: must be a JSON object")
    for key in record:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise RecordError(f"{key}: is no field of {'an' if what == 'attachment' else 'a'} {what}{hint}")


def _text(name: str, value: Any, *, keep_lines: bool = False) -> str | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and name == "id":
        value = str(value)
    if not isinstance(value, str):
        raise RecordError(f"{name}: must be a string, not {type(value).__name__}")
    return clean_text(value, keep_lines=keep_lines) or None


def _short(name: str, value: str | None) -> str | None:
    if value is not None and len(value) > _MAX_FORMAT:
        raise RecordError(f"{name}: {value[:40]!r} is longer than {_MAX_FORMAT} characters")
    return value


def _field_value(field: Field, value: Any) -> Any:
    if field.kind == "list":
        if value is None:
            return []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            raise RecordError(f"{field.name}: must be a list of strings")
        texts = (_text(field.name, one) for one in value)
        return list(dict.fromkeys(text for text in texts if text))
    text = _text(field.name, value)
    if field.kind == "date" and text is not None:
        found = parse_date(text)
        if found is None:
            raise RecordError(f"{field.name}: {text[:40]!r} is no date")
        return found
    return text


def _quality(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise RecordError("text_quality: must be a number from 0 to 1")
    return float(value)


def _attachment(record: Any) -> Attachment:
    try:
        _known_keys(record, _ATTACHMENT_KEYS, "attachment")
        url = _text("url", record.get("url"))
        if not url:
            raise RecordError("url: is required")
        return Attachment(
            url=url,
            name=_text("name", record.get("name")) or url.rsplit("/", 1)[-1],
            format=_short("format", _text("format", record.get("format"))),
            body=_text("body", record.get("body"), keep_lines=True) or "",
            text_quality=_quality(record.get("text_quality")),
            extracted_by=_text("extracted_by", record.get("extracted_by")),
            error=_text("error", record.get("error")),
        )
    except RecordError as error:
        raise RecordError(f"attachments: {error}") from None
