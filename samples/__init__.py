"""Six small sites of a fictional district, 临河区 of 安澜市, for the demonstration and for tests."""

from samples.resource import Site
from samples.server import SampleSiteError, SampleSites, ports_from
from samples.sites import SITES
from samples.sources import write_sources
from samples.texts import SampleNotice, load_notices, load_rows

__all__ = [
    "SITES",
    "SampleNotice",
    "SampleSiteError",
    "SampleSites",
    "Site",
    "load_notices",
    "load_rows",
    "ports_from",
    "write_sources",
]
