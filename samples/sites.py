"""The six sites of the district by their names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from samples import education, finance, portal, small
from samples.resource import Site
from samples.texts import SITE_NAMES

SITES: Mapping[str, Site] = MappingProxyType(
    {"portal": portal.SITE, "education": education.SITE, "finance": finance.SITE, **small.SITES}
)
assert tuple(SITES) == SITE_NAMES
