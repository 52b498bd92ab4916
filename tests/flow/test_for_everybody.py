"""Every page in every state, in a browser: light and dark, both languages, on a narrow phone, by keyboard."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from subscriptions import links
from subscriptions.models import Subscriber
from subscriptions.preview_cases import PAGES
from tests.factories import reader, topic
from tests.services.axe import violations
from tests.services.look import SHARP, problems
from tests.subscriptions.test_views_previews import WHOLE

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
UNFOLD = "document.querySelectorAll('details').forEach((fold) => { fold.open = true; })"
NO_STEP = 400
SPACING = {"line-height": "1.5", "letter-spacing": "0.12em", "word-spacing": "0.16em"}


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | SHARP


@pytest.fixture
def previews(live_server: LiveServer, settings: Settings) -> str:
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
def test_a_page_can_be_read_on_the_narrowest_phone_and_at_a_zoom_of_four(
    page: Page, previews: str, name: str
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for language in ("en", "de"):
        page.goto(f"{previews}/{name}/?lang={language}")
        page.evaluate(UNFOLD)
        assert problems(page) == [], language


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
        if page.evaluate("document.activeElement === document.body"):
            break
    missed = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
          .filter((e) => e.checkVisibility() && !e.closest(".skip, .unseen") && e.type !== "radio")
          .filter((e) => !reached.has(e)).map((e) => e.outerHTML)"""
    )
    assert missed == []
    assert page.evaluate("unseen") == []


def test_signing_up_by_keyboard_alone_with_a_slip_on_the_way(page: Page, live_server: LiveServer) -> None:
    topic("agents", "agents", name="Agents")
    page.goto(live_server.url)
    tab_to(page, page.get_by_role("checkbox", name=re.compile("Agents")))
    page.keyboard.press("Space")
    tab_to(page, page.locator("summary", has_text="Your own query"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label(re.compile("Queries")))
    page.keyboard.type("(kv")
    tab_to(page, page.get_by_label("Your email address"))
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_focused()  # and so it is read aloud, and scrolled to
    expect(page.locator("#problems")).to_contain_text("2 things need your attention.")
    tab_to(page, page.locator("#problems a", has_text="query"))
    page.keyboard.press("Enter")
    expect(page.get_by_label(re.compile("Queries"))).to_be_focused()
    expect(page.get_by_label(re.compile("Queries"))).to_have_accessible_description(re.compile("Add “\\)”"))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("kv")
    tab_to(page, page.get_by_label("Your email address"))
    expect(page.get_by_label("Your email address")).to_have_accessible_description(
        re.compile("This is not an email address")
    )
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("ada@readers.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    chosen = Subscriber.objects.get().filter_set
    assert (str(chosen), chosen.queries) == ("Agents, kv", ["kv"])


def test_preferences_by_keyboard_alone(page: Page, live_server: LiveServer, settings: Settings) -> None:
    settings.SITE_URL = live_server.url
    ada = reader("ada@readers.example", queries=["kv"])
    page.goto(links.url("preferences", ada))
    tab_to(page, page.locator("summary", has_text=re.compile("Every day at")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("radio", name="every day"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Day of the weekly digest"))
    page.keyboard.type("Th")
    tab_to(page, page.get_by_role("button", name="Save"))
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.locator("summary", has_text="Every Thursday at")).to_be_visible()
    ada.refresh_from_db()
    assert (ada.rhythm, ada.weekday) == ("weekly", 3)


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the focus is there; it moves down the page, never back."""
    before = -1.0
    for _ in range(NO_STEP):
        page.keyboard.press("Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top + scrollY")
        assert top >= before - 60, "the focus goes back up"  # within a row of chips or fields
        before = top
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {wanted}")


def test_the_previews_are_all_there_is_to_look_at(page: Page, live_server: LiveServer, previews: str) -> None:
    page.goto(f"{live_server.url}/previews/")
    assert violations(page) == []
    links = {link.get_attribute("href") for link in page.locator("main a").all()}
    assert {f"/previews/page/{name}/" for name in PAGES} <= links
