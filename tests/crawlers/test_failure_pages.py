import pytest

from crawlers.failure_pages import why_no_page, why_status


@pytest.mark.parametrize(
    ("title", "text", "scripts"),
    [
        ("提示信息", "对不起，您访问的页面不存在或已被删除！ 返回首页", ""),
        ("404 Not Found", "nginx", ""),
        ("临江县人民政府", "404 - 找不到文件或目录。", ""),
        ("错误", "Microsoft OLE DB Provider for SQL Server 错误 '80040e14'", ""),
        ("", "本站正在维护，请稍后访问", ""),
        ("", "", "document.cookie='a=1';location.reload();"),
        ("", "", ""),
        ("", "", "var __jsl_clearance_s = 1"),
    ],
)
def test_pages_that_are_none(title: str, text: str, scripts: str) -> None:
    assert why_no_page(title, text, scripts)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("关于印发《网站管理办法》的通知", "各单位：现将办法印发给你们，请遵照执行。网站维护单位：县信息中心"),
        ("政务公开", "关于农机补贴的通知 2021-05-01 关于春耕生产的通知 2021-05-02"),
        ("2021年第404号公告", "现予公告。"),
    ],
)
def test_pages_that_are_some(title: str, text: str) -> None:
    assert why_no_page(title, text, "var a = 1;") is None


def test_status() -> None:
    assert why_status(200) is None
    assert why_status(404) == "HTTP 404"
    assert "challenges" in (why_status(412) or "")
