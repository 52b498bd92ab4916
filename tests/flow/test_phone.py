"""Choosing on a phone: what a press changes is in view, and the preferences are short."""

import re
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from digest.matching.query.shipped_topics import PRESETS
from subscriptions.lib import signed_links
from tests.factories import edition, reader, topic

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def topics() -> Iterator[list[str]]:
    """As many topics as are shipped, with their names; each keeps its own word."""
    cache.clear()
    names = [preset.name for preset in PRESETS]
    for number, name in enumerate(names):
        topic(f"topic{number}", f"word{number}", name=name)
    edition(*(f"About word{number}" for number in range(len(names))))
    yield names
    cache.clear()


def test_a_press_on_any_topic_changes_a_line_that_is_in_view(
    phone: Page, live_server: LiveServer, topics: list[str]
) -> None:
    phone.goto(live_server.url)
    said = phone.locator(".said")
    for number, name in enumerate(topics, start=1):
        phone.get_by_role("checkbox", name=re.compile(re.escape(name))).check()
        papers = "1 paper" if number == 1 else f"{number} papers"
        expect(said).to_have_text(re.compile(f": {papers}[.,]"))
        expect(said).to_be_in_viewport()
    phone.get_by_role("link", name="See the mail").tap()
    expect(phone.frame_locator("iframe.mail").get_by_role("heading").first).to_be_in_viewport()


def test_an_example_is_one_press_away_before_anything_is_ticked(phone: Page, live_server: LiveServer) -> None:
    phone.goto(live_server.url)
    phone.get_by_role("link", name="See the mail").tap()
    expect(phone.get_by_role("heading", name="An example digest")).to_be_in_viewport()
    expect(phone.frame_locator("iframe.mail").get_by_role("heading").first).to_be_in_viewport()


def test_the_preferences_are_short_and_their_folds_say_what_is_chosen(
    phone: Page, live_server: LiveServer, settings: Settings, topics: list[str]
) -> None:
    settings.SITE_URL = live_server.url
    ada = reader("ada@readers.example", queries=["word3", "word4"])
    phone.goto(signed_links.url("preferences", ada))
    expect(phone.locator(".said")).to_have_text(re.compile(": 2 papers"))
    assert phone.evaluate("document.documentElement.scrollHeight") <= 1400
    fold = phone.locator("summary", has_text="Topics")
    fold.tap()
    phone.get_by_role("checkbox", name=re.compile(re.escape(topics[0]))).check()
    expect(phone.locator(".said")).to_have_text(re.compile(": 3 papers"))
    expect(phone.locator(".said")).to_be_in_viewport()
    fold.tap()
    expect(fold).to_contain_text(topics[0])
    phone.locator("summary", has_text="Preview").tap()
    expect(phone.locator(".latest")).to_contain_text("About word0")


def test_a_link_to_the_pause_opens_it(phone: Page, live_server: LiveServer, settings: Settings) -> None:
    settings.SITE_URL = live_server.url
    phone.goto(signed_links.url("preferences", reader("ada@readers.example", queries=["kv"])) + "#pause")
    expect(phone.get_by_label("Until, if you know")).to_be_in_viewport()
