"""Spreadsheets: every sheet under its name, rows with tabs between the cells."""

from __future__ import annotations

import datetime
import io
from typing import Any

import python_calamine

from crawlers.extraction.errors import UnreadableFileError
from crawlers.extraction.files.detect import NAMES, detect, open_zip
from crawlers.extraction.files.reading import Lines, Reading

_MAX_CELLS = 20_000_000
"""A sheet is held whole: one cell takes about 32 bytes."""


def read(raw: bytes) -> Reading:
    kind = detect(raw)
    if kind != "xls":
        open_zip(raw).close()
    lines = Lines()
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(raw)) as workbook:
            names = workbook.sheet_names
            for name in names:
                _read_sheet(workbook, name, lines, named=len(names) > 1)
                if lines.full:
                    break
    except python_calamine.PasswordError as error:
        raise UnreadableFileError(f"{NAMES[kind]}: needs its password") from error
    except (python_calamine.CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        why = " ".join(str(error).split())[:120]
        raise UnreadableFileError(
            f"{NAMES[kind]}: damaged, it cannot be read ({why or type(error).__name__})"
        ) from error
    return Reading(lines.text(), "calamine", lines.note)


def _read_sheet(workbook: python_calamine.CalamineWorkbook, name: str, lines: Lines, *, named: bool) -> None:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.height * sheet.width > _MAX_CELLS:
        raise UnreadableFileError(f"spreadsheet: sheet {name[:40]!r} has {sheet.height * sheet.width:,} cells")
    first = True
    for row in sheet.iter_rows():
        line = "\t".join(_shown(value) for value in row).strip("\t")
        if not line.strip():
            continue
        if first and named:
            lines.add(f"# {name}")
        first = False
        lines.add(line)
        if lines.full:
            return


def _shown(value: Any) -> str:
    """As a reader of the sheet sees it, near enough: whole numbers without decimals, dates in ISO 8601."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return " ".join(str(value).split())
