"""The guard inside Scrapy: a middleware for every request, a resolver for every connection."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawlers import guard
from crawlers.sources import Source

if TYPE_CHECKING:
    from crawlers.spider import SourceSpider

PRIVATE_HOSTS_SETTING = "GONGKAI_PRIVATE_HOSTS"


class RefusedError(IgnoreRequest):
    """The guard refused a request; the message says why."""


class GuardMiddleware:
    """Checks every request that leaves, redirects and robots.txt included, and the peer that answered."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        return cls(cast("SourceSpider", crawler.spider).crawl.source)

    def process_request(self, request: Request) -> None:
        try:
            guard.check_url(request.url, self._source)
        except guard.GuardError as error:
            raise RefusedError(str(error)) from None
        request.meta.pop("proxy", None)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.ip_address is not None and not self._source.allow_private_addresses:
            try:
                guard.check_address(ipaddress.ip_address(str(response.ip_address)), request.url)
            except guard.GuardError as error:
                raise RefusedError(str(error)) from None
        return response


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names, and drops the addresses that may not be asked."""

    def __init__(self, reactor: Any, private_hosts: frozenset[tuple[str, int]]) -> None:
        self._reactor = reactor
        self._resolver = reactor.nameResolver
        self._private_hosts = private_hosts
        self._refusals: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        return cls(reactor, crawler.settings[PRIVATE_HOSTS_SETTING])

    def refusal(self, host: str) -> str | None:
        """Why an address of the host was not asked."""
        return self._refusals.get(host)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        receiver = resolutionReceiver
        if (hostName.lower().rstrip("."), portNumber) not in self._private_hosts:
            receiver = _Filter(resolutionReceiver, hostName, self._refusals)
        return self._resolver.resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class _Filter:
    def __init__(self, receiver: Any, host: str, refusals: dict[str, str]) -> None:
        self._receiver = receiver
        self._host = host
        self._refusals = refusals

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:
        host = getattr(address, "host", "").partition("%")[0]
        try:
            guard.check_address(ipaddress.ip_address(host), self._host)
        except ValueError:
            self._refusals[self._host] = f"host {self._host} has the unreadable address {host}"
        except guard.GuardError as error:
            self._refusals[self._host] = str(error)
        else:
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()
