import pytest

from crawlers.addresses import AddressError, is_within, normalise


@pytest.mark.parametrize(
    ("given", "base", "expected"),
    [
        ("HTTP://WWW.Example.com:80/a/../b/./c.html#top", None, "http://www.example.com/b/c.html"),
        ("./202105/t1.html", "http://a.cn/zwgk/index.html", "http://a.cn/zwgk/202105/t1.html"),
        ("../../../x.html", "http://a.cn/zwgk/", "http://a.cn/x.html"),
        ("/show.asp;jsessionid=1A2B?id=1", "http://a.cn/", "http://a.cn/show.asp?id=1"),
        ("/附件.pdf", "http://a.cn/", "http://a.cn/%E9%99%84%E4%BB%B6.pdf"),
        ("/%E9%99%84 x.pdf\n", "http://a.cn/", "http://a.cn/%E9%99%84x.pdf"),
        ("http://政务.cn/", None, "http://xn--zfr164b.cn/"),
        ("https://a.cn:8443?q=1", None, "https://a.cn:8443/?q=1"),
    ],
)
def test_one_spelling(given: str, base: str | None, expected: str) -> None:
    assert normalise(given, base) == expected


@pytest.mark.parametrize(
    "given",
    [
        "javascript:void(0)",
        "mailto:a@a.cn",
        "file:///etc/passwd",
        "http://a:b@a.cn/",
        "http://[::1/",
        "http://a.cn:99999/",
    ],
)
def test_what_cannot_be_fetched(given: str) -> None:
    with pytest.raises(AddressError):
        normalise(given, "http://a.cn/")


def test_charset_of_the_query() -> None:
    assert normalise("/l.asp?lm=通知", "http://a.cn/", charset="gb18030") == "http://a.cn/l.asp?lm=%CD%A8%D6%AA"


def test_scope_whatever_the_scheme() -> None:
    assert is_within("https://a.cn/zwgk/x", ["http://a.cn/zwgk/"])
    assert not is_within("http://a.cn/other/", ["http://a.cn/zwgk/"])
