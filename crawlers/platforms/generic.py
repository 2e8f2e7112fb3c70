"""Sites of no known platform: lists, paging and notices are found out from the page itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawlers import listing
from crawlers.platforms.platform import Parsed, Visit

if TYPE_CHECKING:
    from crawlers.extraction.html.page import Page


class Generic:
    name = "generic"

    def recognise(self, page: Page) -> float:
        return 0.01 if page.links else 0.0

    def parse(self, page: Page, visit: Visit) -> Parsed:
        return listing.understand(page, visit, paging=listing.paging_links(page.links, visit.url))


PLATFORM = Generic()
