"""A page of a site: its title, fields, body, attachments and links."""

from crawlers.extraction.html.links import PageLink
from crawlers.extraction.html.page import Page, read_page

__all__ = ["Page", "PageLink", "read_page"]
