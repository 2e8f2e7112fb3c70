"""A pool of worker processes that outlives what it reads: each task has a time and a memory limit of its own."""

from __future__ import annotations

import dataclasses
import multiprocessing
import multiprocessing.connection
import os
import pickle
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self, TypeVar

import psutil

from crawlers.extraction.errors import ReaderCrashedError, ReaderError, ReaderMemoryError, ReaderTimeoutError

MAX_ANSWER_BYTES = 128 * 1024 * 1024
_WATCH_SECONDS = 0.05
_START_SECONDS = 120.0
_END_SECONDS = 5.0
_PRELOAD = ["__main__", "crawlers.extraction.extract"]

_T = TypeVar("_T")
_starting = threading.Lock()


@dataclasses.dataclass(slots=True)
class _Task:
    message: bytes
    future: Future[Any]


class ReaderPool:
    """Runs functions in processes that are kept and, after some tasks, replaced.

    A task that takes more than ``seconds`` or whose process holds more than ``megabytes`` of resident memory is ended
    together with its process, as is one whose process dies; only its own future gets the error. Processes start with
    the first task and end with the parent, however that ends.
    """

    def __init__(
        self, workers: int = 2, seconds: float = 60.0, megabytes: int = 1024, recycle_after: int = 200
    ) -> None:
        if workers < 1 or seconds <= 0 or megabytes < 1 or recycle_after < 1:
            raise ValueError("workers, seconds, megabytes and recycle_after must be positive")
        self._workers = workers
        self._seconds = seconds
        self._bytes = megabytes * 1024 * 1024
        self._recycle_after = recycle_after
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def submit(self, function: Callable[..., _T], *args: Any) -> Future[_T]:
        """The function and its arguments must be picklable, and so must its answer.

        The future raises what the function raises, or a ReaderError.
        """
        message = pickle.dumps((function, args), protocol=pickle.HIGHEST_PROTOCOL)
        future: Future[_T] = Future()
        with self._lock:
            if self._closing.is_set():
                raise ReaderError("the pool of readers is closed")
            if len(self._threads) < self._workers:
                thread = threading.Thread(target=self._attend, name="reader", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._tasks.put(_Task(message, future))
        return future

    def close(self) -> None:
        """Cancels what waits, ends what runs, and returns when no worker is left."""
        with self._lock:
            self._closing.set()
            for _ in self._threads:
                self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _attend(self) -> None:
        """One thread attends one worker process, whichever process that is at the time."""
        worker: _Worker | None = None
        while (task := self._tasks.get()) is not None:
            if self._closing.is_set():
                task.future.cancel()
                continue
            if not task.future.set_running_or_notify_cancel():
                continue
            try:
                if worker is None:
                    worker = _Worker(self._closing)
                answer = worker.run(task.message, self._seconds, self._bytes)
            except ReaderError as error:
                task.future.set_exception(error)
            except OSError as error:
                task.future.set_exception(ReaderError(f"no reader could be started: {error}"))
            else:
                _settle(task.future, answer)
            if worker is not None and (worker.ended or worker.tasks >= self._recycle_after):
                worker.end()
                worker = None
        if worker is not None:
            worker.end()


class _Worker:
    """A worker process as its thread in the parent sees it."""

    def __init__(self, closing: threading.Event) -> None:
        self.tasks = 0
        self.ended = False
        self._closing = closing
        context = multiprocessing.get_context("forkserver")
        here, there = context.Pipe()
        with _starting:
            context.set_forkserver_preload(_PRELOAD)
            process = context.Process(target=_serve, args=(there,), name="reader", daemon=True)
            process.start()
        there.close()
        self._process: BaseProcess = process
        self._connection: Connection = here
        try:
            self._wait(_START_SECONDS, None)
            self._connection.recv_bytes(1)
        except ReaderError:
            self.end()
            raise
        except (EOFError, OSError) as error:
            self.end()
            raise ReaderCrashedError("the reader ended before its first task") from error

    def run(self, message: bytes, seconds: float, most_bytes: int) -> bytes:
        self.tasks += 1
        try:
            self._connection.send_bytes(message)
            self._wait(seconds, most_bytes)
            answer = self._connection.recv_bytes(MAX_ANSWER_BYTES)
        except ReaderError:
            self._kill()
            raise
        except EOFError as error:
            code = self._kill()
            raise ReaderCrashedError(f"the reader ended in the middle of the task{_why(code)}") from error
        except OSError as error:
            crashed = not self._process.is_alive()
            self._kill()
            if crashed:
                raise ReaderCrashedError("the reader ended in the middle of the task") from error
            raise ReaderError(f"the answer is larger than {MAX_ANSWER_BYTES:,} bytes") from error
        if self._resident() > most_bytes:
            self.ended = True
        return answer

    def end(self) -> None:
        self.ended = True
        self._connection.close()
        self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def _wait(self, seconds: float, most_bytes: int | None) -> None:
        """Until the worker answers or ends; raises ReaderError when it may go on no longer."""
        until = time.monotonic() + seconds
        while not multiprocessing.connection.wait((self._connection, self._process.sentinel), _WATCH_SECONDS):
            if self._closing.is_set():
                raise ReaderError("the pool of readers is closed")
            if most_bytes is not None and self._resident() > most_bytes:
                raise ReaderMemoryError(f"reading took more than {most_bytes // (1024 * 1024)} MB of memory")
            if time.monotonic() > until:
                raise ReaderTimeoutError(f"reading took longer than {seconds:g} s")

    def _resident(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _kill(self) -> int | None:
        self.ended = True
        self._process.kill()
        self._process.join()
        return self._process.exitcode


def _settle(future: Future[Any], answer: bytes) -> None:
    try:
        succeeded, value = pickle.loads(answer)  # noqa: S301 - from our own process
    except (pickle.UnpicklingError, AttributeError, ImportError, TypeError, EOFError, IndexError) as error:
        future.set_exception(ReaderError(f"the answer cannot be read: {type(error).__name__}: {error}"))
        return
    if succeeded:
        future.set_result(value)
    else:
        future.set_exception(value)


def _why(code: int | None) -> str:
    """Killed by us after it ended, a process keeps its own code; by a signal it is negative."""
    if code is None:
        return ""
    if code < 0:
        try:
            return f" ({signal.Signals(-code).name})"
        except ValueError:
            return f" (signal {-code})"
    return f" (exit code {code})"


def _serve(connection: Connection) -> None:
    """The life of a worker: a ready byte, then an answer for each message until the parent hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with connection:
        try:
            connection.send_bytes(b"r")
            while True:
                connection.send_bytes(_answer(connection.recv_bytes()))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _answer(message: bytes) -> bytes:
    try:
        function, args = pickle.loads(message)  # noqa: S301 - from our own parent
        return pickle.dumps((True, function(*args)), protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((False, ReaderMemoryError("reading took more memory than there is")))
    except Exception as error:  # noqa: BLE001 - goes to the caller's future, whatever it is
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """The error itself where it survives the way, else what it says."""
    error.__traceback__ = None
    try:
        packed = pickle.dumps((False, error), protocol=pickle.HIGHEST_PROTOCOL)
        pickle.loads(packed)  # noqa: S301 - packed the line before
    except Exception:  # noqa: BLE001 - an error's own pickling may raise anything
        return pickle.dumps((False, ReaderError(f"{type(error).__name__}: {error}"[:500])))
    return packed


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
