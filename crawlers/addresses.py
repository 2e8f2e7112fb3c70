"""Web addresses: one spelling for each, and what lies under what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

SCHEMES = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_LENGTH = 2000
"""Characters; what servers and Scrapy's own limit (2083) take."""

_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_SPACES = re.compile(r"[\s\x00-\x1f]+")
# What may stand in a path or query without quoting; % stays as it is.
_SAFE = "%/:?#[]@!$&'()*+,;=-._~"


class AddressError(ValueError):
    """Not an address that can be fetched; the message says why."""


def normalise(url: str, base: str | None = None, *, charset: str = "utf-8") -> str:
    """One spelling: absolute, lower-case host, no default port, no fragment, no session id, non-ASCII quoted.

    ``charset`` is that of the page that has the link: browsers quote the query in it, the path in UTF-8.
    Raises AddressError for what is neither http nor https, has no host, carries a password, or is too long.
    """
    cleaned = _SPACES.sub("", url)
    try:
        parts = urlsplit(urljoin(base, cleaned) if base else cleaned)
        if parts.scheme not in SCHEMES:
            raise AddressError(f"{url[:200]!r} is neither http nor https")
        host, port = host_and_port(parts)
    except AddressError:
        raise
    except ValueError as error:
        raise AddressError(f"{url[:200]!r} is no address: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise AddressError(f"{url[:200]!r} carries a user name")
    netloc = f"[{host}]" if ":" in host else host
    if port != DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = quote(_remove_dots(_SESSION.sub("", parts.path)) or "/", safe=_SAFE)
    query = quote(parts.query, safe=_SAFE, encoding=charset, errors="xmlcharrefreplace")
    result = urlunsplit((parts.scheme, netloc, path, query, ""))
    if len(result) > MAX_LENGTH:
        raise AddressError(f"{url[:80]!r}… is longer than {MAX_LENGTH} characters")
    return result


def try_normalise(url: str, base: str | None = None, *, charset: str = "utf-8") -> str | None:
    try:
        return normalise(url, base, charset=charset)
    except AddressError:
        return None


def host_and_port(parts: SplitResult) -> tuple[str, int]:
    """Lower-case host in ASCII and port. Raises ValueError where there is none."""
    host = (parts.hostname or "").rstrip(".")
    if not host:
        raise ValueError("it has no host")
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if not re.fullmatch(r"[0-9a-z._:%-]+", host):
        raise ValueError("its host has characters that no host has")
    port = parts.port
    return host, DEFAULT_PORTS.get(parts.scheme, 0) if port is None else port


def folder(url: str) -> str:
    """The address up to its last slash, query left out."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path[: parts.path.rfind("/") + 1] or "/", "", ""))


def is_within(url: str, prefixes: Sequence[str]) -> bool:
    """Whether one of the prefixes starts the address, whatever its scheme (sites mix http and https)."""
    bare = url.partition("://")[2]
    return any(bare.startswith(prefix.partition("://")[2]) for prefix in prefixes)


def _remove_dots(path: str) -> str:
    """``..`` above the root is dropped, as browsers do."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
