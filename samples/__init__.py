"""Two small sites of a fictional district, 临河区 of 安澜市, for the demonstration and for tests."""

from samples.server import SampleSiteError, SampleSites
from samples.sources import write_sources
from samples.texts import SITES, SampleNotice, load_notices

__all__ = ["SITES", "SampleNotice", "SampleSiteError", "SampleSites", "load_notices", "write_sources"]
