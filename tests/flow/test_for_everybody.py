"""Every page in every state, in a browser: light and dark, both languages, on a narrow phone, by keyboard."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from subscriptions.preview_cases import PAGES
from tests.services.axe import violations
from tests.subscriptions.test_views_previews import WHOLE

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
NO_STEP = 400


@pytest.fixture
def previews(live_server: LiveServer, settings: Any) -> str:
    settings.DEBUG = True
    return f"{live_server.url}/previews/page"


@pytest.fixture(autouse=True)
def _no_scripts_of_others(page: Page, live_server: LiveServer) -> Iterator[None]:
    """Nothing but this server is asked for anything, and nothing breaks the policy of a page."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    yield
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "about:", "blob:"))] == []
    assert [text for text in said if "Content Security Policy" in text] == []


@pytest.mark.parametrize("name", WHOLE)
def test_everybody_can_use_the_page(page: Page, previews: str, name: str) -> None:
    looks: list[tuple[Literal["light", "dark"], str]] = [("light", "en"), ("dark", "de")]
    for scheme, language in looks:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(f"{previews}/{name}/?lang={language}")
        page.evaluate(UNFOLD)
        assert violations(page) == [], scheme
    assert page.context.cookies() == []


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_fits_the_narrowest_phone_and_a_zoom_of_four(page: Page, previews: str, name: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for language in ("en", "de"):
        page.goto(f"{previews}/{name}/?lang={language}")
        page.evaluate(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, language


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
        if page.evaluate("document.activeElement === document.body"):
            break
    missed = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
          .filter((e) => e.checkVisibility() && !e.closest(".skip, .unseen") && e.type !== "radio")
          .filter((e) => !reached.has(e)).map((e) => e.outerHTML)"""
    )
    assert missed == []
    assert page.evaluate("unseen") == []


def test_the_previews_are_all_there_is_to_look_at(page: Page, live_server: LiveServer, previews: str) -> None:
    page.goto(f"{live_server.url}/previews/")
    assert violations(page) == []
    links = {link.get_attribute("href") for link in page.locator("main a").all()}
    assert {f"/previews/page/{name}/" for name in PAGES} <= links
