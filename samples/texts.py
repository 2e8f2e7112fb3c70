"""The district's texts: Markdown-like files with TOML front matter, one notice or many in a file."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined, Template, TemplateError

SiteName = Literal["portal", "education", "finance", "township", "hospital", "water"]
SITE_NAMES: tuple[SiteName, ...] = ("portal", "education", "finance", "township", "hospital", "water")
FOLDER = Path(__file__).resolve().parent

BlockKind = Literal["paragraph", "heading", "centre", "right", "table"]
RowKind = Literal["notice", "lost", "missing", "stub", "file"]
_PREFIXES: dict[str, BlockKind] = {"# ": "heading", "= ": "centre", "> ": "right"}
_FENCE = "+++"
_SERIES = ("facts", "rows", "from_second")


class SampleTextError(ValueError):
    """A text file that cannot be read; the message names it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    kind: BlockKind
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table; the first row is its head."""


@dataclasses.dataclass(frozen=True, slots=True)
class SampleAttachment:
    file: str
    """The name in the site's addresses and in ``samples/attachments``."""
    name: str
    """The text of the link."""
    broken: bool = False
    """The link leads to nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class SampleNotice:
    site: SiteName
    key: str
    """Names the notice within its site, for ever."""
    id: int
    column: str
    category: int
    """1 to 11, of the district's annual report; no page shows it."""
    title: str
    agency: str
    published: date
    blocks: tuple[Block, ...]
    written: date | None = None
    document_number: str = ""
    index_number: str = ""
    subject: str = ""
    """Class and sub-class with a backslash between them."""
    genre: str = ""
    validity: str = ""
    keywords: str = ""
    attachments: tuple[SampleAttachment, ...] = ()
    undated: bool = False
    """Its row in the list shows no date."""
    kind: RowKind = "notice"
    """Of what is listed and is no notice: ``lost`` is HTTP 404, ``missing`` an error page with HTTP 200, ``stub`` a
    page whose script sets a cookie and loads again, ``file`` a picture-only PDF that the row leads to."""

    @property
    def name(self) -> str:
        return f"{self.site}/{self.key}"

    @property
    def body(self) -> str:
        """Paragraphs with a line break between them, tables with a tab between cells."""
        lines: list[str] = []
        for block in self.blocks:
            lines.extend("\t".join(row) for row in block.rows)
            if block.kind != "table":
                lines.append(block.text)
        return "\n".join(lines)


def load_notices(site: SiteName) -> tuple[SampleNotice, ...]:
    """The site's notices, the newest first. Raises SampleTextError."""
    return tuple(row for row in load_rows(site) if row.kind == "notice")


@functools.cache
def load_rows(site: SiteName) -> tuple[SampleNotice, ...]:
    """Everything that the site's lists name, the newest first. Raises SampleTextError."""
    found = [row for file in sorted((FOLDER / "notices" / site).glob("*.md")) for row in _load_file(site, file)]
    found.sort(key=lambda row: (row.published, row.id), reverse=True)
    for name in ("id", "key"):
        counts = Counter(getattr(row, name) for row in found)
        twice = sorted(value for value, count in counts.items() if count > 1)
        if twice:
            raise SampleTextError(f"{site}: {name} {twice} stands twice")
    return tuple(_with_index_numbers(found) if site == "portal" else found)


def load_text(file: Path) -> list[tuple[dict[str, Any], str]]:
    """Front matter and text of each document of a file. Raises SampleTextError.

    Front matter with ``defaults = true`` holds for the documents after it, ``facts`` and ``rows`` (a line a notice,
    cells between ``|``) make a series: front matter and text are Jinja templates over the facts.
    """
    parts: list[list[str]] = [[]]
    for line in file.read_text(encoding="utf-8").splitlines():
        if line == _FENCE:
            parts.append([])
        else:
            parts[-1].append(line)
    if "".join(parts[0]).strip() or len(parts) < 3 or len(parts) % 2 == 0:
        raise SampleTextError(f"{file.name}: must be front matter between two lines of +++, then the text")
    documents: list[tuple[dict[str, Any], str]] = []
    defaults: dict[str, Any] = {}
    for head, body in zip(parts[1::2], parts[2::2], strict=True):
        try:
            front = tomllib.loads("\n".join(head))
        except tomllib.TOMLDecodeError as error:
            raise SampleTextError(f"{file.name}: {error}") from None
        if front.pop("defaults", False):
            defaults = front
            continue
        front = {**defaults, **front}
        text = "\n".join(body).strip()
        if not text and "copy_of" not in front and front.get("kind", "notice") == "notice":
            raise SampleTextError(f"{file.name}: {front.get('title', '')!r} has no text")
        documents.extend(_series(front, text, file) if "facts" in front else [(front, text)])
    return documents


def parse_blocks(text: str) -> tuple[Block, ...]:
    """A line is a paragraph; ``# `` is a heading, ``= `` centred, ``> `` to the right, ``| … |`` a table's row."""
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        line = line.strip()
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line[1:].removesuffix("|").split("|")))
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if line:
            kind = _PREFIXES.get(line[:2], "paragraph")
            blocks.append(Block(kind, line if kind == "paragraph" else line[2:].strip()))
    return tuple(blocks)


def han_date(day: date) -> str:
    """2011年5月16日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _series(front: Mapping[str, Any], text: str, file: Path) -> Iterator[tuple[dict[str, Any], str]]:
    names = [name.strip() for name in front["facts"].split("|")]
    rows = [[cell.strip() for cell in line.split("|")] for line in front["rows"].strip().splitlines()]
    if any(len(row) != len(names) for row in rows):
        raise SampleTextError(f"{file.name}: each row must have {len(names)} facts")
    facts = [dict(zip(names, row, strict=True)) for row in rows]
    plain = {name: value for name, value in front.items() if name not in _SERIES}
    start = 1 if front.get("from_second") else 0
    for position in range(start, len(facts)):
        values = {**facts[position], "before": facts[position - 1] if position else None}
        try:
            yield _rendered(plain, values), _template(text).render(values)
        except (TemplateError, ValueError) as error:
            raise SampleTextError(f"{file.name}: {rows[position][0]}: {error}") from None


def _rendered(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _template(value).render(values) if "{" in value else value
    if isinstance(value, list):
        return [_rendered(one, values) for one in value]
    if isinstance(value, dict):
        return {name: _rendered(one, values) for name, one in value.items()}
    return value


@functools.cache
def _template(text: str) -> Template:
    return _environment().from_string(text)


@functools.cache
def _environment() -> Environment:
    """Filters: ``n`` a number from its text, ``money`` with separators of thousands, ``percent`` of two numbers."""
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    environment.filters["n"] = lambda text: float(text) if "." in str(text) else int(str(text).replace(",", ""))
    environment.filters["money"] = lambda number: f"{number:,}"
    environment.filters["percent"] = lambda number, whole: f"{100 * number / whole:.1f}%"
    return environment


def _load_file(site: SiteName, file: Path) -> Iterator[SampleNotice]:
    documents = load_text(file)
    for front, text in documents:
        key = front.pop("key", None)
        if key is None and len(documents) > 1:
            raise SampleTextError(f"{file.name}: {front.get('title', '')!r} needs a key")
        name = f"{file.stem}-{key}" if key and len(documents) > 1 else file.stem
        try:
            yield _notice(site, name, front, text)
        except (TypeError, ValueError) as error:
            raise SampleTextError(f"{file.name}: {name}: {error}") from None


def _notice(site: SiteName, key: str, front: dict[str, Any], text: str) -> SampleNotice:
    """``to`` is the salutation of an official document, which gets its number above and its signature below."""
    copied = front.pop("copy_of", None)
    salutation = front.pop("to", None)
    number = zlib.crc32(f"{site}/{key}".encode())
    front.setdefault("id", number % 6000 + 1200 if site == "finance" else number % 80_000 + 11_000)
    if front.get("kind", "notice") != "notice":
        front = {"category": 0, "agency": "", **front}
    front["attachments"] = tuple(SampleAttachment(**one) for one in front.get("attachments", ()))
    for name in ("written", "published"):
        if isinstance(front.get(name), str):
            front[name] = date.fromisoformat(front[name])
    if "published" not in front:
        front["published"] = _some_days_later(front["written"], number)
    blocks = list(parse_blocks(text))
    if salutation is not None:
        if front.get("document_number"):
            blocks.insert(0, Block("centre", front["document_number"]))
        blocks.insert(1 if front.get("document_number") else 0, Block("paragraph", salutation))
        blocks += [Block("right", agency) for agency in front["agency"].split(";")]
        blocks.append(Block("right", han_date(front.get("written", front["published"]))))
    if copied is not None:
        original_site, _, original = copied.partition("/")
        blocks += next(row.blocks for row in load_rows(original_site) if row.key == original)
    return SampleNotice(site=site, key=key, blocks=tuple(blocks), **front)


def _some_days_later(day: date, number: int) -> date:
    """Notices appear up to eight days after they were written, on working days."""
    later = day + timedelta(days=1 + number % 6)
    return later + timedelta(days=max(0, 7 - later.weekday()) if later.weekday() >= 5 else 0)


def _with_index_numbers(rows: Sequence[SampleNotice]) -> list[SampleNotice]:
    """Rows without one get the next number of their agency's year."""
    taken = {row.index_number for row in rows}
    counts: dict[str, int] = defaultdict(int)
    numbers = {}
    for row in sorted(rows, key=lambda row: (row.published, row.id)):
        if row.index_number:
            continue
        code = f"0070{zlib.crc32(row.agency.split(';')[0].encode()) % 90_000 + 10_000}/{row.published.year}"
        while not counts[code] or f"{code}-{counts[code]:05}" in taken:
            counts[code] += 1
        numbers[row.key] = f"{code}-{counts[code]:05}"
        counts[code] += 1
    return [dataclasses.replace(row, index_number=numbers.get(row.key, row.index_number)) for row in rows]
