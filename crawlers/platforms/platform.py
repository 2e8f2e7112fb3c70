"""What a platform is asked and what it answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from indexer.catalogue.frontier import Kind, Link

if TYPE_CHECKING:
    from crawlers.extraction.html.page import Page
    from crawlers.sources import Source

Understood = Literal["notice", "listing", "neither"]


@dataclasses.dataclass(frozen=True, slots=True)
class Visit:
    """An answer to be read: where it came from and why it was asked."""

    url: str
    """After redirects."""
    kind: Kind
    depth: int
    context: Mapping[str, Any]
    """What the linking page said: ``title``, ``date`` (ISO 8601), ``platform``, ``paging``."""
    source: Source
    content_type: str | None = None

    @property
    def row_title(self) -> str | None:
        return self.context.get("title")


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed:
    """What a page is, and where it leads."""

    understood: Understood
    links: Sequence[Link] = ()
    more_parts: Sequence[str] = ()
    """Addresses of the following parts of a notice that is spread over several pages."""


class Platform(Protocol):
    @property
    def name(self) -> str: ...

    def recognise(self, page: Page) -> float:
        """How surely the page was made by this platform, 0 to 1."""
        ...

    def parse(self, page: Page, visit: Visit) -> Parsed: ...
