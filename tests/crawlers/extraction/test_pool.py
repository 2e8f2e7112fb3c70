"""The pool of readers: a bad task costs itself only."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from crawlers.extraction.errors import (
    ReaderCrashedError,
    ReaderError,
    ReaderMemoryError,
    ReaderTimeoutError,
    UnreadableFileError,
)
from crawlers.extraction.pool import ReaderPool

PROJECT = Path(__file__).resolve().parents[3]


def double(text: str) -> str:
    return text * 2


def loop() -> None:
    while True:
        pass


def hog() -> int:
    held = []
    while True:
        held.append(bytearray(os.urandom(1024)) * 8_192)


def leave(code: int) -> None:
    os._exit(code)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def unreadable() -> None:
    raise UnreadableFileError("PDF: damaged")


class LocalError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_local() -> None:
    raise LocalError("eins", "zwei")


def answer_that_cannot_be_sent() -> object:
    return lambda: None


@pytest.fixture
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(workers=1, seconds=30, megabytes=400, recycle_after=100) as pool:
        yield pool


def test_answers_in_order_of_asking_from_one_process(pool: ReaderPool) -> None:
    futures = [pool.submit(double, str(n)) for n in range(20)]
    assert [future.result() for future in futures] == [str(n) * 2 for n in range(20)]
    assert len({pool.submit(os.getpid).result() for _ in range(5)}) == 1
    assert pool.submit(os.getpid).result() != os.getpid()


def test_a_large_answer_comes_whole(pool: ReaderPool) -> None:
    assert len(pool.submit(double, "深" * 3_000_000).result()) == 6_000_000


def test_time_limit() -> None:
    with ReaderPool(workers=1, seconds=0.3, megabytes=400, recycle_after=10) as pool:
        first = pool.submit(os.getpid).result()
        with pytest.raises(ReaderTimeoutError, match=r"longer than 0.3 s"):
            pool.submit(loop).result()
        assert pool.submit(os.getpid).result() != first
        assert not psutil.pid_exists(first)


def test_memory_limit(pool: ReaderPool) -> None:
    with pytest.raises(ReaderMemoryError, match="more than 400 MB"):
        pool.submit(hog).result()
    assert pool.submit(double, "好").result() == "好好"


@pytest.mark.parametrize(("function", "args", "why"), [(leave, (3,), "exit code 3"), (kill_self, (), "SIGSEGV")])
def test_a_worker_that_dies_is_replaced(pool: ReaderPool, function: object, args: tuple[int, ...], why: str) -> None:
    assert callable(function)
    bad = pool.submit(function, *args)
    good = pool.submit(double, "好")
    with pytest.raises(ReaderCrashedError, match=why):
        bad.result()
    assert good.result() == "好好"


def test_errors_of_the_function_reach_the_caller(pool: ReaderPool) -> None:
    with pytest.raises(UnreadableFileError, match="PDF: damaged"):
        pool.submit(unreadable).result()
    with pytest.raises(ReaderError, match="LocalError: eins zwei"):
        pool.submit(raise_local).result()
    with pytest.raises((ReaderError, AttributeError, TypeError)):
        pool.submit(answer_that_cannot_be_sent).result()
    assert pool.submit(double, "好").result() == "好好"


def test_recycled_after_some_tasks() -> None:
    with ReaderPool(workers=1, seconds=30, megabytes=400, recycle_after=2) as pool:
        pids = [pool.submit(os.getpid).result() for _ in range(6)]
    assert [pids[0] == pids[1], pids[1] == pids[2], len(set(pids))] == [True, False, 3]


def test_close_ends_what_runs_and_cancels_what_waits() -> None:
    pool = ReaderPool(workers=1, seconds=60, megabytes=400, recycle_after=10)
    pid = pool.submit(os.getpid).result()
    running = pool.submit(loop)
    waiting = pool.submit(double, "好")
    while not running.running():
        time.sleep(0.01)
    pool.close()
    with pytest.raises(ReaderError, match="closed"):
        running.result()
    assert waiting.cancelled()
    assert not psutil.pid_exists(pid)
    with pytest.raises(ReaderError, match="closed"):
        pool.submit(double, "好")


def test_never_used_starts_nothing() -> None:
    with ReaderPool(workers=4, seconds=1, megabytes=100, recycle_after=1):
        pass
    with pytest.raises(ValueError, match="positive"):
        ReaderPool(workers=0)


PARENT = """
import os, sys
from crawlers.extraction.pool import ReaderPool
from tests.crawlers.extraction.test_pool import loop
pool = ReaderPool(workers=1, seconds=600, megabytes=400, recycle_after=10)
print(pool.submit(os.getpid).result(), flush=True)
pool.submit(loop).result()
"""


def test_workers_end_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert parent.stdout is not None
    with parent.stdout:
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    gone, alive = psutil.wait_procs([worker], timeout=20)
    assert not alive, gone
