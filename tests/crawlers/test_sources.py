from pathlib import Path

import pytest

from crawlers.sources import Source, SourceError, load_sources, parse_source, settings_table

SMALL = (
    'address = "http://www.linjiang.gov.cn/zwgk/index.html"\nname = "临江县"\nallowed_hosts = ["www.linjiang.gov.cn"]\n'
)


def source(extra: str = "") -> Source:
    return parse_source(SMALL + extra, "linjiang", "linjiang.toml")


def test_three_settings_are_enough() -> None:
    found = source()
    assert (found.id, found.name, found.delay, found.obey_robots) == ("linjiang", "临江县", 1.0, True)
    assert found.scopes == ("http://www.linjiang.gov.cn/zwgk/",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALL + "deley = 2", "linjiang.toml: deley is no setting of a source; did you mean delay?"),
        (SMALL + "delay = -1", "linjiang.toml: delay: "),
        (
            SMALL.replace("http:", "ftp:"),
            "linjiang.toml: address: 'ftp://www.linjiang.gov.cn/zwgk/index.html' is neither",
        ),
        ('name = "临江县"', "linjiang.toml: address: is required"),
        (SMALL.replace('["www.linjiang.gov.cn"]', '["gov.cn"]'), "its host is not among allowed_hosts"),
        (SMALL.replace('["www.linjiang.gov.cn"]', '["www.linjiang.gov.cn/zwgk"]'), "allowed_hosts.0: "),
        ("address = ", "linjiang.toml: is no TOML"),
        (SMALL + 'platform = "tsr"', "linjiang.toml: platform: 'tsr' is none of generic, jpaas, trs"),
    ],
)
def test_a_mistake_is_named(text: str, message: str) -> None:
    with pytest.raises(SourceError) as error:
        parse_source(text, "linjiang", "linjiang.toml")
    assert message in str(error.value)


def test_hosts_are_compared_with_their_port() -> None:
    found = source()
    assert found.allows("https://WWW.linjiang.gov.cn./x")
    assert not found.allows("http://www.linjiang.gov.cn:8080/x")
    assert not found.allows("http://www.linjiang.gov.cn@127.0.0.1/x")
    odd_port = parse_source(SMALL.replace(".cn/zwgk", ".cn:8123/zwgk"), "linjiang", "linjiang.toml")
    assert odd_port.allows("http://www.linjiang.gov.cn:8123/x")
    assert odd_port.allows("http://www.linjiang.gov.cn/x")
    assert not odd_port.allows("http://www.linjiang.gov.cn:8124/x")
    other = parse_source(SMALL.replace('.cn"]', '.cn", "[2001:db8::1]:8080"]'), "a", "a.toml")
    assert other.allows("http://[2001:db8::1]:8080/")


def test_a_folder_of_sources(tmp_path: Path) -> None:
    (tmp_path / "linjiang.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("不是来源", encoding="utf-8")
    assert list(load_sources(tmp_path)) == ["linjiang"]
    assert load_sources(tmp_path / "missing") == {}
    (tmp_path / "bad.toml").write_bytes("name = '临江'".encode("gbk"))
    with pytest.raises(SourceError, match=r"bad\.toml: is not UTF-8"):
        load_sources(tmp_path)


def test_every_setting_has_help() -> None:
    assert all(help_text for _, _, help_text in settings_table())
    assert [name for name, default, _ in settings_table() if default == "required"] == [
        "address",
        "name",
        "allowed_hosts",
    ]
