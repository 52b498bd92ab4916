"""An operator adds a source with a preview, and brings papers by hand, with scripts or without."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from digest.models import Paper, Source, SourceDay
from tests.factories import source
from tests.services.web_site import WebSite, web_site_here

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

FEED = Path(__file__).parents[1] / "fixtures" / "pages" / "arxiv.rss.xml"
BOATS = "Paper boats that learn to float"


@pytest.fixture
def arxiv(settings: Settings) -> Iterator[WebSite]:
    with web_site_here() as site:
        settings.SOURCE_MIRRORS = {"https://rss.arxiv.org": site.address}
        site.pages["/rss/cs.LG+cs.CL"] = FEED.read_bytes()
        yield site


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, scripts: bool) -> Iterator[Page]:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    context = browser.new_context(base_url=live_server.url, java_script_enabled=scripts)
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def press(page: Page, name: str, scripts: bool) -> Page:
    """Press a button that shows a preview: in the page where scripts run, else in a page of its own."""
    button = page.get_by_role("button", name=name)
    if scripts:
        button.click()
        return page
    with page.expect_popup() as opened:
        button.click()
    return opened.value


def test_a_source_is_added_after_a_look_at_its_papers(page: Page, arxiv: WebSite, scripts: bool) -> None:
    page.goto("/admin/digest/source/add/")
    page.get_by_role("link", name="arXiv What arXiv announces").click()
    page.get_by_label("Categories").fill("cs.LG and more")
    wrong = press(page, "Preview its papers", scripts)
    expect(wrong.get_by_text("arXiv has no archive “and”")).to_be_visible()
    page.get_by_label("Categories").fill("cs.lg, cs.cl")
    preview = press(page, "Preview its papers", scripts)
    expect(preview.get_by_text(BOATS)).to_be_visible()
    if scripts:  # who goes on by keyboard goes on from there
        expect(page.get_by_role("button", name="Preview its papers")).to_be_focused()
    expect(preview.get_by_text("it would be called “arXiv cs.LG, cs.CL” (arxiv-cs-lg-cs-cl)")).to_be_visible()
    assert not Source.objects.exists()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="cs.LG, cs.CL")).to_be_visible()
    row = Source.objects.get()
    assert (row.name, row.enabled) == ("arxiv-cs-lg-cs-cl", True)


def test_a_file_is_looked_at_and_stored(page: Page, scripts: bool, tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    path.write_text(
        "Title,Authors,DOI\nFP4 training,Ada Example; Bo Sample,10.5555/1\nAgents at work,,\n,Cy,\n"
    )
    source()
    page.goto("/admin/digest/source/")
    page.get_by_role("link", name="Upload or paste papers").click()
    page.get_by_label("Title of the new source").fill("Reading group")
    page.locator("input[type=file]").set_input_files(path)
    preview = press(page, "Preview", scripts)
    expect(preview.get_by_text("2 new papers would go to readers")).to_be_visible()
    if scripts:  # who goes on by keyboard goes on from there
        expect(page.get_by_role("button", name="Preview")).to_be_focused()
    expect(preview.get_by_text("Number 3: it has no title")).to_be_visible()
    assert not Paper.objects.exists()
    page.get_by_role("button", name="Store").click()
    expect(page.get_by_role("link", name="FP4 training")).to_be_visible()
    assert Source.objects.filter(title="Reading group").exists()


def test_the_days_of_a_source_fit_a_phone_and_are_said_in_words(page: Page) -> None:
    row, now = source(enabled=True), timezone.now()
    for age in range(28):
        day = now.date() - timedelta(days=age)
        error = "Expected an answer, found HTTP 500." * (age % 2)
        SourceDay.objects.create(source=row, day=day, checked_at=now, listed=1_204, error=error)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/admin/digest/source/{row.pk}/change/")
    days = page.locator(".arrivals td")
    assert page.locator("html").evaluate("all => all.scrollWidth") <= 320
    assert days.evaluate_all("all => all.filter(td => td.scrollWidth > td.clientWidth).length") == 0
    assert days.filter(has_text="1,204 papers").count() == 28
