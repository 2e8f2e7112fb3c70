"""The way from the catalogue to an engine: follows the change numbers, in batches, with one writer."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path

import psutil

from analyzers.analysis import Analyzer, default_analyzer
from analyzers.notice import Notice
from indexer.catalogue import Catalogue, notices
from indexer.documents import engine_documents, index_version
from indexer.engine import Engine, EngineBusyError, EngineDocument, EngineError, EngineUnavailableError, EngineWriter

BATCH_NOTICES = 128
"""Read and analysed together."""
COMMIT_NOTICES = 4096
"""At most so many between two commits, so that a kill repeats little."""
POLL_SECONDS = 0.25
_RETRY_SECONDS = 5.0
_INLINE_NOTICES = 32
"""Fewer are analysed here: sending them to a process costs more."""
_BATCH_CHARACTERS = 4_000_000
"""Of bodies read at once; bounds the memory of a batch of very long documents."""

Progress = Callable[[int, int], None]
"""Called with (changes taken, changes known)."""


@dataclasses.dataclass(slots=True)
class _Batch:
    ids: list[str]
    last: int
    documents: Future[list[EngineDocument]]


class Follower:
    """Takes an engine to the catalogue's last change and keeps it there.

    ``lock`` is a file: the process that holds it is the one writer of the data folder's index.
    """

    def __init__(self, catalogue: Catalogue, engine: Engine, *, lock: Path, workers: int | None = None) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._lock = lock
        self._workers = workers if workers is not None else max(1, (os.cpu_count() or 1) - 1)
        self._pool: ProcessPoolExecutor | None = None
        self._version = index_version(default_analyzer())

    def catch_up(self, *, rebuild: bool = False, progress: Progress | None = None) -> int:
        """Indexes what changed and returns how many changes that were; ``rebuild`` indexes everything anew, beside.

        Raises EngineBusyError where another process is the writer.
        """
        with self._writing(), self._writer(rebuild=rebuild) as writer:
            taken = self._take_all(writer, progress)
            writer.publish()
            return taken

    def follow(self, stop: threading.Event, *, report: Callable[[str], None]) -> None:
        """Until ``stop``: catches up again and again, rebuilding where the index is missing, from another version, or
        a rebuild was asked for; an engine that is down is tried again. Raises EngineBusyError like ``catch_up``."""
        with self._writing():
            while not stop.is_set():
                try:
                    rebuild = self._needs_rebuild(report)
                    with self._writer(rebuild=rebuild) as writer:
                        self._follow(writer, stop)
                except EngineError as error:
                    report(f"index: {error}; trying again in {_RETRY_SECONDS:.0f} s")
                    stop.wait(_RETRY_SECONDS)

    def warm(self) -> None:
        """Starts the processes that analyse, so that the first batch need not wait for them."""
        for started in [self._executor().submit(analyse, []) for _ in range(self._workers)]:
            started.result()

    def ask_for_rebuild(self) -> None:
        """Tells the process that follows to rebuild; remembered until it is done."""
        self._request.parent.mkdir(parents=True, exist_ok=True)
        self._request.touch()

    @property
    def rebuild_asked(self) -> bool:
        return self._request.exists()

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    @property
    def _request(self) -> Path:
        return self._lock.with_name("rebuild.requested")

    def _needs_rebuild(self, report: Callable[[str], None]) -> bool:
        if self.rebuild_asked:
            report("index: rebuilding, as asked; the present one answers until it is done")
            return True
        try:
            state = self._engine.health()
        except EngineUnavailableError as error:
            report(f"index: {error}")
            return False
        if state["version"] != self._version:
            report(f"index: was made by analysis {state['version']}, this is {self._version}: rebuilding beside it")
            return True
        return False

    def _follow(self, writer: EngineWriter, stop: threading.Event) -> None:
        self._take_all(writer, None, stop=stop)
        if stop.is_set():
            return
        writer.publish()
        self._request.unlink(missing_ok=True)
        while not stop.wait(POLL_SECONDS):
            if self.rebuild_asked:
                return
            if self._take_all(writer, None, stop=stop) == 0:
                self._engine.health()  # raises where the index was removed: the writer is opened anew

    def _take_all(self, writer: EngineWriter, progress: Progress | None, *, stop: threading.Event | None = None) -> int:
        with self._catalogue.read() as connection:
            last = notices.last_change(connection)
        if writer.position >= last:
            return 0
        taken = since_commit = 0
        position = writer.position
        for batch in self._analysed(writer.position):
            writer.replace(batch.ids, batch.documents.result())
            taken += len(batch.ids)
            since_commit += len(batch.ids)
            position = batch.last
            if since_commit >= COMMIT_NOTICES:
                writer.commit(position)
                since_commit = 0
            if progress is not None:
                progress(taken, max(taken, last))
            if stop is not None and stop.is_set():
                break
        writer.commit(position)
        return taken

    def _analysed(self, position: int) -> Iterator[_Batch]:
        """Batches in order, some of them analysed ahead in other processes."""
        ahead: deque[_Batch] = deque()
        batches = self._batches(position)
        for number, (last, ids, found) in enumerate(batches):
            small = number == 0 and len(ids) < _INLINE_NOTICES
            ahead.append(_Batch(ids, last, self._analyse(found, inline=small)))
            if len(ahead) > 2 * self._workers:
                yield ahead.popleft()
        yield from ahead

    def _batches(self, position: int) -> Iterator[tuple[int, list[str], list[str]]]:
        """(last change number, ids, records of those that are not deleted)."""
        while True:
            with self._catalogue.read() as connection:
                rows = notices.changes_after(connection, position, limit=BATCH_NOTICES, characters=_BATCH_CHARACTERS)
            if not rows:
                return
            position = rows[-1].number
            yield position, [row.notice_id for row in rows], [row.record for row in rows if row.record is not None]

    def _analyse(self, records: list[str], *, inline: bool) -> Future[list[EngineDocument]]:
        if not inline:
            return self._executor().submit(analyse, records)
        done: Future[list[EngineDocument]] = Future()
        done.set_result(analyse(records))
        return done

    def _executor(self) -> Executor:
        if self._pool is None:
            context = multiprocessing.get_context("forkserver")
            self._pool = ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=_end_with, initargs=(os.getpid(),)
            )
        return self._pool

    @contextlib.contextmanager
    def _writer(self, *, rebuild: bool) -> Iterator[EngineWriter]:
        writer = self._engine.writer(rebuild=rebuild)
        try:
            yield writer
        finally:
            writer.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with open(self._lock, "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                raise EngineBusyError(f"the index is written by process {file.read().strip() or '?'}") from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def analyse(records: Sequence[str]) -> list[EngineDocument]:
    """The engine documents of notices given as JSON records, attachments included."""
    analyzer: Analyzer = default_analyzer()
    return [
        document
        for record in records
        for document in engine_documents(Notice.from_stored(json.loads(record)), analyzer)
    ]


def _end_with(owner: int) -> None:
    """Lets a worker end when the process that made it is killed, however early."""

    def watch() -> None:
        while psutil.pid_exists(owner):
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    default_analyzer()
