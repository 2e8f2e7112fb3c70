"""One run of one source: what is done with each answer, from raw bytes to the closed task."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from analyzers.notice import Attachment, Notice
from crawlers import addresses, failure_pages, reading
from crawlers.extraction.errors import ReaderCrashedError
from crawlers.platforms import Visit
from crawlers.sources import Source
from indexer.catalogue import Catalogue, CatalogueError, frontier, notices
from indexer.catalogue.frontier import Link, Result, Run, Task
from indexer.snapshots import SnapshotError, SnapshotStore

MAX_ATTACHMENTS = 200
"""Files of one notice that are fetched."""
MAX_REASON = 500
STORE_ERRORS = (SQLAlchemyError, CatalogueError, SnapshotError, OSError)
"""What ends the crawl as a whole: without catalogue or snapshots nothing can be kept."""
_T = TypeVar("_T")


class Readers(Protocol):
    """The pool of worker processes that read what was fetched."""

    def submit(self, function: Callable[..., _T], *args: Any) -> Future[_T]: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a site answered, redirects followed."""

    url: str
    status: int
    body: bytes
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclasses.dataclass(slots=True)
class Progress:
    """How far this run of a source is, since this process began."""

    source: str
    fetched: int = 0
    notices: int = 0
    """New and changed ones."""
    unchanged: int = 0
    attachments: int = 0
    failed: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class _Outcome:
    """All that is written when a task is closed."""

    result: Result
    notice: Notice | None = None
    links: Sequence[Link] = ()
    file: Attachment | None = None
    size: int = 0
    """Bytes of the snapshot."""
    media_type: str | None = None


class SourceCrawl:
    """The run of a source; its methods are called from the crawl's event loop."""

    def __init__(
        self,
        source: Source,
        run: Run,
        catalogue: Catalogue,
        snapshots: SnapshotStore,
        readers: Readers,
        writer: Executor,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.source = source
        self.run = run
        self.stopped = False
        """No further task is begun."""
        self.interrupted = False
        self.fault: BaseException | None = None
        """Why the whole crawl cannot go on, such as a full disk."""
        self.on_closed: Callable[[Task, bool], None] = lambda _task, _found: None
        self.on_fault: Callable[[], None] = lambda: None
        self.refusal: Callable[[str], str | None] = lambda _url: None
        """Why the guard let no address of the host through."""
        self._catalogue = catalogue
        self._snapshots = snapshots
        self._readers = readers
        self._writer = writer
        self._progress = Progress(source.id)
        self._tell = progress

    def next_tasks(self, limit: int, skip: Collection[str]) -> list[Task]:
        try:
            with self._catalogue.read() as connection:
                return frontier.next_tasks(connection, self.run, limit, skip)
        except STORE_ERRORS as error:
            self.stop(error)
            return []

    def stop(self, fault: BaseException) -> None:
        self.fault = self.fault or fault
        self.stopped = True
        self.on_fault()

    async def failed(self, task: Task, reason: str, status: int | None = None) -> None:
        """Closes a task that brought nothing."""
        result = Result("failed", " ".join(reason.split())[:MAX_REASON], status)
        await self._close(task, _Outcome(result, file=_broken_file(task, result.reason)))

    async def answered(self, task: Task, answer: Answer, fetch_part: Callable[[str], Any]) -> None:
        """Reads an answer and closes the task; ``fetch_part`` is awaited for the further parts of a notice."""
        body = answer.body
        if answer.status == 304 and task.snapshot:
            if task.outcome != "failed":
                await self._close(task, _Outcome(_unchanged(task, answer, answered=False)))
                return
            body = await self._in_writer(self._snapshots.get, task.snapshot)
        else:
            reason = failure_pages.why_status(answer.status) or self._why_elsewhere(task, answer)
            if reason:
                await self.failed(task, reason, answer.status)
                return
            same = hashlib.sha256(body).hexdigest() == task.snapshot
            if same and task.outcome not in (None, "failed"):
                await self._close(task, _Outcome(_unchanged(task, answer, answered=True)))
                return
        if task.kind == "attachment":
            outcome = await self._read_file(task, answer, body)
        else:
            outcome = await self._read_page(task, answer, body, fetch_part)
        await self._close(task, outcome)

    async def _read_page(self, task: Task, answer: Answer, body: bytes, fetch_part: Callable[[str], Any]) -> _Outcome:
        url = addresses.try_normalise(answer.url) or task.url
        visit = Visit(url, task.kind, task.depth, task.context, self.source, answer.content_type)
        read, fault = await self._read(reading.read_answer, body, visit)
        if read is None:
            return _Outcome(Result("failed", fault, answer.status))
        if read.outcome == "failed":
            return _Outcome(Result("failed", read.reason, answer.status))
        if read.notice is not None and read.more_parts:
            await self._join_parts(read.notice, read.more_parts, visit, fetch_part)
        snapshot = await self._in_writer(self._snapshots.put, body)
        result = Result(
            read.outcome or "new",
            read.reason,
            answer.status,
            snapshot,
            answer.etag,
            answer.last_modified,
            read.notice.id if read.notice is not None else None,
            answered=True,
        )
        links = read.links if read.notice is None else self._file_links(read.notice, task)
        return _Outcome(result, read.notice, links, None, len(body), answer.content_type)

    async def _join_parts(
        self, notice: Notice, parts: Sequence[str], visit: Visit, fetch_part: Callable[[str], Any]
    ) -> None:
        """Appends the further pages of the notice; one that is missing ends it, with a mark in the text."""
        for number, url in enumerate(parts, start=2):
            answer: Answer | None = await fetch_part(url)
            if answer is None or failure_pages.why_status(answer.status):
                notice.body += f"\n（第{number}页未能取得：{url}）"
                return
            part = dataclasses.replace(visit, url=url, content_type=answer.content_type)
            read, _ = await self._read(reading.read_part, answer.body, part)
            if read is not None:
                known = {file.url for file in notice.attachments}
                notice.body += "\n" + read[0]
                notice.attachments += [file for file in read[1] if file.url not in known]

    async def _read_file(self, task: Task, answer: Answer, body: bytes) -> _Outcome:
        name = str(task.context.get("name") or task.url.rsplit("/", 1)[-1])
        url = str(task.context.get("url") or task.url)
        read, fault = await self._read(reading.read_attachment, body, url, name, answer.content_type)
        file = read or Attachment(url, name, error=fault)
        snapshot = await self._in_writer(self._snapshots.put, body)
        result = Result(
            "failed" if file.error else "new",
            file.error,
            answer.status,
            snapshot,
            answer.etag,
            answer.last_modified,
            answered=True,
        )
        return _Outcome(result, file=file, size=len(body), media_type=answer.content_type)

    async def _read(self, function: Callable[..., _T], *arguments: Any) -> tuple[_T | None, str]:
        """The result, or None and the reason; whatever a worker raises is the page's fault and stays with it."""
        for _ in range(2):
            future = asyncio.wrap_future(self._readers.submit(function, *arguments))
            await asyncio.wait([future])
            error = future.exception()
            if error is None:
                return future.result(), ""
            if not isinstance(error, ReaderCrashedError):
                break  # a worker may also end for reasons of its own, such as Ctrl-C: one more try
        return None, " ".join(f"{type(error).__name__}: {error}".split())[:MAX_REASON]

    def _why_elsewhere(self, task: Task, answer: Answer) -> str | None:
        """A closed site sends every address to the front page of its portal."""
        if task.kind == "listing" or answer.url == task.url:
            return None
        ours, theirs = urlsplit(task.url), urlsplit(answer.url)
        if theirs.path in ("", "/") and not theirs.query and ours.path not in ("", "/"):
            return f"sent to the front page {answer.url}"
        return None

    @staticmethod
    def _file_links(notice: Notice, task: Task) -> list[Link]:
        links = []
        for file in notice.attachments[:MAX_ATTACHMENTS]:
            url = addresses.try_normalise(file.url)
            if url is None:
                file.error = "no address that can be fetched"
                continue
            # A host that is not allowed is refused when its turn comes, so that the report says so.
            context = {"name": file.name, "url": file.url, "notices": [notice.id]}
            links.append(Link(url, "attachment", task.depth + 1, context))
        return links

    async def _close(self, task: Task, outcome: _Outcome) -> None:
        written, found = await self._in_writer(self._write, task, outcome)
        self._count(task, written)
        self.on_closed(task, found)
        if self._tell is not None:
            self._tell(self._progress)

    def _write(self, task: Task, outcome: _Outcome) -> tuple[Result, bool]:
        """One transaction for notice, links and the closed task. Returns what was written, and whether more waits."""
        result = outcome.result
        with self._catalogue.begin() as connection:
            context = frontier.open_context(connection, task)
            if context is None:
                return dataclasses.replace(result, outcome="unchanged"), False
            if result.snapshot:
                notices.put_snapshot(connection, result.snapshot, outcome.size, outcome.media_type)
            if outcome.notice is not None:
                result = dataclasses.replace(result, outcome=notices.put(connection, outcome.notice))
            if outcome.file is not None:
                result = self._write_file(connection, outcome.file, context.get("notices", []), result)
            changed = outcome.notice is not None and result.outcome != "unchanged"
            again = frontier.finish(connection, task, result)
            found = frontier.add_links(connection, self.run, outcome.links, again=changed)
        return result, again or found > 0

    def _write_file(
        self, connection: Connection, file: Attachment, notice_ids: Sequence[str], result: Result
    ) -> Result:
        changed = False
        for notice_id in notice_ids:
            known = notices.notice_of_attachment(connection, file.id(notice_id))
            if known is not None:
                changed |= notices.put_attachment(connection, notice_id, file, snapshot=result.snapshot)
        if result.outcome == "failed":
            return result
        return dataclasses.replace(result, outcome="new" if changed else "unchanged")

    async def _in_writer(self, function: Callable[..., _T], *arguments: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, function, *arguments)

    def _count(self, task: Task, result: Result) -> None:
        self._progress.fetched += 1
        if result.outcome == "failed":
            self._progress.failed += 1
        elif task.kind == "attachment":
            self._progress.attachments += 1
        elif result.outcome in ("new", "changed"):
            self._progress.notices += 1
        elif result.outcome == "unchanged":
            self._progress.unchanged += 1


def _unchanged(task: Task, answer: Answer, *, answered: bool) -> Result:
    outcome = task.outcome or "unchanged"
    return Result(
        "unchanged" if outcome in ("new", "changed") else outcome,
        status=answer.status,
        etag=answer.etag,
        last_modified=answer.last_modified,
        answered=answered,
    )


def _broken_file(task: Task, reason: str | None) -> Attachment | None:
    """The attachment with the reason; a file that was read before keeps its text."""
    if task.kind != "attachment" or task.snapshot:
        return None
    return Attachment(str(task.context.get("url") or task.url), str(task.context.get("name") or ""), error=reason)
