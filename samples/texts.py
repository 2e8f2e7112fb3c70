"""The notices' texts: Markdown-like files with TOML front matter, one a notice."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

SiteName = Literal["portal", "bureau"]
SITES: tuple[SiteName, ...] = ("portal", "bureau")
FOLDER = Path(__file__).resolve().parent

BlockKind = Literal["paragraph", "heading", "centre", "right", "table"]
_PREFIXES: dict[str, BlockKind] = {"# ": "heading", "= ": "centre", "> ": "right"}
_FENCE = "+++\n"


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

    @property
    def body(self) -> str:
        """Paragraphs with a line break between them, tables with a tab between cells."""
        lines: list[str] = []
        for block in self.blocks:
            lines.extend("\t".join(row) for row in block.rows)
            if block.kind != "table":
                lines.append(block.text)
        return "\n".join(lines)


@functools.cache
def load_notices(site: SiteName) -> tuple[SampleNotice, ...]:
    """The site's notices, the newest first. Raises SampleTextError."""
    notices = [_load_notice(site, file) for file in sorted((FOLDER / "notices" / site).glob("*.md"))]
    notices.sort(key=lambda notice: (notice.published, notice.id), reverse=True)
    return tuple(notices)


def _load_notice(site: SiteName, file: Path) -> SampleNotice:
    front, blocks = load_text(file)
    try:
        front["attachments"] = tuple(SampleAttachment(**one) for one in front.get("attachments", ()))
        return SampleNotice(site=site, blocks=blocks, **front)
    except TypeError as error:
        raise SampleTextError(f"{file.name}: {error}") from None


def load_text(file: Path) -> tuple[dict[str, Any], tuple[Block, ...]]:
    """Front matter and blocks of one text file. Raises SampleTextError."""
    text = file.read_text(encoding="utf-8")
    front, _, body = text.removeprefix(_FENCE).partition(_FENCE)
    if not text.startswith(_FENCE) or not body.strip():
        raise SampleTextError(f"{file.name}: must be front matter between two lines of +++, then the text")
    try:
        return tomllib.loads(front), parse_blocks(body)
    except tomllib.TOMLDecodeError as error:
        raise SampleTextError(f"{file.name}: {error}") from None


def parse_blocks(text: str) -> tuple[Block, ...]:
    """A line is a paragraph; ``# `` is a heading, ``= `` centred, ``> `` to the right, ``| … |`` a table's row."""
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*text.splitlines(), ""]:
        line = line.strip()
        if line.startswith("|"):
            rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if line:
            kind = _PREFIXES.get(line[:2], "paragraph")
            blocks.append(Block(kind, line if kind == "paragraph" else line[2:].strip()))
    return tuple(blocks)
