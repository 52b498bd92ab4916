"""The operator's pages in a browser: nothing is pushed off the page, covered or capitalised."""

from typing import Literal

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
# The ground of the page and each colour of its words as red, green and blue: a canvas reads any notation.
COLOURS = """() => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const read = (colour) => {
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const texts = [...document.querySelectorAll("h1, h2, p, th, td, summary")];
  const shown = texts.filter((element) => element.checkVisibility());
  const words = new Set(shown.map((element) => getComputedStyle(element).color));
  return [getComputedStyle(document.querySelector("#main")).backgroundColor, ...words].map(read);
}"""
LONG = "a" * 64 + "@" + ".".join(["b" * 60, "b" * 60, "b" * 59]) + ".example"


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
    assert len(LONG) == 254
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


def test_a_form_is_no_wider_than_the_narrowest_phone(page: Page) -> None:
    Branding.objects.create(pk=branding.ONLY)
    page.set_viewport_size({"width": 320, "height": 640})
    pages = (
        f"branding/{branding.ONLY}/change",
        f"source/{source().pk}/change",
        "source/add",
        "source/upload",
    )
    for path in pages:
        page.goto(f"/admin/digest/{path}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["", "subscriptions/subscriber/", "digest/source/", "digest/source/add/", "digest/source/upload/"]
)
def test_every_word_can_be_read_by_day_and_in_the_dark(
    page: Page, path: str, scheme: Literal["light", "dark"]
) -> None:
    reader()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"/admin/{path}")
    shown = page.evaluate(COLOURS)
    assert len(shown) > 1
    for colour in shown[1:]:
        assert contrast(colour, shown[0]) >= 4.5, (colour, shown[0])


def contrast(one: list[int], other: list[int]) -> float:
    """The contrast of two colours, WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: list[int]) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_an_address_at_the_head_of_a_page_stays_as_it_is(page: Page) -> None:
    page.goto(f"/admin/subscriptions/subscriber/{reader('ada@readers.example').pk}/change/")
    head = page.locator("h1").inner_text()
    assert "ada@readers.example" in head
    assert "Readers" in head
