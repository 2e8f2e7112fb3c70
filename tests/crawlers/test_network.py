from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from scrapy import Request
from scrapy.http import Response
from twisted.internet.address import IPv4Address, IPv6Address

from crawlers.network import GuardedResolver, GuardMiddleware, RefusedError
from crawlers.sources import parse_source

SOURCE = parse_source('address = "http://a.cn/"\nname = "甲"\nallowed_hosts = ["a.cn", "127.0.0.1:81"]', "jia", "jia")


class Names:
    """A resolver that knows two names, and a reactor that has it."""

    def __init__(self, **addresses: list[Any]) -> None:
        self.nameResolver = self
        self._addresses = addresses

    def resolveHostName(self, receiver: Any, name: str, port: int = 0, *rest: Any) -> None:
        receiver.resolutionBegan(None)
        for address in self._addresses[name]:
            receiver.addressResolved(address)
        receiver.resolutionComplete()


class Receiver:
    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.complete = False

    def resolutionBegan(self, resolution: Any) -> None:
        assert not self.addresses

    def addressResolved(self, address: Any) -> None:
        self.addresses.append(address.host)

    def resolutionComplete(self) -> None:
        self.complete = True


def resolved(resolver: GuardedResolver, name: str, port: int = 80) -> list[str]:
    receiver = Receiver()
    resolver.resolveHostName(receiver, name, port)
    assert receiver.complete
    return receiver.addresses


def test_names_lead_to_public_addresses_only() -> None:
    private = [IPv4Address("TCP", "10.0.0.1", 80), IPv6Address("TCP", "::1", 80)]
    mixed = [*private, IPv4Address("TCP", "114.114.114.114", 80)]
    names = Names(mixed=mixed, inner=[IPv4Address("TCP", "127.0.0.1", 81)])
    resolver = GuardedResolver(names, frozenset({("inner", 81)}))
    assert resolved(resolver, "mixed") == ["114.114.114.114"]
    assert resolved(resolver, "inner", 81) == ["127.0.0.1"]
    assert resolver.refusal("inner") is None
    assert resolved(resolver, "inner", 80) == []
    assert "loopback address 127.0.0.1" in (resolver.refusal("inner") or "")


@pytest.mark.parametrize("url", ["http://b.cn/robots.txt", "ftp://a.cn/", "http://127.0.0.1:81/", "http://a.cn:8080/"])
def test_every_request_is_checked(url: str) -> None:
    with pytest.raises(RefusedError):
        GuardMiddleware(SOURCE).process_request(Request(url))


def test_a_proxy_that_something_set_is_taken_off() -> None:
    request = Request("http://a.cn/", meta={"proxy": "http://10.0.0.1:3128"})
    GuardMiddleware(SOURCE).process_request(request)
    assert "proxy" not in request.meta


def test_the_peer_that_answered_is_checked() -> None:
    request = Request("http://a.cn/")
    response = Response(request.url, ip_address=ipaddress.ip_address("10.0.0.1"))
    with pytest.raises(RefusedError):
        GuardMiddleware(SOURCE).process_response(request, response)
    response = Response(request.url, ip_address=ipaddress.ip_address("114.114.114.114"))
    assert GuardMiddleware(SOURCE).process_response(request, response) is response
