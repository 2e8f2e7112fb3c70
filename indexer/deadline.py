"""How much time the present piece of work has left, known to whoever it calls."""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Iterator

from indexer.engine import EngineUnavailableError

_deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("gongkai_deadline", default=None)


class OutOfTimeError(EngineUnavailableError):
    """The time for this piece of work is over; nobody waits for its answer any more."""


@contextlib.contextmanager
def ends_at(moment: float) -> Iterator[None]:
    """Work within the context is to be done by ``moment`` on the clock of ``time.monotonic``."""
    token = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left(most: float) -> float:
    """At most ``most``, which is also the answer without a deadline; raises OutOfTimeError where none are left."""
    moment = _deadline.get()
    if moment is None:
        return most
    left = moment - time.monotonic()
    if left <= 0:
        raise OutOfTimeError("no time is left for this request")
    return min(left, most)
