"""Which hosts and network addresses may be asked, and a small fetch that holds to it."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import socket
import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import requests.adapters
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from crawlers import addresses
from crawlers.sources import USER_AGENT, Source

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_REDIRECTS = 8
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)
# Translation prefixes: an IPv4 address in disguise.
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))


class GuardError(Exception):
    """The address may not be asked; the message says why."""


def why_private(address: IPAddress) -> str | None:
    """What kind of address it is that the open network does not have; None for a public one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner_ipv4(address)
        if inner is not None:
            return why_private(inner)
        if address in ipaddress.IPv6Network("fec0::/10"):
            return "private"
    for kind in ("unspecified", "loopback", "link_local", "multicast", "private", "reserved"):
        if getattr(address, f"is_{kind}"):
            return kind.replace("_", "-")
    return None if address.is_global else "not public"


def literal_address(host: str) -> IPAddress | None:
    """The IP address that a host spells, in any spelling that resolvers take (decimal, octal, hexadecimal, short)."""
    bare = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if _NUMERIC_HOST.fullmatch(bare):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(bare))
        except OSError:
            raise GuardError(f"{host} is neither a name nor an address") from None
    return None


def check_url(url: str, source: Source) -> None:
    """Raises GuardError unless the address is http or https, on an allowed host, and no refused literal IP."""
    parts = urlsplit(url)
    if parts.scheme not in addresses.SCHEMES:
        raise GuardError(f"{parts.scheme or 'no'} scheme: only http and https are fetched")
    if not source.allows(url):
        raise GuardError(f"host {parts.netloc} is not among the allowed hosts")
    check_literal(parts.hostname or "", allow_private=source.allow_private_addresses)


def check_literal(host: str, *, allow_private: bool) -> None:
    literal = literal_address(host)
    if literal is not None and not allow_private:
        check_address(literal, host)


def check_address(address: IPAddress, host: str) -> None:
    """Raises GuardError for an address that is not public."""
    kind = why_private(address)
    if kind:
        raise GuardError(f"host {host} has the {kind} address {address}; allow_private_addresses is off")


def private_hosts(sources: Iterable[Source]) -> frozenset[tuple[str, int]]:
    """Hosts and ports that may resolve to private addresses: all sources that name them allow it."""
    allowed: set[tuple[str, int]] = set()
    refused: set[tuple[str, int]] = set()
    for source in sources:
        (allowed if source.allow_private_addresses else refused).update(source.hosts_and_ports)
    return frozenset(allowed - refused)


def _inner_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if int(address) >> 32 == 0 and int(address) > 1:
        return ipaddress.IPv4Address(int(address))
    return None


class FetchError(Exception):
    """Nothing came back that can be used; the message is one line."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    """After redirects."""
    status: int
    content_type: str | None
    body: bytes


def fetch(
    url: str,
    *,
    allow_private: bool = False,
    seconds: float = 60.0,
    max_bytes: int = 50_000_000,
    user_agent: str = USER_AGENT,
) -> Fetched:
    """Fetches one address within the time and size given; the connection goes to checked network addresses only.

    No proxy, cookie or credential of the environment is used. Raises GuardError and FetchError.
    """
    deadline = time.monotonic() + seconds
    with requests.Session() as session:
        session.trust_env = False
        adapter = _GuardedAdapter(allow_private=allow_private)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            current = addresses.normalise(url)
        except addresses.AddressError as error:
            raise GuardError(str(error)) from None
        for _ in range(MAX_REDIRECTS):
            check_literal(urlsplit(current).hostname or "", allow_private=allow_private)
            target = _fetch_once(session, current, deadline, max_bytes, user_agent)
            if isinstance(target, Fetched):
                return target
            try:
                current = addresses.normalise(target)
            except addresses.AddressError as error:
                raise GuardError(f"redirected: {error}") from None
    raise FetchError(f"{url}: more than {MAX_REDIRECTS} redirects")


def _fetch_once(session: requests.Session, url: str, deadline: float, max_bytes: int, user_agent: str) -> Fetched | str:
    """The answer, or where it redirects to."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchError(f"{url}: took too long")
    try:
        with session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(min(left, 15.0), min(left, 15.0)),
            headers={"User-Agent": user_agent, "Accept-Language": "zh-CN,zh;q=0.9"},
        ) as response:
            if response.is_redirect:
                return urljoin(url, response.headers["Location"])
            body = _read_limited(response, url, deadline, max_bytes)
            if response.status_code != 200:
                raise FetchError(f"{url}: HTTP {response.status_code}")
            return Fetched(url, response.status_code, response.headers.get("Content-Type"), body)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        refusal = _refusal(error)
        if refusal:
            raise refusal from None
        raise FetchError(f"{url}: {_reason(error)}") from None


def _read_limited(response: requests.Response, url: str, deadline: float, max_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(1 << 16):
        size += len(part)
        if size > max_bytes:
            raise FetchError(f"{url}: is larger than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise FetchError(f"{url}: took too long")
        parts.append(part)
    return b"".join(parts)


def _refusal(error: BaseException | None) -> GuardError | None:
    """The guard's own error inside those that requests and urllib3 wrap around it."""
    for _ in range(10):
        if error is None or isinstance(error, GuardError):
            return error
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException) and error.args and isinstance(error.args[0], BaseException):
            inner = error.args[0]
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, requests.Timeout):
        return "took too long"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return " ".join(str(error).split())[:200] or type(error).__name__


def _connect(connection: HTTPConnection, *, allow_private: bool) -> socket.socket:
    """Resolves, checks every address, and connects to the very address that was checked."""
    host = connection.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, connection.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise urllib3.exceptions.NewConnectionError(connection, f"{host} cannot be resolved: {error}") from None
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    failure: OSError | None = None
    for family, kind, protocol, _, target in found:
        if not allow_private:
            check_address(ipaddress.ip_address(str(target[0]).partition("%")[0]), host)
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(timeout)
            sock.connect(target)
        except OSError as error:
            failure = error
            sock.close()
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise urllib3.exceptions.ConnectTimeoutError(connection, f"{host} does not answer")
    raise urllib3.exceptions.NewConnectionError(connection, f"{host} cannot be reached: {failure}")


class _GuardedHTTPConnection(HTTPConnection):
    allow_private = False

    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_private=self.allow_private)


class _GuardedHTTPSConnection(HTTPSConnection):
    allow_private = False

    def _new_conn(self) -> socket.socket:
        return _connect(self, allow_private=self.allow_private)


class _GuardedAdapter(requests.adapters.HTTPAdapter):
    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords)
        choice = {"allow_private": self._allow_private}
        plain = type("_PlainConnection", (_GuardedHTTPConnection,), choice)
        secure = type("_SecureConnection", (_GuardedHTTPSConnection,), choice)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
