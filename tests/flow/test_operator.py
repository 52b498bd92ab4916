"""The operator's pages in a browser: nothing is pushed off the page, covered or capitalised."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from digest.models import Branding
from digest.web import branding
from subscriptions.models import Delivery
from tests.factories import NOW, reader, source

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
LONG = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".example"


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Page:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 700})
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return context.new_page()


@pytest.mark.parametrize(("model", "state"), [("subscriber", "active"), ("delivery", "pending")])
def test_the_longest_address_leaves_room_for_the_other_columns(page: Page, model: str, state: str) -> None:
    assert len(LONG) >= 250
    Delivery.objects.post(reader(LONG), "welcome", NOW)
    page.goto(f"/admin/subscriptions/{model}/")
    cells = page.locator("#result_list tbody :is(td, th)")
    label = cells.filter(has_text=state).first.bounding_box()
    assert label is not None
    assert label["x"] + label["width"] < 1280
    overflow = "table => table.scrollWidth - table.parentElement.clientWidth"
    assert page.locator("#result_list").evaluate(overflow) <= 1


def test_the_bar_to_save_covers_nothing_of_the_form(page: Page) -> None:
    Branding.objects.create(pk=branding.ONLY)
    for path in (f"digest/branding/{branding.ONLY}", f"digest/source/{source().pk}"):
        page.goto(f"/admin/{path}/change/")
        for scroll in (0, 10_000):
            page.evaluate("y => window.scrollTo(0, y)", scroll)
            bar, form = page.locator("#submit-row").bounding_box(), page.locator("#content").bounding_box()
            assert bar is not None
            assert form is not None
            assert bar["y"] >= form["y"] + form["height"]


def test_an_address_at_the_head_of_a_page_stays_as_it_is(page: Page) -> None:
    page.goto(f"/admin/subscriptions/subscriber/{reader('ada@readers.example').pk}/change/")
    head = page.locator("h1").inner_text()
    assert "ada@readers.example" in head
    assert "Readers" in head
