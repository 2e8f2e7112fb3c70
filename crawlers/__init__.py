"""Fetch, extract, and write notices to the catalogue."""
