"""The query string: one table of parameters, used for parsing, for OpenAPI and for the documentation."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, cast

from analyzers.notice import FIELD_BY_NAME, clean_text
from indexer.engine import FACETS, MAX_WINDOW, Sort
from search_api.search import MAX_QUERY_CHARACTERS, MAX_SIZE, SearchRequest, SearchRequestError

MAX_FILTER_VALUES = 50
"""Values of one filter in one request."""

FACET_LABELS: Mapping[str, str] = {
    "issuing_agency": FIELD_BY_NAME["issuing_agency"].label,
    "genre": FIELD_BY_NAME["genre"].label,
    "disclosure_category": FIELD_BY_NAME["disclosure_category"].label,
    "subject_category": FIELD_BY_NAME["subject_category"].label,
    "validity": FIELD_BY_NAME["validity"].label,
    "source": "信息来源",
    "format": "文件类型",
    "year": "年份",
}

Use = Literal["search", "export", "feed", "suggest"]
ExportForm = Literal["jsonl", "csv"]


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the table."""

    name: str
    label: str
    description: str
    schema: Mapping[str, Any]
    """JSON schema of one value; what it demands is what parsing demands."""
    example: Any
    uses: tuple[Use, ...]
    repeats: bool = False


_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
_DATE = {"type": "string", "format": "date"}

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "q",
        "检索词",
        "What to look for: words, “exact phrases” in quotes, document numbers. Empty finds everything.",
        {"type": "string", "maxLength": MAX_QUERY_CHARACTERS, "default": ""},
        "农机补贴",
        ("search", "export", "feed", "suggest"),
    ),
    Parameter(
        "page",
        "页码",
        f"Page of the result, from 1. page × size is at most {MAX_WINDOW:,}; a page past the end is empty.",
        {"type": "integer", "minimum": 1, "maximum": MAX_WINDOW, "default": 1},
        1,
        ("search",),
    ),
    Parameter(
        "size",
        "每页条数",
        "Hits on a page.",
        {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": 10},
        10,
        ("search",),
    ),
    Parameter(
        "sort",
        "排序",
        "relevance; date: oldest first; -date: newest first. Undated notices come last.",
        {"type": "string", "enum": ["relevance", "date", "-date"], "default": "relevance"},
        "relevance",
        ("search", "export"),
    ),
    *(
        Parameter(
            name,
            FACET_LABELS[name],
            f"Only hits with this {what}; repeated: with any of them.",
            _TEXT | ({"pattern": "^[0-9]{4}$"} if name == "year" else {}),
            example,
            ("search", "export", "feed"),
            repeats=True,
        )
        for name, what, example in (
            ("issuing_agency", "issuing agency", "县教育局"),
            ("genre", "genre", "通知"),
            ("disclosure_category", "category of disclosure", "规划及相关政策"),
            ("subject_category", "subject class", "财政、金融、审计"),
            ("validity", "validity", "有效"),
            ("source", "source", "portal"),
            ("format", "file type of the hit", "pdf"),
            ("year", "year of the notice's date", "2011"),
        )
    ),
    Parameter(
        "date_from",
        "起始日期",
        "Only hits of this day or later. Undated notices do not match.",
        _DATE,
        "2011-01-01",
        ("search", "export", "feed"),
    ),
    Parameter(
        "date_to",
        "截止日期",
        "Only hits of this day or earlier. Undated notices do not match.",
        _DATE,
        "2011-12-31",
        ("search", "export", "feed"),
    ),
    Parameter(
        "facets",
        "分面",
        "Facets to count, repeated or separated by commas. A facet's own filter does not shrink it.",
        {"type": "string", "enum": list(FACETS)},
        "issuing_agency",
        ("search",),
        repeats=True,
    ),
    Parameter(
        "facet_size",
        "分面条数",
        "Values that each facet lists; the rest is counted together as other.",
        {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50},
        50,
        ("search",),
    ),
    Parameter(
        "explain",
        "说明",
        "Adds to each hit how its score came about.",
        {"type": "boolean", "default": False},
        False,
        ("search",),
    ),
)
PARAMETER_BY_NAME: Mapping[str, Parameter] = {parameter.name: parameter for parameter in PARAMETERS}

EXPORT_FORMAT = Parameter(
    "format",
    "导出格式",
    "The first one names the file to export: jsonl (default) or csv. Further ones filter by file type of the hit.",
    _TEXT,
    "csv",
    ("export",),
    repeats=True,
)

# What messengers and campaign links append to shared addresses; pages leave it out, the API refuses it.
_APPENDED = re.compile(r"(utm_.*|spm|from|isappinstalled|scene|fbclid|gclid|share_token|wxshare)")


def parameters_for(use: Use) -> tuple[Parameter, ...]:
    rows = (row for row in PARAMETERS if use in row.uses)
    return tuple(EXPORT_FORMAT if use == "export" and row.name == "format" else row for row in rows)


def openapi_parameters(use: Use) -> list[dict[str, Any]]:
    """OpenAPI parameter objects."""
    described = []
    for row in parameters_for(use):
        schema: dict[str, Any] = dict(row.schema)
        if row.repeats:
            schema = {"type": "array", "items": schema, "maxItems": MAX_FILTER_VALUES}
        described.append(
            {
                "name": row.name,
                "in": "query",
                "required": False,
                "description": row.description,
                "schema": schema,
                "example": [row.example] if row.repeats else row.example,
            }
        )
    return described


def parse_search(
    pairs: Sequence[tuple[str, str]],
    *,
    use: Use = "search",
    max_query_characters: int = MAX_QUERY_CHARACTERS,
    reader: bool = False,
) -> SearchRequest:
    """The request of a query string's pairs; ``reader``: from a page's form, where empty means not given.

    Raises SearchRequestError naming the first parameter that is wrong.
    """
    if reader:
        pairs = [(name, value) for name, value in pairs if value.strip() and not _APPENDED.fullmatch(name)]
    given = _collect(pairs, use)
    values = {name: _values(PARAMETER_BY_NAME[name], texts) for name, texts in given.items()}
    query = values.get("q", [""])[0]
    if len(query) > max_query_characters:
        raise SearchRequestError(
            "q",
            f"has {len(query):,} characters; at most {max_query_characters} are allowed",
            f"检索词有 {len(query)} 个字，最多 {max_query_characters} 个字，请缩短后再试。",
        )
    page, size = values.get("page", [1])[0], values.get("size", [10])[0]
    if page * size > MAX_WINDOW:
        raise SearchRequestError(
            "page",
            f"page {page} of {size} lies beyond the {MAX_WINDOW:,}th hit; /api/v1/export gives whole results",
            f"翻页最多到第 {MAX_WINDOW:,} 条结果。需要全部结果，请用导出功能，或增加筛选条件。",
        )
    date_from, date_to = values.get("date_from", [None])[0], values.get("date_to", [None])[0]
    if date_from and date_to and date_from > date_to:
        raise SearchRequestError(
            "date_from", f"{date_from} is after date_to, {date_to}", f"起始日期 {date_from} 晚于截止日期 {date_to}。"
        )
    return SearchRequest(
        q=query,
        page=page,
        size=size,
        sort=cast(Sort, values.get("sort", ["relevance"])[0]),
        filters={name: tuple(dict.fromkeys(values[name])) for name in FACETS if values.get(name)},
        date_from=date_from,
        date_to=date_to,
        facets=tuple(dict.fromkeys(values.get("facets", ()))),
        facet_size=values.get("facet_size", [50])[0],
        explain=values.get("explain", [False])[0],
    )


def parse_export(
    pairs: Sequence[tuple[str, str]], *, max_query_characters: int = MAX_QUERY_CHARACTERS
) -> tuple[ExportForm, SearchRequest]:
    """What to export and as what."""
    formats = [value for name, value in pairs if name == "format"]
    form = formats[0] if formats else "jsonl"
    if form not in ("jsonl", "csv"):
        raise SearchRequestError(
            "format",
            f"{_shown(form)} is no export; the first format names it: jsonl or csv",
            f"导出格式“{_shown(form)}”无法识别，可用 jsonl 或 csv。",
        )
    rest = [(name, value) for name, value in pairs if name != "format"]
    rest += [("format", value) for value in formats[1:]]
    return cast(ExportForm, form), parse_search(rest, use="export", max_query_characters=max_query_characters)


def query_pairs(request: SearchRequest, *, page: int | None = None) -> list[tuple[str, str]]:
    """The shortest pairs that parse to the request again, less what only the API has (facets, explain)."""
    pairs = [("q", request.q)] if request.q else []
    for name in FACETS:
        pairs += [(name, value) for value in request.filters.get(name, ())]
    for name, day in (("date_from", request.date_from), ("date_to", request.date_to)):
        if day:
            pairs.append((name, day.isoformat()))
    if request.sort != "relevance":
        pairs.append(("sort", request.sort))
    if request.size != PARAMETER_BY_NAME["size"].schema["default"]:
        pairs.append(("size", str(request.size)))
    page = request.page if page is None else page
    if page > 1:
        pairs.append(("page", str(page)))
    return pairs


def nearest(name: str, known: Iterable[str]) -> str | None:
    found = difflib.get_close_matches(name[:60].lower(), list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def _collect(pairs: Sequence[tuple[str, str]], use: Use) -> dict[str, list[str]]:
    known = {row.name: row for row in parameters_for(use)}
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in known:
            near = nearest(name, known)
            raise SearchRequestError(
                clean_text(name)[:60],
                f"unknown parameter {_shown(name)}" + (f"; did you mean {near}?" if near else ""),
                f"地址中的参数“{_shown(name)}”无法识别" + (f"，是否想写“{near}”？" if near else "。"),
            )
        texts = given.setdefault(name, [])
        texts += value.split(",") if name == "facets" else [value]
        if len(texts) > 1 and not known[name].repeats:
            raise SearchRequestError(name, "is given more than once", f"参数“{name}”只能出现一次。")
        if len(texts) > MAX_FILTER_VALUES:
            raise SearchRequestError(
                name,
                f"has more than {MAX_FILTER_VALUES} values",
                f"“{known[name].label}”最多选 {MAX_FILTER_VALUES} 项。",
            )
    return given


def _values(parameter: Parameter, texts: Sequence[str]) -> list[Any]:
    return [_value(parameter, clean_text(text)) for text in texts]


def _value(parameter: Parameter, text: str) -> Any:
    schema = parameter.schema
    if schema["type"] == "integer":
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
        if not schema["minimum"] <= number <= schema["maximum"]:
            low, high = schema["minimum"], schema["maximum"]
            raise _bad(parameter, text, f"a whole number from {low} to {high}", f"{low} 到 {high} 的整数")
        return number
    if schema["type"] == "boolean":
        if text not in ("true", "false", "1", "0"):
            raise _bad(parameter, text, "true or false", "true 或 false")
        return text in ("true", "1")
    if schema.get("format") == "date":
        day = _day(text)
        if day is None:
            raise _bad(parameter, text, "a day such as 2011-05-16", "日期，例如 2011-05-16")
        return day
    if "enum" in schema and text not in schema["enum"]:
        near = nearest(text, schema["enum"])
        choices = ", ".join(schema["enum"])
        raise _bad(
            parameter,
            text,
            f"one of {choices}" + (f" (did you mean {near}?)" if near else ""),
            f"以下之一：{choices}",
        )
    if len(text) < schema.get("minLength", 0):
        raise _bad(parameter, text, "not empty", "非空的文字")
    if parameter.name != "q" and len(text) > schema.get("maxLength", MAX_QUERY_CHARACTERS):
        raise _bad(parameter, text, f"at most {schema['maxLength']} characters", f"不超过 {schema['maxLength']} 个字")
    if "pattern" in schema and not re.fullmatch(schema["pattern"], text):
        raise _bad(parameter, text, "four digits", "四位数字")
    return text


def _bad(parameter: Parameter, text: str, wanted: str, wanted_of_reader: str) -> SearchRequestError:
    return SearchRequestError(
        parameter.name,
        f"{_shown(text)} is not allowed; it must be {wanted}",
        f"“{parameter.label}”的值“{_shown(text)}”不对，应为{wanted_of_reader}。",
    )


def _day(text: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shown(text: str) -> str:
    text = clean_text(text)
    return text if len(text) <= 60 else text[:60] + "…"
