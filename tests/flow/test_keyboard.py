"""What readers do by keyboard alone, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from tests.factories import reader, topic
from tests.flow.test_for_everybody import NO_STEP, nothing_from_elsewhere

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_scripts_of_others(page: Page, live_server: LiveServer) -> Iterator[None]:
    with nothing_from_elsewhere(page, live_server.url):
        yield


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


def test_an_abbreviation_is_added_by_keyboard_and_enter_still_signs_up(
    page: Page, live_server: LiveServer
) -> None:
    topic("agents", "agents", name="Agents")
    page.goto(live_server.url)
    tab_to(page, page.locator("summary", has_text="Your own query"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label(re.compile("Queries")))
    page.keyboard.type("MoE")
    expect(page.get_by_role("button", name="MoE: also find")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="MoE: also find")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label(re.compile("Queries"))).to_have_value('MoE OR "mixture of experts"')
    expect(page.get_by_label(re.compile("Queries"))).to_be_focused()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type("\nTTS")
    expect(page.get_by_role("button", name="TTS: also find")).to_have_count(2)
    tab_to(page, page.get_by_label("Your email address"))
    page.keyboard.type("ada@readers.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    assert Subscriber.objects.get().filter_set.queries == ['"mixture of experts" OR moe', "tts"]


def test_preferences_by_keyboard_alone(page: Page, live_server: LiveServer, settings: Settings) -> None:
    settings.SITE_URL = live_server.url
    ada = reader("ada@readers.example", queries=["kv"])
    page.goto(signed_links.url("preferences", ada))
    tab_to(page, page.locator("summary", has_text=re.compile("Every day at")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("radio", name="every day"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, page.get_by_label("Weekday"))
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
