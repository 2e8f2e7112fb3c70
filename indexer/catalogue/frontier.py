"""The frontier: what a crawl has asked, has still to ask, and what came of it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select

from indexer.catalogue.notices import now
from indexer.catalogue.tables import crawl_runs, frontier, sources

Kind = Literal["listing", "page", "attachment"]
Outcome = Literal["new", "changed", "unchanged", "listing", "ignored", "failed"]
MAX_NOTICES_OF_ATTACHMENT = 50
_BATCH = 500
"""Rows a statement; SQLite takes 32,766 parameters."""

# States within a run: "waiting" was never fetched or is a listing, and goes first; "again" was fetched before.
_OPEN = ("waiting", "again")
_CLOSED = ("done", "failed")
_PAGING = '"paging": true'
"""In the context of a further page of a list."""
# Without validators the answer comes whole.
_WHOLE: Mapping[str, Any] = {"etag": None, "last_modified": None, "snapshot": None}


@dataclasses.dataclass(frozen=True, slots=True)
class Link:
    """An address to be asked, and what the linking page said of it."""

    url: str
    kind: Kind
    depth: int
    context: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """JSON values, such as ``title`` and ``date`` of the list row."""


@dataclasses.dataclass(frozen=True, slots=True)
class Task:
    """One address to ask within a run; ``etag`` and the like are those of the last answer."""

    source: str
    run_id: int
    url: str
    kind: Kind
    depth: int
    context: Mapping[str, Any]
    outcome: Outcome | None
    snapshot: str | None
    etag: str | None
    last_modified: str | None
    notice_id: str | None

    @property
    def key(self) -> str:
        return url_hash(self.url)


@dataclasses.dataclass(frozen=True, slots=True)
class Run:
    id: int
    source: str
    resumed: bool
    fetched: int
    """Tasks that are already closed in this run."""


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of a task; None leaves what the last answer left."""

    outcome: Outcome
    reason: str | None = None
    status: int | None = None
    snapshot: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    notice_id: str | None = None
    answered: bool = False
    """A whole answer came: the validators of the last one are replaced even where the new one has none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Failure:
    url: str
    kind: Kind
    reason: str
    status: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class RunReport:
    """The last run of a source. ``new``, ``changed``, ``unchanged`` count notices."""

    source: str
    label: str
    address: str
    run_id: int
    started_at: str
    finished_at: str | None
    outcome: str | None
    """finished, page limit reached, failed: why; None while it runs, and after a kill."""
    fetched: int
    new: int
    changed: int
    unchanged: int
    listings: int
    ignored: int
    attachments: int
    failed: int
    waiting: int
    failures: Sequence[Failure]
    """The first of them, by address."""
    notes: Sequence[Failure]
    """What was read and is worth knowing: pages that are neither notice nor list, rows that lead to other hosts."""

    @property
    def ok(self) -> bool:
        return self.outcome is not None and not self.outcome.startswith("failed")


def url_hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def start_run(connection: Connection, source: str, label: str, address: str) -> Run:
    """Goes on with the run that was not finished, or begins one that asks everything known again."""
    values = {"label": label, "address": address}
    if not connection.execute(sources.update().where(sources.c.name == source).values(**values)).rowcount:
        connection.execute(sources.insert().values(name=source, **values))
    unfinished = connection.execute(
        select(crawl_runs.c.id)
        .where(crawl_runs.c.source == source, crawl_runs.c.finished_at.is_(None))
        .order_by(crawl_runs.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if unfinished is not None:
        closed = _count(connection, source, unfinished, _CLOSED)
        run = Run(unfinished, source, True, closed)
    else:
        insert = crawl_runs.insert().values(source=source, started_at=now()).returning(crawl_runs.c.id)
        run = Run(connection.execute(insert).scalar_one(), source, False, 0)
        _ask_again(connection, run, address)
    add_links(connection, run, [Link(address, "listing", 0, {"start": True})])
    return run


def _ask_again(connection: Connection, run: Run, address: str) -> None:
    """Opens what is known for the new run; further pages of lists come after what was never fetched."""
    mine = frontier.c.source == run.source
    past = frontier.update().where(mine, frontier.c.outcome.in_(("new", "changed")))
    connection.execute(past.values(outcome="unchanged"))
    closed = frontier.c.state.in_(_CLOSED)
    wanted = and_(frontier.c.kind != "attachment", frontier.c.outcome != "ignored")
    failed_file = and_(frontier.c.kind == "attachment", frontier.c.state == "failed")
    first_page = and_(frontier.c.kind == "listing", frontier.c.context.not_like(f"%{_PAGING}%"))
    for state, which in (
        ("again", and_(closed, or_(wanted, failed_file))),
        ("waiting", and_(first_page, frontier.c.outcome != "ignored")),
        ("waiting", frontier.c.url_hash == url_hash(address)),
    ):
        connection.execute(frontier.update().where(mine, which).values(run_id=run.id, state=state))
    connection.execute(frontier.update().where(mine, frontier.c.state.in_(_OPEN)).values(run_id=run.id))


def end_run(connection: Connection, run: Run, outcome: str) -> None:
    connection.execute(crawl_runs.update().where(crawl_runs.c.id == run.id).values(finished_at=now(), outcome=outcome))


def add_links(connection: Connection, run: Run, links: Iterable[Link], *, again: bool = False) -> int:
    """Adds the addresses that are not known yet and notes what is newly said of the others; returns how many wait.

    A page that was already read is asked once more where a list now gives it a date or title that it lacked, and a
    file where another notice has it too. ``again``: known files are asked again.
    """
    by_key: dict[str, Link] = {}
    for link in links:
        key = url_hash(link.url)
        known = by_key.get(key)
        by_key[key] = link if known is None else _joined(known, link)
    keys = list(by_key)
    waiting = 0
    for start in range(0, len(keys), _BATCH):
        part = keys[start : start + _BATCH]
        rows = connection.execute(
            select(frontier).where(frontier.c.source == run.source, frontier.c.url_hash.in_(part))
        )
        stored = {row.url_hash: row for row in rows}
        added = [_new_row(run, key, by_key[key]) for key in part if key not in stored]
        if added:
            connection.execute(frontier.insert(), added)
        waiting += len(added)
        waiting += sum(_update(connection, run, row, by_key[key], again) for key, row in stored.items())
    return waiting


def next_tasks(connection: Connection, run: Run, limit: int, skip: Collection[str]) -> list[Task]:
    """Up to ``limit`` tasks that wait, but for those in ``skip`` (keys): new addresses and first pages of lists from
    the shallowest on, lists before notices, then what was fetched before, longest ago first."""
    tasks: list[Task] = []
    for state, order in (("waiting", (frontier.c.depth, frontier.c.kind)), ("again", (frontier.c.fetched_at,))):
        statement: Select[Any] = (
            select(frontier)
            .where(frontier.c.source == run.source, frontier.c.run_id == run.id, frontier.c.state == state)
            .order_by(*order, frontier.c.url_hash)
            .limit(limit - len(tasks) + len(skip))
        )
        for row in connection.execute(statement):
            if len(tasks) < limit and row.url_hash not in skip:
                tasks.append(_task(row))
        if len(tasks) >= limit:
            break
    return tasks


def finish(connection: Connection, task: Task, result: Result) -> bool:
    """Closes the task; to be called in the transaction that stores what came of it.

    True where it waits again, because a list has given it a date or title since it was handed out.
    """
    values: dict[str, Any] = {
        "state": "failed" if result.outcome == "failed" else "done",
        "outcome": result.outcome,
        "reason": result.reason,
        "status": result.status,
        "fetched_at": now(),
    }
    for name in ("snapshot", "notice_id"):
        if getattr(result, name) is not None:
            values[name] = getattr(result, name)
    if result.answered:
        values.update(etag=result.etag, last_modified=result.last_modified)
    row = connection.execute(_row_of(task)).one()
    if row.outcome in ("new", "changed") and result.outcome in ("changed", "unchanged"):
        values["outcome"] = row.outcome  # asked twice in this run
    again = task.kind != "attachment" and _learned(task.context, json.loads(row.context))
    if again:
        values.update(_WHOLE, state="waiting")
    connection.execute(
        frontier.update().where(frontier.c.source == task.source, frontier.c.url_hash == task.key).values(**values)
    )
    return again


def open_context(connection: Connection, task: Task) -> Mapping[str, Any] | None:
    """What is now said of the task; None where it does not wait in its run, as another process has closed it."""
    row = connection.execute(_row_of(task)).one_or_none()
    if row is None or row.run_id != task.run_id or row.state not in _OPEN:
        return None
    context: Mapping[str, Any] = json.loads(row.context)
    return context


def start_failure(connection: Connection, run: Run, address: str) -> str | None:
    """Why the start page brought nothing in this run; None where it did."""
    row = connection.execute(
        select(frontier).where(frontier.c.source == run.source, frontier.c.url_hash == url_hash(address))
    ).one_or_none()
    if row is None or row.run_id != run.id or row.outcome not in ("failed", "ignored"):
        return None
    return str(row.reason or "unknown")


def run_report(connection: Connection, source: str, *, failures: int = 100) -> RunReport | None:
    """The last run of the source with the first ``failures`` failures and notes; None where there was none."""
    run = connection.execute(
        select(crawl_runs).where(crawl_runs.c.source == source).order_by(crawl_runs.c.id.desc()).limit(1)
    ).one_or_none()
    if run is None:
        return None
    mine = and_(frontier.c.source == source, frontier.c.run_id == run.id)
    is_file = case((frontier.c.kind == "attachment", 1), else_=0)
    # A page that a list says more of is asked again within the run; what came of it first counts all the same.
    fetched = or_(
        frontier.c.state.in_(_CLOSED),
        and_(frontier.c.outcome.is_not(None), frontier.c.fetched_at >= run.started_at),
    )
    closed = case((fetched, 1), else_=0)
    counts: dict[tuple[int, str, str | None], int] = {}
    for file, done, outcome, number in connection.execute(
        select(is_file, closed, frontier.c.outcome, func.count())
        .where(mine)
        .group_by(is_file, closed, frontier.c.outcome)
    ):
        key = (file, "closed" if done else "open", outcome if done else None)
        counts[key] = counts.get(key, 0) + number
    failed = connection.execute(
        select(frontier).where(mine, frontier.c.state == "failed").order_by(frontier.c.url).limit(failures)
    )
    noted = connection.execute(
        select(frontier)
        .where(mine, frontier.c.state == "done", frontier.c.reason.is_not(None))
        .order_by(frontier.c.url)
        .limit(failures)
    )
    named = connection.execute(select(sources).where(sources.c.name == source)).one_or_none()

    def of(outcome: str, file: int = 0) -> int:
        return counts.get((file, "closed", outcome), 0)

    return RunReport(
        source=source,
        label=named.label if named is not None else source,
        address=named.address if named is not None else "",
        run_id=run.id,
        started_at=run.started_at,
        finished_at=run.finished_at,
        outcome=run.outcome,
        fetched=sum(number for (_, state, _), number in counts.items() if state == "closed"),
        new=of("new"),
        changed=of("changed"),
        unchanged=of("unchanged"),
        listings=of("listing"),
        ignored=of("ignored"),
        attachments=sum(n for (file, state, what), n in counts.items() if file and state == "closed") - of("failed", 1),
        failed=of("failed") + of("failed", 1),
        waiting=_count(connection, source, run.id, _OPEN),
        failures=[Failure(row.url, row.kind, row.reason or "", row.status) for row in failed],
        notes=[Failure(row.url, row.kind, row.reason, row.status) for row in noted],
    )


def known_sources(connection: Connection) -> list[str]:
    """The sources that were ever crawled."""
    return list(connection.execute(select(sources.c.name).order_by(sources.c.name)).scalars())


def _count(connection: Connection, source: str, run_id: int, states: Sequence[str]) -> int:
    statement = select(func.count()).where(
        frontier.c.source == source, frontier.c.run_id == run_id, frontier.c.state.in_(states)
    )
    return connection.execute(statement).scalar_one()


def _new_row(run: Run, key: str, link: Link) -> dict[str, Any]:
    return {
        "source": run.source,
        "url_hash": key,
        "url": link.url,
        "kind": link.kind,
        "depth": link.depth,
        "context": _dumps(link.context),
        "run_id": run.id,
        "state": "waiting",
    }


def _update(connection: Connection, run: Run, row: Row[Any], link: Link, again: bool) -> bool:
    """Notes what the link says beyond what is known; True where the address waits because of it."""
    old = json.loads(row.context)
    merged = _merged_context(old, link.context)
    values: dict[str, Any] = {}
    if merged != old:
        values["context"] = _dumps(merged)
    if link.depth < row.depth:
        values["depth"] = link.depth
    kind = row.kind
    if link.kind == "page" and kind == "listing":
        values["kind"] = kind = "page"
    wanted = False
    if row.state in _CLOSED:
        learned = _learned(old, merged)
        shared = merged.get("notices") != old.get("notices")
        if (kind == "page" and learned) or (kind == "attachment" and shared):
            values.update(_WHOLE, state="waiting", run_id=run.id)
            wanted = True
        elif again and row.kind == "attachment" and row.run_id != run.id:
            values.update(state="again", run_id=run.id)
            wanted = True
    if values:
        connection.execute(
            frontier.update()
            .where(frontier.c.source == row.source, frontier.c.url_hash == row.url_hash)
            .values(**values)
        )
    return wanted


def _learned(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return any(name in new and name not in old for name in ("title", "date"))


def _row_of(task: Task) -> Select[Any]:
    return select(frontier).where(frontier.c.source == task.source, frontier.c.url_hash == task.key)


def _joined(first: Link, second: Link) -> Link:
    kind = second.kind if first.kind == "listing" else first.kind
    return Link(first.url, kind, min(first.depth, second.depth), _merged_context(first.context, second.context))


def _merged_context(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What was said first stays; notices that share a file are collected."""
    merged = {**new, **old}
    if "notices" in old and "notices" in new:
        merged["notices"] = list(dict.fromkeys([*old["notices"], *new["notices"]]))[:MAX_NOTICES_OF_ATTACHMENT]
    return merged


def _dumps(context: Mapping[str, Any]) -> str:
    return json.dumps(context, ensure_ascii=False, sort_keys=True)


def _task(row: Row[Any]) -> Task:
    return Task(
        source=row.source,
        run_id=row.run_id,
        url=row.url,
        kind=row.kind,
        depth=row.depth,
        context=json.loads(row.context),
        outcome=row.outcome,
        snapshot=row.snapshot,
        etag=row.etag,
        last_modified=row.last_modified,
        notice_id=row.notice_id,
    )
