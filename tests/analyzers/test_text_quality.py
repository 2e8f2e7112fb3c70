"""The measure ranks readings as a reader would."""

import pytest

from analyzers.text_quality import text_quality

GOOD = "根据《中华人民共和国政府信息公开条例》第二十条，现将有关事项通知如下（2011年5月16日）：一、主动公开。"


@pytest.mark.parametrize(
    "text", [GOOD, "依據都市計畫法第二十一條規定，公開展覽。", "GB 3838-2002, pH 6~9, ≤0.05 mg/L, 20℃"]
)
def test_readable(text: str) -> None:
    assert text_quality(text) >= 0.98


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("", 0.0),
        (" \n\t　", 0.0),
        ("(cid:12)(cid:345)(cid:6)", 0.0),
        ("\ue001\ue002\ufffd\x01", 0.0),
        (GOOD.encode("gbk").decode("latin-1"), 0.6),
        (" ".join(GOOD), 0.5),
        (GOOD.encode().decode("gbk", "replace"), 0.9),
    ],
)
def test_unreadable(text: str, most: float) -> None:
    assert text_quality(text) <= most


def test_half_broken_is_between() -> None:
    assert 0.4 < text_quality("根据条例" + "(cid:1)" * 4) < 0.6
