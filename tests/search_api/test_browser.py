"""A reader's way through the pages in a real browser: phone and desk, with and without script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.conftest import unavailable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = [(390, 844), (1280, 900)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        unavailable("Chromium", "apt-get install chromium")
    playwright_api = pytest.importorskip("playwright.sync_api")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """A tab, with what it asked for and complained about."""

    def __init__(self, context: BrowserContext) -> None:
        self.tab: Page = context.new_page()
        self.tab.set_default_timeout(10_000)
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))

    def fits(self) -> bool:
        """Nothing is wider than the window."""
        wide: bool = self.tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        return wide


def tab(browser: Browser, size: tuple[int, int], *, script: bool = True, dark: bool = False) -> Watched:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        locale="zh-CN",
    )
    return Watched(context)


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("script", [True, False])
def test_from_home_to_a_notice(browser: Browser, address: str, size: tuple[int, int], script: bool) -> None:
    watched = tab(browser, size, script=script)
    page = watched.tab
    page.goto(address)
    page.locator("#q").fill("农机补贴")
    page.get_by_role("button", name="检索").click()
    page.wait_for_url("**/search?q=*")
    assert page.locator(".hit").count() == 10
    assert page.locator(".hit mark").first.inner_text() == "农机补贴"

    if size[0] < 960:
        page.locator(".filters > summary").click()
    facet = page.get_by_role("region", name="体裁", exact=True)
    facet.get_by_role("link", name="通知").click()
    page.wait_for_url("**genre=*")
    assert page.locator(".chips a").count() == 1
    assert page.locator(".hit").count() > 0

    page.get_by_role("link", name="最新", exact=True).click()
    page.wait_for_url("**sort=-date*")
    page.locator(".hit h2 a").first.click()
    page.wait_for_url("**/notices/*")
    assert page.locator("h1").inner_text().startswith("关于")
    assert page.locator(".catalogue dt").count() > 5
    assert page.locator("#text table td").count() > 3
    assert {request.split("/")[2] for request in watched.requests} == {address.split("/")[2]}
    assert watched.complaints == []
    page.context.close()


@pytest.mark.parametrize("size", WIDTHS)
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, size: tuple[int, int]) -> None:
    watched = tab(browser, size)
    for path in ("/", "/search?q=农机补贴&genre=通知&year=2011", "/notices/qx-010", '/search?q="无此内容"'):
        watched.tab.goto(address + path)
        assert watched.fits(), path
    watched.tab.context.close()


def test_the_keyboard(browser: Browser, address: str) -> None:
    watched = tab(browser, WIDTHS[1])
    page = watched.tab
    page.goto(f"{address}/search?q=补贴")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("a/b")
    assert page.locator("#q").input_value() == "a/b"
    assert watched.complaints == []
    page.context.close()


@pytest.mark.parametrize("size", WIDTHS)
def test_a_facet_by_keyboard_alone(browser: Browser, address: str, size: tuple[int, int]) -> None:
    watched = tab(browser, size)
    page = watched.tab
    page.goto(f"{address}/search?q=补贴")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.filters > summary')"):
            page.keyboard.press("Enter")
        if page.evaluate("document.activeElement.closest('[aria-labelledby=f-genre]') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**genre=*")
    page.context.close()


def test_titles_are_suggested(browser: Browser, address: str) -> None:
    watched = tab(browser, WIDTHS[1])
    page = watched.tab
    page.goto(address)
    page.locator("#q").press_sequentially("农机补贴")
    page.locator("#suggestions option").first.wait_for(state="attached")
    assert watched.complaints == []
    page.context.close()


def test_an_attachment_opens_at_its_address(browser: Browser, address: str) -> None:
    watched = tab(browser, WIDTHS[0])
    page = watched.tab
    page.goto(f"{address}/search?q=请用蓝黑墨水填写")
    page.locator(".hit:has(.parent) h2 a").first.click()
    page.wait_for_url("**/notices/*#a*")
    assert page.get_by_text("请用蓝黑墨水填写").is_visible()
    page.context.close()


@pytest.mark.parametrize("size", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_read_and_targets_be_hit(
    browser: Browser, address: str, size: tuple[int, int], dark: bool
) -> None:
    """WCAG 2.2 AA: text of at least 4.5 to its background; targets of 24 px or within a sentence."""
    watched = tab(browser, size, dark=dark)
    for path in ("/", "/search?q=农机补贴&genre=通知", "/search?q=申请&validity=废止", "/notices/qx-010", "/none"):
        watched.tab.goto(address + path)
        assert watched.tab.evaluate(_FAINT_TEXTS) == [], path
        assert watched.tab.evaluate(_SMALL_TARGETS) == [], path
    watched.tab.context.close()


_FAINT_TEXTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(".unseen, option, datalist")) continue;
    const pair = [light(numbers(getComputedStyle(element).color).slice(0, 3)), light(behind(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) faint.push(`${element.tagName}.${element.className} ${contrast.toFixed(2)}`);
  }
  return faint;
}"""

_SMALL_TARGETS = """() => {
  const small = [];
  for (const element of document.querySelectorAll("a, button, input:not([type=hidden]), summary")) {
    if (!element.checkVisibility() || element.matches(".skip")) continue;
    if (element.matches("a") && getComputedStyle(element).display === "inline") continue;
    const box = element.getBoundingClientRect();
    if (box.width < 24 || box.height < 24) {
      small.push(`${element.tagName} ${element.innerText} ${box.width}x${box.height}`);
    }
  }
  return small;
}"""
