"""The first digest comes on confirming, in one mail with the welcome, and none of its papers comes again."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.db import connection

from digest.models import Topic
from subscriptions import outbox
from subscriptions.accounts import preferences, signup, unsubscribing
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Run, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import first_digest, planner
from tests.factories import DAY, NOW, edition, topic
from tests.subscriptions.emails.test_letters import Inbox, html_of, text_of

pytestmark = pytest.mark.django_db
State = Delivery.State
BERLIN = Schedule("Europe/Berlin", 7)
TOMORROW = NOW + timedelta(hours=22)  # past the reader's hour
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def agents() -> Topic:
    return topic("agents", "agents")


def asked(agents: Topic, schedule: Schedule = BERLIN, *, at_once: bool = True) -> Subscriber:
    """A reader who signed up and has the letter with the link."""
    choices = Choices((agents,), (), schedule, first_at_once=at_once)
    signup.request("ada@readers.example", choices, NOW)
    Delivery.objects.filter(kind="confirm").update(state=State.ACCEPTED)
    return Subscriber.objects.get()


def confirmed(agents: Topic, schedule: Schedule = BERLIN, *, at_once: bool = True) -> Subscriber:
    first_digest.confirm(asked(agents, schedule, at_once=at_once), NOW, "192.0.2.1")
    return Subscriber.objects.get()


def delivered() -> list[EmailMessage]:
    """All mail that waits now."""
    inbox = Inbox()
    outbox.deliver(inbox)
    return inbox.mails


def titles(mail: EmailMessage) -> list[str]:
    return [part.partition("</a>")[0].rpartition(">")[2] for part in html_of(mail).split("<h3")[1:]]


def test_who_confirms_gets_the_welcome_and_the_first_digest_as_one_mail_at_once(agents: Topic) -> None:
    edition("Agents of last week", day=DAY - timedelta(days=6))
    edition("Agents at work", "Splats")
    ada = confirmed(agents)
    (mail,) = delivered()
    said = text_of(mail)
    assert mail["Subject"] == "Welcome: Agents at work · 5 Nov"
    assert (
        "Your subscription is confirmed. This is your first digest; the next one comes on Thursday," in said
    )
    assert "6 November at 07:00 (Europe/Berlin), if a paper matches." in said
    assert "Agents at work" in said
    assert "Agents of last week" not in said
    assert "List-Unsubscribe" in mail
    assert str(ada.next_digest_at) == "2025-11-06 06:00:00+00:00"


def test_no_paper_of_the_first_digest_comes_again_at_the_hour_chosen(agents: Topic) -> None:
    edition("Agents at work")
    confirmed(agents)
    delivered()
    with time_machine.travel(TOMORROW, tick=False):
        assert planner.plan(TOMORROW).skipped == 1
        assert delivered() == []
        edition("Agents at work", "Agents at sea")  # the same day went on
        after = TOMORROW + timedelta(days=1)
        planner.plan(after)
        (mail,) = delivered()
    assert "Agents at sea" in text_of(mail)
    assert "Agents at work" not in text_of(mail)
    assert "confirmed" not in text_of(mail)


def test_who_wants_the_first_digest_at_its_hour_gets_the_letter_now_and_the_digest_then(
    agents: Topic,
) -> None:
    edition("Agents at work")
    confirmed(agents, at_once=False)
    (letter,) = delivered()
    assert letter["Subject"] == "Welcome to Paper Digest"
    with time_machine.travel(TOMORROW, tick=False):
        planner.plan(TOMORROW)
        (digest,) = delivered()
    assert digest["Subject"] == "Agents at work · 5 Nov"


@pytest.mark.parametrize("listed", [["Splats"], []])
def test_where_nothing_matches_the_letter_that_looks_back_comes_alone(
    agents: Topic, listed: list[str]
) -> None:
    if listed:
        edition(*listed)
    confirmed(agents)
    (mail,) = delivered()
    assert mail["Subject"] == "Welcome to Paper Digest"
    assert "Your first digest comes on Thursday, 6 November at 07:00" in text_of(mail)


def test_who_widens_filters_that_matched_nothing_has_the_newest_day_at_the_hour(agents: Topic) -> None:
    edition("Splats")
    ada = confirmed(agents)
    delivered()
    preferences.save(ada, replace(preferences.choices_of(ada), queries=("splats",)), NOW)
    with time_machine.travel(TOMORROW, tick=False):
        planner.plan(TOMORROW)
        (mail,) = delivered()
    assert "Splats" in text_of(mail)


def test_confirming_again_sends_nothing_more(agents: Topic) -> None:
    edition("Agents at work")
    ada = confirmed(agents)
    first_digest.confirm(ada, NOW + timedelta(minutes=1), "192.0.2.2")
    assert len(delivered()) == 1
    assert "192.0.2.1" in Subscriber.objects.get().consent


def test_a_weekly_reader_has_the_first_digest_now_and_the_next_in_their_week(agents: Topic) -> None:
    edition("Agents at work")
    ada = confirmed(agents, Schedule("UTC", 7, Rhythm.WEEKLY, 0))
    (mail,) = delivered()
    assert "the next one comes on Monday, 10 November at 07:00 (UTC)" in text_of(mail)
    assert str(ada.next_digest_at) == "2025-11-10 07:00:00+00:00"


def test_no_run_is_made_for_one_reader(agents: Topic) -> None:
    edition("Agents at work")
    confirmed(agents)
    assert not Run.objects.exists()


def test_who_comes_back_by_signing_up_has_at_once_what_came_out_since(agents: Topic) -> None:
    edition("Agents at work")
    ada = confirmed(agents)
    delivered()
    unsubscribing.unsubscribe(ada, NOW)
    delivered()
    edition("Agents at work", "Agents at sea")
    later = NOW + timedelta(days=2)
    with time_machine.travel(later, tick=False):
        signup.request(ada.email, Choices((agents,), (), BERLIN), later)
        first_digest.confirm(Subscriber.objects.get(), later, "192.0.2.1")
        mail = delivered()[-1]
    assert "Agents at sea" in text_of(mail)
    assert "Agents at work" not in text_of(mail)


def test_a_first_digest_that_may_not_have_arrived_is_carried_to_the_hour_chosen(agents: Topic) -> None:
    edition("Agents at work")
    confirmed(agents)
    Delivery.objects.filter(kind="digest").update(state=State.UNKNOWN)
    with time_machine.travel(TOMORROW, tick=False):
        planner.plan(TOMORROW)
        (mail,) = delivered()
    assert "FROM YOUR LAST DIGEST" in text_of(mail)
    assert "Agents at work" in text_of(mail)


def test_a_first_digest_that_never_left_becomes_one_with_the_next_which_then_welcomes(agents: Topic) -> None:
    edition("Agents at work")
    confirmed(agents)
    edition("Agents at sea", day=NEXT_DAY)
    with time_machine.travel(TOMORROW, tick=False):
        assert planner.plan(TOMORROW).superseded == 1
        (mail,) = delivered()
    assert "Your subscription is confirmed." in text_of(mail)
    assert "the next one comes on Friday, 7 November" in text_of(mail)
    assert "Agents at work" in text_of(mail)
    assert "Agents at sea" in text_of(mail)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_eight_presses_and_four_planners_at_the_same_moment_make_one_mail(agents: Topic) -> None:
    """The planners believe that it is tomorrow: the reader is due as soon as they are active."""
    edition("Agents at work")
    ada = asked(agents)
    at_the_gate = threading.Barrier(12)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            at_the_gate.wait(20)
            if number < 8:
                first_digest.confirm(Subscriber.objects.get(pk=ada.pk), NOW, "192.0.2.1")
            else:
                planner.plan(TOMORROW)
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    sent = delivered()
    assert len(sent) == 1
    assert "Your subscription is confirmed." in text_of(sent[0])
    assert not Delivery.objects.filter(kind="welcome").exists()
