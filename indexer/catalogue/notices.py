"""Notices in the catalogue: stored once, versioned, each change numbered."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy
from sqlalchemy import Connection, Row, func, select

from analyzers.notice import Attachment, Notice
from indexer.catalogue.database import CatalogueError, next_change_numbers
from indexer.catalogue.tables import attachments, change_counter, notices, snapshots, sources, versions

Outcome = Literal["new", "changed", "unchanged"]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BATCH = 500
"""Ids a statement; SQLite takes 32,766 parameters, PostgreSQL's drivers as many."""


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """The present state behind a change number."""

    number: int
    notice_id: str
    record: str | None
    """``Notice.to_record`` as JSON, attachments included; None: the notice is gone."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def put(connection: Connection, notice: Notice) -> Outcome:
    """Stores the notice, or its next version where its content differs; a deleted one comes back.

    An attachment without text keeps the text that was stored for the same address.
    """
    return put_all(connection, [notice])[0]


def put_all(connection: Connection, batch: Sequence[Notice]) -> list[Outcome]:
    """``put`` for many at once; of two with the same id the later one stays.

    Raises CatalogueError, before anything is written, for a text that no database takes.
    """
    last = {notice.id: notice for notice in batch}
    for notice in last.values():
        _check_storable(notice.id, notice)
        for file in notice.attachments:
            _check_storable(notice.id, file)
    stored = {row.id: row for row in _rows(connection, list(last))}
    files = _attachments_of(connection, list(stored))
    writes: list[tuple[Notice, str, str, Row[Any] | None]] = []
    outcomes: dict[str, Outcome] = {}
    for notice in last.values():
        row = stored.get(notice.id)
        notice = dataclasses.replace(notice, attachments=_merged(notice, files.get(notice.id, ())))
        record, content_hash = _encoded(notice)
        if row is not None and row.content_hash == content_hash and not row.deleted:
            outcomes[notice.id] = "unchanged"
            continue
        outcomes[notice.id] = "new" if row is None else "changed"
        writes.append((notice, record, content_hash, row))
    if writes:
        _write(connection, writes)
    return [outcomes[notice.id] for notice in batch]


def put_attachment(
    connection: Connection, notice_id: str, attachment: Attachment, *, snapshot: str | None = None
) -> bool:
    """Stores what was read from a file of the notice; True where that changed something.

    Raises KeyError for an attachment that the notice does not have, CatalogueError for a text that no database takes.
    """
    _check_storable(notice_id, attachment)
    row = connection.execute(select(attachments).where(attachments.c.id == attachment.id(notice_id))).one_or_none()
    if row is None:
        raise KeyError(f"{attachment.url} is no attachment of {notice_id}")
    values = {
        "format": attachment.format or row.format,
        "body": attachment.body,
        "text_quality": attachment.text_quality,
        "extracted_by": attachment.extracted_by,
        "error": attachment.error,
        "snapshot": snapshot or row.snapshot,
    }
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    connection.execute(attachments.update().where(attachments.c.id == row.id).values(**values))
    found = get(connection, notice_id)
    if found is None:
        return False
    stored = connection.execute(select(notices).where(notices.c.id == notice_id)).one()
    record, content_hash = _encoded(found)
    _write(connection, [(found, record, content_hash, stored)], new_version=False)
    return True


def get(connection: Connection, notice_id: str) -> Notice | None:
    return get_all(connection, [notice_id]).get(notice_id)


def get_all(connection: Connection, ids: Sequence[str]) -> dict[str, Notice]:
    """The notices that exist, by id; deleted ones are left out."""
    rows = [row for row in _rows(connection, ids) if not row.deleted]
    files = _attachments_of(connection, [row.id for row in rows])
    return {row.id: _decoded(row, files.get(row.id, [])) for row in rows}


def notice_of_attachment(connection: Connection, attachment_id: str) -> str | None:
    statement = select(attachments.c.notice_id).where(attachments.c.id == attachment_id)
    return connection.execute(statement).scalar_one_or_none()


def delete(connection: Connection, notice_id: str) -> bool:
    """Takes the notice out of search; its versions stay. False where there is none."""
    live = select(notices.c.id).where(notices.c.id == notice_id, notices.c.deleted == sqlalchemy.false())
    if connection.execute(live).one_or_none() is None:
        return False  # without drawing a number: one that no notice has would be waited for
    number = next_change_numbers(connection, 1)
    values = {"deleted": True, "change_number": number, "changed_at": now()}
    connection.execute(notices.update().where(notices.c.id == notice_id).values(**values))
    return True


def last_change(connection: Connection) -> int:
    """The last change number that is visible; 0 in an empty catalogue."""
    return int(connection.execute(select(change_counter.c.value)).scalar_one())


def changes_after(connection: Connection, number: int, *, limit: int, characters: int) -> list[Change]:
    """The notices whose last change came after ``number``, in the order of their numbers.

    At most ``limit``, and no more once their records have ``characters`` together.
    """
    statement = (
        select(notices.c.change_number, notices.c.id, notices.c.deleted, notices.c.record)
        .where(notices.c.change_number > number)
        .order_by(notices.c.change_number)
        .limit(limit)
    )
    rows: list[Any] = []
    size = 0
    for row in connection.execute(statement):
        rows.append(row)
        size += len(row.record)
        if size > characters:
            break
    files = _attachments_of(connection, [row.id for row in rows if not row.deleted])
    return [
        Change(row.change_number, row.id, None if row.deleted else _with_attachments(row.record, files.get(row.id)))
        for row in rows
    ]


def count(connection: Connection) -> dict[str, int]:
    """Live notices by source."""
    statement = (
        select(notices.c.source, func.count())
        .where(notices.c.deleted == sqlalchemy.false())
        .group_by(notices.c.source)
        .order_by(notices.c.source)
    )
    return {row.source: int(row[1]) for row in connection.execute(statement)}


def source_labels(connection: Connection) -> dict[str, str]:
    """What readers see for each source's name."""
    return {row.name: row.label for row in connection.execute(select(sources.c.name, sources.c.label))}


def version_records(connection: Connection, notice_id: str) -> list[dict[str, Any]]:
    """Every version, the first one first: ``{"version", "seen_at", "record"}``."""
    statement = select(versions).where(versions.c.notice_id == notice_id).order_by(versions.c.version)
    return [
        {"version": row.version, "seen_at": row.seen_at, "record": json.loads(row.record)}
        for row in connection.execute(statement)
    ]


def put_snapshot(connection: Connection, sha256: str, size: int, media_type: str | None) -> None:
    """Notes that the raw bytes are kept; once for the same bytes."""
    known = connection.execute(select(snapshots.c.sha256).where(snapshots.c.sha256 == sha256)).one_or_none()
    if known is None:
        connection.execute(snapshots.insert().values(sha256=sha256, size=size, media_type=media_type, stored_at=now()))


def _rows(connection: Connection, ids: Sequence[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for start in range(0, len(ids), _BATCH):
        found += connection.execute(select(notices).where(notices.c.id.in_(ids[start : start + _BATCH]))).all()
    return found


def _attachments_of(connection: Connection, ids: Sequence[str]) -> dict[str, list[Attachment]]:
    found: dict[str, list[Attachment]] = {}
    for start in range(0, len(ids), _BATCH):
        statement = (
            select(attachments)
            .where(attachments.c.notice_id.in_(ids[start : start + _BATCH]))
            .order_by(attachments.c.notice_id, attachments.c.position)
        )
        for row in connection.execute(statement):
            file = Attachment(row.url, row.name, row.format, row.body, row.text_quality, row.extracted_by, row.error)
            found.setdefault(row.notice_id, []).append(file)
    return found


def _merged(notice: Notice, stored: Iterable[Attachment]) -> list[Attachment]:
    by_url = {file.url: file for file in stored}
    merged: dict[str, Attachment] = {}
    for file in notice.attachments:
        known = by_url.get(file.url)
        if known is not None and not file.body and not file.error:
            file = dataclasses.replace(known, name=file.name)
        merged.setdefault(file.url, file)
    return list(merged.values())


def _check_storable(notice_id: str, values: Notice | Attachment) -> None:
    for field in dataclasses.fields(values):
        value = getattr(values, field.name)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and _UNSTORABLE.search(text):
                raise CatalogueError(
                    f"notice {notice_id!r}: {field.name} holds NUL or half of a surrogate pair, which no database takes"
                )


def _encoded(notice: Notice) -> tuple[str, str]:
    record = notice.to_record()
    everything = json.dumps(record, ensure_ascii=False, sort_keys=True)
    del record["attachments"]
    return json.dumps(record, ensure_ascii=False), hashlib.sha256(everything.encode()).hexdigest()


def _decoded(row: Row[Any], files: list[Attachment]) -> Notice:
    notice = Notice.from_stored(json.loads(row.record))
    notice.attachments = files
    return notice


def _with_attachments(record: str, files: Sequence[Attachment] | None) -> str:
    if not files:
        return record
    whole = json.loads(record)
    whole["attachments"] = [dataclasses.asdict(file) for file in files]
    return json.dumps(whole, ensure_ascii=False)


def _write(
    connection: Connection, writes: Sequence[tuple[Notice, str, str, Row[Any] | None]], *, new_version: bool = True
) -> None:
    number = next_change_numbers(connection, len(writes))
    moment = now()
    added: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    replaced: list[str] = []
    for offset, (notice, record, content_hash, row) in enumerate(writes):
        version = (row.version if row is not None else 0) + new_version
        values: dict[str, Any] = {
            "source": notice.source,
            "url": notice.url,
            "title": notice.title,
            "record": record,
            "content_hash": content_hash,
            "version": version,
            "deleted": False,
            "change_number": number + offset,
            "changed_at": moment,
        }
        if row is None:
            added.append({"id": notice.id, "first_seen_at": moment, **values})
        else:
            connection.execute(notices.update().where(notices.c.id == notice.id).values(**values))
        if new_version:
            history.append({"notice_id": notice.id, "version": version, "record": record, "seen_at": moment})
            if row is not None:
                replaced.append(notice.id)
            files += [
                {
                    "id": file.id(notice.id),
                    "notice_id": notice.id,
                    "position": position,
                    **{name: getattr(file, name) for name in _ATTACHMENT_COLUMNS},
                }
                for position, file in enumerate(notice.attachments)
            ]
    if added:
        connection.execute(notices.insert(), added)
    if history:
        connection.execute(versions.insert(), history)
    kept = _snapshots_of(connection, replaced)
    for start in range(0, len(replaced), _BATCH):
        connection.execute(attachments.delete().where(attachments.c.notice_id.in_(replaced[start : start + _BATCH])))
    if files:
        connection.execute(attachments.insert(), [{**file, "snapshot": kept.get(file["id"])} for file in files])


_ATTACHMENT_COLUMNS = ("url", "name", "format", "body", "text_quality", "extracted_by", "error")


def _snapshots_of(connection: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for start in range(0, len(ids), _BATCH):
        statement = select(attachments.c.id, attachments.c.snapshot).where(
            attachments.c.notice_id.in_(ids[start : start + _BATCH])
        )
        found.update({row.id: row.snapshot for row in connection.execute(statement)})
    return found
