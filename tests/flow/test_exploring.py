"""From ticked papers to a subscription, in a real browser, with JavaScript and without; a suggestion."""

import re
from datetime import timedelta
from itertools import combinations
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from subscriptions import outbox
from subscriptions.models import Subscriber, Suggestion
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import edition, reader, record, topic
from tests.services.axe import violations

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
READER = "new.reader@university.example"
NOUNS = "tower shovel kettle planet ribbon engine magnet barrel".split()
METALS = "basalt cobalt copper nickel silver zinc".split()


@pytest.fixture(autouse=True)
def site(mailing_site: str) -> str:
    """A site with a day of forty papers, of which six are on speculative decoding and six on agents."""
    topic("agents", "agents", name="Agents")
    speculative = [record(f"Speculative decoding {noun}", upvotes=50) for noun in METALS]
    agents = [record(f"Agents with {noun}s", upvotes=40) for noun in ("apple", "pear", "plum", "fig", "date")]
    edition(*speculative, *agents, *(f"{a} {b} tale" for a, b in combinations(NOUNS, 2)))
    return mailing_site


def tick(page: Page, title: str) -> None:
    page.get_by_role("checkbox", name=re.compile(title)).check()


@pytest.mark.usefixtures("checkers")
def test_proposals_follow_the_ticks_and_end_in_the_sign_up_form(page: Page, site: str) -> None:
    page.goto(f"{site}/")
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Explore").click()
    expect(page.get_by_role("checkbox")).to_have_count(20)
    tick(page, "Agents with apples")
    tick(page, "Agents with plums")
    offers = page.locator("#proposals .offer-name")
    expect(offers.first).to_have_text("Agents")
    tick(page, "Speculative decoding cobalt")
    tick(page, "Speculative decoding nickel")
    expect(page.locator("#proposals")).to_contain_text("of the 4 papers that you ticked")
    assert violations(page) == []
    page.get_by_role("button", name="Put into the sign-up form").click()
    expect(page.get_by_role("checkbox", name=re.compile("Agents"))).to_be_checked()
    written = page.get_by_label("Queries, one a line, at most five").input_value()
    assert re.search("speculative|decoding", written)
    page.get_by_label("Your email address").fill(READER)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    chosen = Subscriber.objects.get(email=READER).filter_set
    assert [each.slug for each in chosen.topics.all()] == ["agents"]
    assert "\n".join(chosen.own_queries) == written.strip()


def test_exploring_needs_no_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/explore/")
    tick(page, "Agents with apples")
    page.get_by_role("button", name="Show 20 more papers").click()
    expect(page.get_by_role("checkbox", name=re.compile("Agents with apples"))).to_be_checked()
    assert page.locator("[name=paper]").count() > 20
    tick(page, "Agents with plums")
    page.get_by_role("button", name="Show what would bring these").click()
    assert urlsplit(page.url).fragment == "proposals"
    expect(page.locator("#proposals .offer-name").first).to_have_text("Agents")
    page.get_by_role("button", name="Put into the sign-up form").click()
    expect(page.get_by_role("checkbox", name=re.compile("Agents"))).to_be_checked()
    context.close()


@pytest.mark.usefixtures("checkers")
def test_a_suggestion_is_taken_and_undone_by_one_press_each(page: Page) -> None:
    ada = reader(READER, queries=["speculative cobalt"])
    now = timezone.now()
    Suggestion.objects.create(
        subscriber=ada, kind="add", query="agents", papers=3, made_for=ada.filter_set_id, made_at=now
    )
    planner.plan(now + timedelta(seconds=1))
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(READER).entries[0].key)
    assert mail is not None
    found = re.search(r"https?://\S+/suggestion/", mail.text)
    assert found is not None
    page.goto(found.group())
    assert violations(page) == []
    page.get_by_role("button", name="Add this query").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    ada.refresh_from_db()
    assert list(ada.filter_set.own_queries) == ["speculative cobalt", "agents"]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("It is undone")).to_be_visible()
    ada.refresh_from_db()
    assert list(ada.filter_set.own_queries) == ["speculative cobalt"]
