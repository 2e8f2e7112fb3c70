"""How long the parts of an answer take, told to whoever measures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Literal

Part = Literal["parse", "recall", "rank", "display", "render"]
PARTS: tuple[Part, ...] = ("parse", "recall", "rank", "display", "render")
Observe = Callable[[Part, float], None]
"""Called with a part and its seconds, from any thread."""


def unobserved(_part: Part, _seconds: float) -> None:
    """Nobody measures."""


@contextlib.contextmanager
def timed(observe: Observe, part: Part) -> Iterator[None]:
    started = time.perf_counter()
    try:
        yield
    finally:
        observe(part, time.perf_counter() - started)
