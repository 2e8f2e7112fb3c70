"""Bytes in, notices out: pages and files read without network, in worker processes."""
