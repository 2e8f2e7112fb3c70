"""What sites are built with: one module a platform, found by themselves."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import MappingProxyType
from typing import TYPE_CHECKING

from crawlers.platforms.platform import Parsed, Platform, Visit

if TYPE_CHECKING:
    from crawlers.extraction.html.page import Page

__all__ = ["FALLBACK", "Parsed", "Platform", "Visit", "choose", "platforms"]

FALLBACK = "generic"


@functools.cache
def platforms() -> MappingProxyType[str, Platform]:
    """Every module of this package that has a ``PLATFORM``, by its name."""
    found: dict[str, Platform] = {}
    for module in pkgutil.iter_modules(__path__):
        platform = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PLATFORM", None)
        if platform is not None:
            found[platform.name] = platform
    return MappingProxyType(found)


def choose(page: Page, name: str | None) -> Platform:
    """The platform of that name, else the one that recognises the page best."""
    known = platforms()
    if name is not None and name in known:
        return known[name]
    best = max(known.values(), key=lambda platform: (platform.recognise(page), platform.name))
    return best if best.recognise(page) > 0 else known[FALLBACK]
