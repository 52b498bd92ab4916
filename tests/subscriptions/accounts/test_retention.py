"""Old digests go, and readers get the same papers as from a database that forgets nothing."""

import json
import os
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from digest.ingestion import saving
from digest.models import Paper, Release, Revision, Selection
from subscriptions.accounts import preferences, retention, signup, unsubscribing
from subscriptions.accounts.retention import Freed, forget_old, would_free
from subscriptions.models import DailyFigure, Delivery, Run, Subscriber, Vote
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import runs
from subscriptions.planning.planner import plan
from tests.factories import NOW, edition, reader, record, topic

pytestmark = pytest.mark.django_db
State = Delivery.State
DAYS = timedelta(days=1)
KEPT = 8  # days, in the place of half a year
EXAMPLES = int(os.environ.get("RETENTION_RUNS", "6"))


@pytest.fixture(autouse=True)
def _days_in_place_of_months(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HISTORY_DAYS = KEPT
    monkeypatch.setattr(saving, "NEW_AT_MOST", KEPT * DAYS)
    monkeypatch.setattr(retention, "BEHIND", KEPT * DAYS)


def sent(day: int, state: State = State.ACCEPTED) -> None:
    """Plan the digests of a day and let all that wait come to this state."""
    now = NOW + day * DAYS
    plan(now)
    settle(day, state)
    runs.update_states(now)


def settle(day: int, state: State) -> None:
    now = NOW + day * DAYS
    Delivery.objects.filter(settled_at__gt=now).update(settled_at=now)
    Delivery.objects.filter(state=State.PENDING).update(state=state, settled_at=now)


def listed(title: str, day: int, of: int | None = None, votes: int | None = None) -> None:
    """List a paper of the day `of` on a day, with so many votes."""
    about = (NOW + (day if of is None else of) * DAYS).date()
    edition(record(title, upvotes=votes), day=about, now=NOW + day * DAYS - timedelta(minutes=1))


def mails_of(address: str) -> list[list[str]]:
    """The titles of the papers of each digest that is stored."""
    digests = Delivery.objects.filter(subscriber__email=address, kind="digest").order_by("due_at")
    digests = digests.exclude(state=State.SKIPPED).select_related("selection")
    titles = dict(Paper.objects.values_list("pk", "title"))
    return [[titles[pk] for pk in digest.selection.papers] for digest in digests if digest.selection]


def a_month() -> None:
    reader("ada@readers.example", topics=[topic("agents", "agents")])
    for day in range(30):
        listed(f"Agents {day}", day)
        sent(day)


def test_digests_older_than_the_setting_become_daily_figures() -> None:
    a_month()
    before = Delivery.objects.count()
    would = would_free(NOW + 29 * DAYS)
    freed = forget_old(NOW + 29 * DAYS)
    assert would == freed
    stay = Delivery.objects.count()
    assert KEPT <= stay < before / 2
    assert freed == Freed(deliveries=before - stay, selections=before - stay, runs=before - stay)
    assert set(DailyFigure.objects.values_list("kind", "state", "gone")) == {("digest", "accepted", 1)}
    assert DailyFigure.objects.count() == before - stay
    assert Selection.objects.count() == Run.objects.count() == stay
    assert forget_old(NOW + 29 * DAYS) == Freed()


def test_the_command_says_what_it_would_free_and_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    a_month()  # a year ago
    call_command("forget_old", "--dry-run", "--json")
    would = json.loads(capsys.readouterr().out)
    assert would["rows"]["deliveries"] == Delivery.objects.count() - 1
    assert would["bytes"]["deliveries"] > 100
    call_command("forget_old")
    said = capsys.readouterr().out
    assert f"deliveries   {would['rows']['deliveries']} deleted, about 0.0 MB" in said
    assert "Kept: 8 days of digests, 60 days of answers." in said
    assert Delivery.objects.count() == Selection.objects.count() == 1


def test_the_operator_sees_how_many_mails_there_were_on_days_that_are_not_kept(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    DailyFigure.objects.deleted({(NOW.date(), "digest", "accepted"): 40})
    DailyFigure.objects.deleted(
        {(NOW.date(), "digest", "accepted"): 2, (NOW.date(), "goodbye", "refused"): 1}
    )
    page = admin_client.get(reverse("admin:subscriptions_dailyfigure_changelist")).content.decode()
    assert re.search(r">\s*42\s*<", page)
    assert "goodbye" in page
    call_command("status", "--json")
    assert json.loads(capsys.readouterr().out)["deliveries"]["forgotten"] == 43


def test_what_there_is_no_time_for_goes_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STEP", 3)
    a_month()
    assert forget_old(NOW + 29 * DAYS, seconds=0) == Freed()
    freed = forget_old(NOW + 29 * DAYS)
    assert freed.deliveries > 9
    assert freed.runs == freed.deliveries


def test_a_vote_outlives_the_digest_whose_link_was_pressed() -> None:
    a_month()
    first = Delivery.objects.order_by("due_at")[0]
    paper = Paper.objects.get(title="Agents 0")
    Vote.objects.create(
        subscriber=first.subscriber, paper=paper, delivery=first, verdict=Vote.Verdict.MORE, at=NOW
    )
    forget_old(NOW + 29 * DAYS)
    assert Vote.objects.get().delivery is None


def test_the_last_mail_that_a_reader_got_stays() -> None:
    reader("ada@readers.example", queries=["agents"])
    listed("Agents", 0)
    sent(0)
    for day in range(1, 30):
        listed(f"Boats {day}", day)
        sent(day)
    forget_old(NOW + 29 * DAYS)
    assert mails_of("ada@readers.example") == [["Agents"]]


def test_papers_of_a_digest_that_may_not_have_arrived_come_once_more_and_not_again() -> None:
    reader("ada@readers.example", topics=[topic("agents", "agents")])
    listed("Agents 0", 0)
    sent(0, State.UNKNOWN)
    for day in range(1, 30):
        listed(f"Agents {day}", day)
        sent(day)
        forget_old(NOW + day * DAYS)
    assert DailyFigure.objects.get(state="unknown").gone == 1
    for digest in mails_of("ada@readers.example"):
        assert "Agents 0" not in digest


def test_what_a_reader_who_pauses_had_is_kept_until_they_are_back() -> None:
    ada = reader("ada@readers.example", queries=["upvotes>=50"])
    listed("Agents", 0, votes=60)
    sent(0)
    listed("Agents", 1, of=0, votes=10)
    sent(1)
    preferences.pause(ada)
    listed("Agents", 4, of=0, votes=70)
    for day in range(4, 40, 4):
        listed(f"Boats {day}", day, votes=0)
        forget_old(NOW + day * DAYS)
    preferences.resume(ada, NOW + 39 * DAYS)
    sent(41)
    assert mails_of("ada@readers.example") == [["Agents"]]


def test_an_old_digest_is_kept_while_a_paper_of_it_may_match_anew() -> None:
    reader("ada@readers.example", queries=["upvotes>=50"])
    listed("Agents", 0, votes=60)
    sent(0)
    listed("Agents", 1, of=0, votes=10)
    listed("Boats", 2, votes=60)
    sent(2)
    listed("Agents", 7, of=0, votes=70)
    forget_old(NOW + 9 * DAYS)
    sent(9)
    assert mails_of("ada@readers.example")[-1] == ["Boats"]


def test_who_left_long_ago_is_not_waited_for_and_starts_anew() -> None:
    ada = reader("ada@readers.example", queries=["agents"])
    listed("Agents", 0)
    sent(0, State.REFUSED)
    unsubscribing.unsubscribe(ada, NOW)
    Delivery.objects.filter(kind="goodbye").update(due_at=NOW, settled_at=NOW, state=State.ACCEPTED)
    for day in range(1, 30):
        listed(f"Boats {day}", day)
        forget_old(NOW + day * DAYS)
    assert not Delivery.objects.filter(kind="digest").exists()
    ada.refresh_from_db()
    assert ada.returning


def test_old_values_of_papers_go_and_releases_that_brought_nothing_else() -> None:
    reader("ada@readers.example", queries=["upvotes>=50"])
    for day in range(30):
        listed(f"Agents {day}", day, votes=1)
        listed(f"Agents {day}", day, votes=2)
        sent(day)
    revisions, releases = Revision.objects.count(), Release.objects.count()
    would = would_free(NOW + 29 * DAYS)
    freed = forget_old(NOW + 29 * DAYS)
    assert would == freed
    assert freed.revisions == revisions - Revision.objects.count() > 9
    assert freed.releases == releases - Release.objects.count() > 9
    assert Paper.objects.filter(release=None).count() == 0


class Step(NamedTuple):
    """So many days later: an older paper gets votes, a reader does something, digests come to an end."""

    days: int
    older: int
    votes: int
    who: int
    does: str
    ends: Sequence[State]


READERS = ("ada", "bela", "chidi", "dana")
STEPS = st.lists(
    st.builds(
        Step,
        days=st.integers(1, 3),
        older=st.integers(1, KEPT + 3),
        votes=st.sampled_from([0, 30, 60, 90]),
        who=st.integers(0, 3),
        does=st.sampled_from(["nothing", "nothing", "pause", "resume", "weekly", "daily", "leave", "return"]),
        ends=st.lists(
            st.sampled_from([State.ACCEPTED] * 4 + [State.UNKNOWN, State.REFUSED, State.PENDING]),
            min_size=4,
            max_size=4,
        ),
    ),
    min_size=8,
    max_size=24,
)


def lived(steps: Sequence[Step], *, forgetting: bool) -> tuple[list[tuple[int, str, list[str]]], int]:
    """Which papers each reader got on which day in this history, and how many rows were forgotten."""
    reader("ada@readers.example", queries=["upvotes>=50"])
    reader("bela@readers.example", queries=["agents"], chosen={"trending": 3})
    reader("chidi@readers.example", queries=["upvotes>=50 OR rare"])
    reader("dana@readers.example", topics=[topic("agents", "agents AND upvotes>=30")])
    day, got, freed = 0, [], 0
    for step in steps:
        day += step.days
        now = NOW + day * DAYS
        listed(f"Agents of {day}", day, votes=step.votes)
        for older in (day - step.older, day - step.older - 1):
            if Paper.objects.filter(title=f"Agents of {older}").exists():
                listed(f"Agents of {older}", day, of=older, votes=90 - step.votes)
        _act(step, now)
        plan(now)
        waiting = Delivery.objects.filter(state=State.PENDING, kind="digest").select_related("selection")
        titles = dict(Paper.objects.values_list("pk", "title"))
        for digest in waiting.order_by("subscriber__email", "due_at"):
            name = digest.subscriber.email.partition("@")[0]
            end = step.ends[READERS.index(name)]
            if end != State.PENDING and digest.selection:
                got.append((day, name, [titles[pk] for pk in digest.selection.papers]))
                Delivery.objects.filter(pk=digest.pk).update(state=end, settled_at=now)
        settle_others(day)
        runs.update_states(now)
        if forgetting:
            one = forget_old(now)
            freed += one.deliveries + one.revisions + one.releases
    return got, freed


def settle_others(day: int) -> None:
    now = NOW + day * DAYS
    Delivery.objects.filter(settled_at__gt=now).update(settled_at=now)
    letters = Delivery.objects.filter(state=State.PENDING).exclude(kind="digest")
    letters.update(state=State.ACCEPTED, settled_at=now)


def _act(step: Step, now: datetime) -> None:
    one = Subscriber.objects.get(email=f"{READERS[step.who]}@readers.example")
    recently = one.left_at is not None and now - one.left_at < KEPT * DAYS
    match step.does:
        case "pause":
            preferences.pause(one)
        case "resume":
            preferences.resume(one, now - DAYS)
        case "leave":
            unsubscribing.unsubscribe(one, now)
        case "return" if recently:
            signup.come_back(one, now - DAYS, "here")
        case "weekly" | "daily":
            schedule = Schedule("UTC", 7, Rhythm(step.does))
            Subscriber.objects.filter(pk=one.pk).update(rhythm=schedule.rhythm)


@given(steps=STEPS)
@settings(
    max_examples=EXAMPLES,
    derandomize="RETENTION_RUNS" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_readers_get_the_same_papers_from_a_database_that_forgets_nothing(steps: list[Step]) -> None:
    lives = []
    for forgetting in (False, True):
        cache.clear()
        with transaction.atomic():
            lives.append(lived(steps, forgetting=forgetting))
            transaction.set_rollback(True)
    assert lives[0][0] == lives[1][0]
