"""`manage.py backfill`: days before a source was enabled are fetched, stored, and sent to nobody."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from pytest_django import Settings

from digest.ingestion import backfill, fetchers, politeness, releasing
from digest.models import Edition, Paper, Release, Source, SourceDay
from digest.sources.http.client import Timing
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning.planner import plan
from tests.digest.ingestion.hugging_face import SITE, HuggingFace, listed, playing
from tests.factories import DAY, NOW, edition, reader, source, topic

pytestmark = pytest.mark.django_db
ONE = timedelta(days=1)
BEFORE = DAY - ONE


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits for a turn, nor for a source that does not answer; the clock stands."""
    monkeypatch.setattr(backfill, "sleep", lambda seconds: None)
    monkeypatch.setattr(politeness, "wait_for_turn", lambda host, interval, patience: None)
    monkeypatch.setattr(fetchers, "Timing", partial(Timing, sleep=lambda seconds: None))
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def site(settings: Settings) -> Iterator[HuggingFace]:
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        site.answers = lambda day: listed(day, f"Agents of {day}", f"Robots of {day}")
        yield site


def enabled(**values: Any) -> Source:
    since = datetime.combine(DAY, time(9), UTC)
    return source(enabled=True, enabled_at=since, **values)


def backfilled(since: date, until: date = BEFORE, *options: str) -> list[str]:
    out = io.StringIO()
    try:
        call_command(
            "backfill", "--source=huggingface", f"--from={since}", f"--to={until}", *options, stdout=out
        )
    finally:
        said = out.getvalue().splitlines()
    return said


def test_days_before_the_source_was_enabled_are_stored_oldest_first(site: HuggingFace) -> None:
    enabled()
    assert backfilled(DAY - 2 * ONE) == [
        "1/2 2025-11-03: 2 papers, 2 of them new",
        "2/2 2025-11-04: 2 papers, 2 of them new",
    ]
    assert Edition.objects.count() == 2
    assert not Release.objects.exists()


def test_a_backfill_of_400_days_sends_nothing(site: HuggingFace) -> None:
    enabled()
    ada = reader(topics=[topic("agents", "agents")], schedule=None)
    edition("Agents at work")
    plan(NOW)
    assert Delivery.objects.filter(kind="digest").count() == 1
    Delivery.objects.update(state="accepted")
    backfilled(DAY - 400 * ONE)
    assert Paper.objects.count() == 801
    for days in range(1, 9):
        now = NOW + days * ONE
        Subscriber.objects.update(next_digest_at=now)
        plan(now)
    sent = Delivery.objects.exclude(state="skipped")
    assert list(sent.values_list("subscriber", "state")) == [(ada.pk, "accepted")]
    assert sum(releasing.counted_by_day(releasing.unreleased(NOW)).values()) == 360


def test_a_second_run_asks_only_for_days_without_an_answer(site: HuggingFace) -> None:
    enabled()
    first, last = DAY - 9 * ONE, DAY - 7 * ONE
    site.lists({first: listed(first, "Agents"), first + ONE: 404})
    with pytest.raises(
        CommandError, match=r"1 day could not be fetched: 2025-10-28\. The same command goes on"
    ):
        backfilled(first, last)
    site.asked.clear()
    site.lists({first + ONE: listed(first + ONE, "Robots")})
    assert backfilled(first, last) == ["1/1 2025-10-28: 1 paper, 1 of them new"]
    assert site.asked == [first + ONE]
    assert backfilled(first, last) == []
    assert len(backfilled(first, last, "--again")) == 3


def test_the_error_of_a_day_does_not_stop_the_others(site: HuggingFace) -> None:
    enabled()
    site.lists({DAY - 3 * ONE: b"<html><title>Sorry</title>", BEFORE: listed(BEFORE, "Agents")})
    with pytest.raises(CommandError, match="1 day could not be fetched: 2025-11-02"):
        backfilled(DAY - 3 * ONE)
    assert Paper.objects.get().title == "Agents"
    assert not SourceDay.objects.filter(day=DAY - 3 * ONE).exists()


def test_a_source_that_does_not_answer_is_left_alone_after_some_days(site: HuggingFace) -> None:
    enabled()
    site.answers = lambda day: 503
    with pytest.raises(CommandError, match=r"60 days could not be fetched: 2025-09-06, .* and 55 more"):
        backfilled(DAY - 60 * ONE)
    assert len(set(site.asked)) == len(backfill.PAUSES) + 1


def test_ctrl_c_leaves_whole_days_and_the_next_run_goes_on(site: HuggingFace) -> None:
    enabled()
    answers = site.answers

    class Interrupted(io.StringIO):
        """The terminal of somebody who presses Ctrl-C after two days."""

        def write(self, text: str) -> int:
            if text.startswith("2/4"):
                raise KeyboardInterrupt
            return super().write(text)

    days = [f"--from={DAY - 4 * ONE}", f"--to={BEFORE}"]
    with pytest.raises(CommandError, match=r"Stopped\. What was fetched is stored") as stopped:
        call_command("backfill", "--source=huggingface", *days, stdout=Interrupted())
    assert stopped.value.returncode == 130
    assert [one.papers.count() for one in Edition.objects.all()] == [2, 2]
    site.answers = answers
    assert len(backfilled(DAY - 4 * ONE)) == 2
    assert Edition.objects.count() == 4


def test_days_since_the_source_was_enabled_are_left_to_its_checks(site: HuggingFace) -> None:
    enabled()
    said = backfilled(BEFORE, DAY + 3 * ONE)
    assert said[0] == "Days after 2025-11-04 are fetched, and released, by the source's own checks."
    assert site.asked == [BEFORE]


def test_a_source_that_only_tells_what_it_lists_now_has_no_past_days() -> None:
    enabled(adapter="none")
    with pytest.raises(CommandError, match="cannot be asked for a past day"):
        backfilled(BEFORE)
