"""The indexer in a process beside this one, started again whenever it ends."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence

PAUSE_SECONDS = 2.0
STOP_SECONDS = 30.0


@contextlib.contextmanager
def supervised(command: Sequence[str], *, report: Callable[[str], None]) -> Iterator[None]:
    """Runs the command for as long as the context lasts; at the end it gets TERM and time to finish."""
    stop = threading.Event()
    lock = threading.Lock()
    running: list[subprocess.Popen[bytes]] = []

    def supervise() -> None:
        while True:
            with lock:
                if stop.is_set():
                    return
                process = subprocess.Popen(command, start_new_session=True)
                running[:] = [process]
            process.wait()
            if not stop.wait(PAUSE_SECONDS):
                report(f"the indexer ended with {process.returncode}; starting it again")

    thread = threading.Thread(target=supervise, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with lock:  # none is started from here on
            stop.set()
        for process in running:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        thread.join()
