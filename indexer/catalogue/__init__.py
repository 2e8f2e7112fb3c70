"""The source of truth: notices with versions, attachments, snapshots, crawl state, and change numbers in order."""

from indexer.catalogue.database import Catalogue, CatalogueError, CatalogueVersionError

__all__ = ["Catalogue", "CatalogueError", "CatalogueVersionError"]
