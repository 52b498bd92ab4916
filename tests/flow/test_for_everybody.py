"""Every page in every state, in a browser: light and dark, both languages, on a narrow phone, by keyboard."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from subscriptions.devtools.page_samples import PAGES
from tests.services.axe import violations
from tests.services.look import SHARP, problems
from tests.subscriptions.devtools.test_preview_views import WHOLE

pytestmark = pytest.mark.services
UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
NO_STEP = 400
SPACING = {"line-height": "1.5", "letter-spacing": "0.12em", "word-spacing": "0.16em"}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """A server of its own: previews need no database, which `live_server` would empty after each test."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def only_page(browser: Browser) -> Iterator[Page]:
    """A new one for each test would take as long as all that is done with it."""
    page = browser.new_page(**SHARP)
    yield page
    page.close()


@pytest.fixture
def page(only_page: Page) -> Page:
    only_page.set_viewport_size({"width": 1280, "height": 720})
    only_page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return only_page


@pytest.fixture
def previews(site: str, settings: Settings) -> str:
    settings.DEBUG = True
    return f"{site}/previews/page"


@pytest.fixture(autouse=True)
def _no_scripts_of_others(page: Page, site: str) -> Iterator[None]:
    with nothing_from_elsewhere(page, site):
        yield


@contextmanager
def nothing_from_elsewhere(page: Page, site: str) -> Iterator[None]:
    """Nothing but this site is asked for anything, and nothing breaks the policy of a page."""
    asked: list[str] = []
    said: list[str] = []

    def hear_request(request: Request) -> None:
        asked.append(request.url)

    def hear_message(message: ConsoleMessage) -> None:
        said.append(message.text)

    page.on("request", hear_request)
    page.on("console", hear_message)
    yield
    page.remove_listener("request", hear_request)
    page.remove_listener("console", hear_message)
    assert [url for url in asked if not url.startswith((site, "data:", "about:", "blob:"))] == []
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.usefixtures("checkers")
@pytest.mark.parametrize("name", WHOLE)
def test_everybody_can_use_the_page_and_read_it_on_the_narrowest_phone_and_at_a_zoom_of_four(
    page: Page, previews: str, name: str
) -> None:
    looks: list[tuple[Literal["light", "dark"], str]] = [("light", "en"), ("dark", "de")]
    for scheme, language in looks:
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(f"{previews}/{name}/?lang={language}")
        page.evaluate(UNFOLD)
        assert problems(page) == [], language
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": 1280, "height": 720})
        assert violations(page) == [], scheme
    assert page.context.cookies() == []


@pytest.mark.parametrize("name", ["signup-sample", "preferences-wrong", "day", "paper-long", "inbox"])
@pytest.mark.parametrize("width", [640, 1280])
def test_a_page_can_be_read_in_the_dark_at_a_zoom_of_two_and_on_a_desk(
    page: Page, previews: str, name: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{previews}/{name}/")
    assert problems(page) == []


@pytest.mark.parametrize(
    "name", ["signup-sample", "preferences-active", "day", "search-found", "unsubscribe"]
)
def test_wider_spacing_of_text_cuts_nothing_off(page: Page, previews: str, name: str) -> None:
    """WCAG 2.2, 1.4.12: the spacings that a page must bear."""
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto(f"{previews}/{name}/")
    page.evaluate(UNFOLD)
    for name_of, value in SPACING.items():
        page.evaluate(
            "([property, value]) => document.querySelectorAll('body *').forEach("
            "element => element.style.setProperty(property, value, 'important'))",
            [name_of, value],
        )
    assert problems(page) == []


def test_nothing_on_a_page_moves_by_itself() -> None:
    """So there is nothing to take back for who asked for less motion (WCAG 2.2, 2.2.2 and 2.3.3)."""
    for sheet in (settings.BASE_DIR / "templates" / "static" / "digest").glob("*.css"):
        assert not re.search(r"\b(animation|transition|scroll-behavior)\b", sheet.read_text()), sheet.name


@pytest.mark.parametrize(
    "name", ["signup-sample", "preferences-active", "day", "search-found", "unsubscribe"]
)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, previews: str, name: str) -> None:
    page.goto(f"{previews}/{name}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.evaluate(
        """() => {
          window.reached = new Set(); window.unseen = [];
          document.addEventListener("focusin", ({target}) => {
            reached.add(target);
            const style = getComputedStyle(target), chip = target.closest(".chip");
            const outline = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
            if (!outline(style) && !(chip && outline(getComputedStyle(chip)))) unseen.push(target.outerHTML);
          });
        }"""
    )
    for _ in range(NO_STEP):
        page.keyboard.press("Tab")
        # On the body it is at the end of the page, and for a moment on the way out of a frame.
        if page.evaluate("document.activeElement === document.body") and missed(page) == []:
            break
    assert missed(page) == []
    assert page.evaluate("unseen") == []


def missed(page: Page) -> list[str]:
    """What the focus never came to."""
    left: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
          .filter((e) => e.checkVisibility() && !e.closest(".skip, .unseen") && e.type !== "radio")
          .filter((e) => !reached.has(e)).map((e) => e.outerHTML)"""
    )
    return left


@pytest.mark.usefixtures("checkers")
def test_the_previews_are_all_there_is_to_look_at(page: Page, site: str, previews: str) -> None:
    page.goto(f"{site}/previews/")
    assert violations(page) == []
    links = {link.get_attribute("href") for link in page.locator("main a").all()}
    assert {f"/previews/page/{name}/" for name in PAGES} <= links
