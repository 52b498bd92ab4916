"""The letters around a subscription: the welcome with its look back, the goodbye and the way back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from digest.compose.samples import LOGO
from digest.models import Branding, Paper, Selection, Topic
from digest.web import branding
from subscriptions import outbox
from subscriptions.accounts import preferences, signup, unsubscribing
from subscriptions.accounts.preferences import Choices
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import first_digest, planner
from subscriptions.relay import OneByOne, Outcome, Verdict
from tests.factories import DAY, NOW, edition, reader, record, topic
from tests.subscriptions.browsing import form_at, said

pytestmark = pytest.mark.django_db
State = Delivery.State


class Inbox(OneByOne):
    """A relay that keeps what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[EmailMessage] = []

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        self.mails.append(message_from_bytes(message, policy=policy.default))
        return Outcome(Verdict.ACCEPTED)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def agents() -> Topic:
    return topic("agents", "agents")


def delivered() -> list[EmailMessage]:
    """All mail that waits now."""
    inbox = Inbox()
    outbox.deliver(inbox)
    return inbox.mails


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def confirmed(agents: Topic, *, first_at_once: bool = False) -> Subscriber:
    choices = Choices((agents,), (), Schedule("Europe/Berlin", 7), first_at_once=first_at_once)
    signup.request("ada@readers.example", choices, NOW)
    Delivery.objects.update(state=State.ACCEPTED)
    subscriber = Subscriber.objects.get()
    first_digest.confirm(subscriber, NOW, "192.0.2.1")
    return subscriber


# --- Welcome ---------------------------------------------------------------------------------


def test_who_confirms_is_welcomed_at_once_with_what_last_week_would_have_brought(agents: Topic) -> None:
    edition("Agents of last month", day=DAY - timedelta(days=30))
    edition("Agents of last week", "Splats of last week", day=DAY - timedelta(days=6))
    edition(*(f"Agents number {n}" for n in range(12)), day=DAY)
    confirmed(agents)
    (mail,) = delivered()
    said = text_of(mail)
    assert mail["Subject"] == "Welcome to Paper Digest"
    assert "Your first digest comes on Thursday, 6 November at 07:00 (Europe/Berlin), if a paper" in said
    assert "Of the 14 papers of the last seven days, 13 matched what you chose." in said
    assert "Agents of last month" not in said
    assert "Splats" not in said
    assert html_of(mail).count("<h3") == 5
    assert "List-Unsubscribe" in mail
    assert signed_links.url("preferences", Subscriber.objects.get()) in said


def test_a_week_without_a_match_is_told_as_it_is(agents: Topic) -> None:
    edition("Splats", "More splats")
    confirmed(agents)
    (mail,) = delivered()
    assert "None of the 2 papers of the last seven days matched: try another topic" in text_of(mail)


def test_the_welcome_is_no_digest_and_comes_once(agents: Topic) -> None:
    edition("Agents at work")
    subscriber = confirmed(agents)
    first_digest.confirm(subscriber, NOW + timedelta(minutes=1), "192.0.2.1")
    assert Delivery.objects.filter(kind="welcome").count() == 1
    assert Subscriber.objects.get().covered is None
    assert not Selection.objects.exists()
    tomorrow = NOW + timedelta(days=1)
    planner.plan(tomorrow)
    assert Selection.objects.get().items == [{"paper": Paper.objects.get().pk, "filter": 0}]


# --- Goodbye ---------------------------------------------------------------------------------


def test_who_leaves_gets_one_goodbye_with_a_way_back(client: Client, agents: Topic) -> None:
    ada = reader(topics=[agents])
    one_click = f"/u/{signed_links.token('unsubscribe', ada)}/"
    assert client.post(one_click, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(one_click, {"List-Unsubscribe": "One-Click"}).status_code == 200
    (mail,) = delivered()
    assert mail["Subject"] == "You are unsubscribed from Paper Digest"
    assert "List-Unsubscribe" not in mail
    assert signed_links.url("return", ada) in text_of(mail)
    assert delivered() == []


def test_the_way_back_asks_first_and_brings_back_what_was_chosen(client: Client, agents: Topic) -> None:
    edition("Agents at work")
    ada = confirmed(agents, first_at_once=True)
    Subscriber.objects.update(time_zone="UTC")
    ada.refresh_from_db()
    unsubscribing.unsubscribe(ada, timezone.now())
    path = f"/b/{signed_links.token('return', ada)}/"
    page = client.get(path)
    assert "Come back" in said(page)
    assert "Agents" in said(page)
    assert Subscriber.objects.get().state == "unsubscribed"
    back = said(client.post(path))
    assert "You are subscribed" in back
    assert "Your next digest comes on Thursday, 6 November at 07:00 (UTC)" in back
    assert "welcome" not in back
    ada.refresh_from_db()
    assert (ada.state, ada.returning, ada.filter_set.topics.get()) == ("active", True, agents)
    assert ada.next_digest_at
    assert "goodbye mail" in ada.consent
    assert "You are subscribed" in said(client.get(path))


@pytest.mark.parametrize("state", ["pending", "refused", "paused"])
def test_the_way_back_moves_nobody_else(client: Client, agents: Topic, state: str) -> None:
    ada = reader(topics=[agents], state=state, next_digest_at=None)
    client.post(f"/b/{signed_links.token('return', ada)}/")
    assert Subscriber.objects.get().state == state


def test_a_forged_way_back_leads_nowhere(client: Client, agents: Topic) -> None:
    ada = reader(topics=[agents], state="unsubscribed")
    assert client.post(f"/b/{signed_links.token('unsubscribe', ada)}/").status_code == 404
    assert Subscriber.objects.get().state == "unsubscribed"


def test_who_takes_leaving_back_gets_no_goodbye(agents: Topic) -> None:
    ada = reader(topics=[agents])
    before = unsubscribing.Standing.of(ada)
    unsubscribing.unsubscribe(ada, timezone.now())
    ada.refresh_from_db()
    assert unsubscribing.undo(ada, before, unsubscribing.Standing.of(ada), timezone.now())
    assert delivered() == []


def test_who_never_confirmed_gets_no_goodbye(agents: Topic) -> None:
    unsubscribing.unsubscribe(reader(topics=[agents], state="pending"), timezone.now())
    assert not Delivery.objects.exists()


# --- Digests ---------------------------------------------------------------------------------


def test_a_weekly_digest_is_about_the_week(agents: Topic) -> None:
    reader(topics=[agents], schedule=Schedule("UTC", 7, Rhythm.WEEKLY, 2), covered=0)
    edition("Agents at work")
    planner.plan(NOW)
    (mail,) = delivered()
    assert mail["Subject"] == "Agents at work · week to 5 Nov"
    assert "The week to 5 November" in text_of(mail)


def test_a_monthly_digest_is_about_the_month_and_leads_with_its_best(agents: Topic) -> None:
    monthly = Schedule("UTC", 9, Rhythm.MONTHLY, 2)
    ada = reader("ada@readers.example", [agents], schedule=monthly, covered=0)
    weekly = Schedule("UTC", 9, Rhythm.WEEKLY, 2)
    reader("bela@readers.example", [agents], schedule=weekly, covered=0, next_digest_at=NOW)
    old = NOW - timedelta(days=28)
    edition(record("Agents of October", upvotes=300, published="2025-10-08"), day=old.date(), now=old)
    edition(record("Agents of today", upvotes=20, published="2025-11-05"))
    planner.plan(NOW)
    mails = {str(mail["To"]): mail for mail in delivered()}
    assert mails["ada@readers.example"]["Subject"] == "Agents of October and 1 more · month to 5 Nov"
    assert mails["bela@readers.example"]["Subject"] == "Agents of today and 1 more · week to 5 Nov"
    assert "The month to 5 November" in text_of(mails["ada@readers.example"])
    ada.refresh_from_db()
    assert ada.next_digest_at == datetime(2025, 12, 3, 9, tzinfo=UTC)


def test_a_digest_has_the_sources_own_summary_marked_as_its_own(agents: Topic) -> None:
    reader(topics=[agents])
    edition(record("Agents at work", "We let agents work.", summary="Agents <b>work</b>."), "Agents at home")
    planner.plan(NOW)
    (mail,) = delivered()
    assert text_of(mail).count("Summary by the source:") == 1
    assert "Summary by the source: Agents <b>work</b>." in text_of(mail)
    assert "Agents &lt;b&gt;work" in html_of(mail)


def test_a_german_reader_gets_a_german_digest(agents: Topic) -> None:
    reader(topics=[agents], language="de")
    edition(record("Agents at work", upvotes=1204))
    planner.plan(NOW)
    (mail,) = delivered()
    assert mail["Subject"] == "Agents at work · 5. Nov."
    assert mail["Content-Language"] == "de"
    assert "1.204 Stimmen" in text_of(mail)


def test_a_german_reader_is_asked_to_confirm_in_german(agents: Topic) -> None:
    weekly = Schedule("Europe/Berlin", 7, Rhythm.WEEKLY, 2)
    signup.request("ada@readers.example", Choices((agents,), ("kv*",), weekly), NOW)
    Subscriber.objects.update(language="de")
    (mail,) = delivered()
    assert mail["Subject"] == "Bestätige dein Abo von Paper Digest"
    assert "- 1 eigene Abfrage Er kommt jeden Mittwoch um 07:00 Uhr (Europe/Berlin)." in text_of(mail)


def test_the_web_view_has_whole_abstracts(client: Client, agents: Topic) -> None:
    ada = reader(topics=[agents])
    filler = "This sentence tells nothing of what was done here. " * 30
    edition(record("Agents at work", f"{filler}We propose agents."))
    planner.plan(NOW)
    (mail,) = delivered()
    assert len(text_of(mail)) < len(filler)
    page = client.get(f"/r/{signed_links.token('read', ada, Delivery.objects.get().pk)}/").content.decode()
    shown = " ".join(BeautifulSoup(page, "lxml").get_text(" ").split())
    assert filler.strip() in shown
    assert "View on the web" not in shown


def test_a_near_miss_leads_to_preferences_with_its_query_filled_in(client: Client) -> None:
    ada = reader(queries=["kv quantization", "splats"])
    edition("KV cache on disk", "Splats")
    planner.plan(NOW)
    (mail,) = delivered()
    page = BeautifulSoup(html_of(mail), "lxml")
    target = next(str(link["href"]) for link in page.select("a[href*='?add=']"))
    assert target == f"{signed_links.url('preferences', ada)}?add=kv"
    path = target.partition("//")[2].partition("/")[2]
    before = preferences.choices_of(ada)
    form = form_at(client, f"/{path}")
    assert form["queries"].split("\n") == ["kv quantization", "splats", "kv"]
    ada.refresh_from_db()
    assert preferences.choices_of(ada) == before
    client.post(f"/{path}", form)
    assert "kv" in Subscriber.objects.get().filter_set.queries


def test_the_operators_brand_signs_heads_and_ends_every_mail(agents: Topic) -> None:
    Branding.objects.create(
        pk=branding.ONLY,
        name="Lab “Reader” <x>",
        imprint="Responsible: Ada Example",
        logo=LOGO.octets,
        logo_type=LOGO.subtype,
        logo_width=LOGO.width,
        logo_height=LOGO.height,
    )
    reader(topics=[agents])
    edition("Agents that read manuals")
    planner.plan(NOW)
    (mail,) = delivered()
    assert mail["From"].addresses[0].display_name == "Lab “Reader” <x>"
    assert mail["From"].addresses[0].addr_spec == "digest@localhost"
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    html = mail.get_body(("html",))
    assert html is not None
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    assert picture.get_content() == LOGO.octets
    assert "Responsible: Ada Example" in text_of(mail)


def test_a_reader_who_asked_for_text_gets_text_alone(agents: Topic) -> None:
    edition("Agents that plan")
    reader("ada@readers.example", topics=[agents], format="text")
    reader("bob@readers.example", topics=[agents])
    planner.plan(timezone.now())
    mails = {mail["To"]: mail for mail in delivered()}
    assert mails["ada@readers.example"].get_content_type() == "text/plain"
    assert "Agents that plan" in text_of(mails["ada@readers.example"])
    assert mails["bob@readers.example"].get_content_type() == "multipart/alternative"
    assert text_of(mails["bob@readers.example"]).count("\n") == text_of(mails["ada@readers.example"]).count(
        "\n"
    )
