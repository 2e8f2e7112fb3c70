import pytest

from crawlers import guard
from crawlers.guard import FetchError, GuardError
from crawlers.sources import parse_source
from tests.crawlers.site import Reply, Site


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "10.1.2.3", "172.16.0.1",
        "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fc00::1]", "[ff02::1]",
        "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "[fe80::1%25eth0]",
    ],
)  # fmt: skip
def test_private_addresses_in_every_spelling(host: str) -> None:
    literal = guard.literal_address(host)
    assert literal is not None
    assert guard.why_private(literal)
    with pytest.raises(GuardError):
        guard.check_literal(host, allow_private=False)
    guard.check_literal(host, allow_private=True)


@pytest.mark.parametrize("host", ["114.114.114.114", "[2400:3200::1]", "0x72.114.114.114", "www.gov.cn", "12306.cn"])
def test_public_hosts(host: str) -> None:
    guard.check_literal(host, allow_private=False)


def test_a_host_may_be_private_only_where_every_source_says_so() -> None:
    text = 'address = "http://{0}/"\nname = "甲"\nallowed_hosts = ["{0}"]\nallow_private_addresses = {1}'
    sources = [
        parse_source(text.format("inner.cn:81", "true"), "a", "a"),
        parse_source(text.format("both.cn", "true"), "b", "b"),
        parse_source(text.format("both.cn", "false"), "c", "c"),
    ]
    assert guard.private_hosts(sources) == {("inner.cn", 81)}


def test_fetch() -> None:
    with Site({"/a": Reply("正文"), "/b": Reply("", 302, headers={"Location": "/a"})}) as site:
        fetched = guard.fetch(f"{site.address}/b", allow_private=True)
        assert (fetched.url, fetched.body.decode(), fetched.content_type) == (f"{site.address}/a", "正文", "text/html")
        with pytest.raises(GuardError, match="loopback"):
            guard.fetch(f"{site.address}/a")
        with pytest.raises(GuardError, match="loopback"):
            guard.fetch(f"http://localhost:{site.port}/a")
        assert len(site.asked) == 2


def test_fetch_checks_redirects_status_and_size() -> None:
    pages = {
        "/file": Reply("", 302, headers={"Location": "file:///etc/passwd"}),
        "/loop": Reply("", 302, headers={"Location": "/loop"}),
        "/large": Reply("字" * 5000),
    }
    with Site(pages) as site:
        with pytest.raises(GuardError, match="neither http nor https"):
            guard.fetch(f"{site.address}/file", allow_private=True)
        with pytest.raises(FetchError, match="redirects"):
            guard.fetch(f"{site.address}/loop", allow_private=True)
        with pytest.raises(FetchError, match="HTTP 404"):
            guard.fetch(f"{site.address}/missing", allow_private=True)
        with pytest.raises(FetchError, match="larger than 1000 bytes"):
            guard.fetch(f"{site.address}/large", allow_private=True, max_bytes=1000)
    with pytest.raises(FetchError, match="cannot be reached"):
        guard.fetch(f"{site.address}/file", allow_private=True)


def test_fetch_uses_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    with Site({"/a": Reply("正文")}) as site:
        assert guard.fetch(f"{site.address}/a", allow_private=True).status == 200
