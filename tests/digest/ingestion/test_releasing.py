"""What was only stored is released when somebody says so: in order of day, each paper once."""

import io
import json
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command

from digest import sources
from digest.ingestion import releasing, store
from digest.models import EditionEntry, Paper, Release
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning.planner import plan
from tests.factories import DAY, NOW, edition, reader, record, source, topic

pytestmark = pytest.mark.django_db


def only_stored(*titles: str, day: date = DAY, of: str = "huggingface") -> None:
    lines = "\n".join(json.dumps(record(title) | {"day": day.isoformat()}) for title in titles).encode()
    store.store(sources.parse(lines, today=day, day=day), source(of), NOW, release=False)


def test_what_was_only_stored_is_released_in_order_of_day() -> None:
    only_stored("Today")
    only_stored("Yesterday", day=DAY - timedelta(days=1))
    released = releasing.release(releasing.unreleased(NOW), NOW)
    assert [(one.edition.day, one.papers) for one in released] == [(DAY - timedelta(days=1), 1), (DAY, 1)]
    assert list(Paper.objects.order_by("release_id").values_list("title", flat=True)) == [
        "Yesterday",
        "Today",
    ]


def test_a_second_release_finds_nothing_to_do() -> None:
    only_stored("Today")
    releasing.release(releasing.unreleased(NOW), NOW)
    assert releasing.release(releasing.unreleased(NOW), NOW) == []
    assert Release.objects.count() == 1


def test_a_paper_of_two_days_is_new_on_the_first_and_counted_once() -> None:
    for age in (1, 0):
        only_stored("Twice", day=DAY - timedelta(days=age))
    waiting = releasing.unreleased(NOW)
    assert releasing.counted_by_day(waiting) == {DAY - timedelta(days=1): 1}
    assert sum(one.papers for one in releasing.release(waiting, NOW)) == 1
    assert not EditionEntry.objects.filter(release=None).exists()


def test_papers_of_days_more_than_180_days_ago_are_never_new() -> None:
    only_stored("Old", day=DAY - timedelta(days=181))
    only_stored("Just in time", day=DAY - timedelta(days=180))
    releasing.release(releasing.unreleased(NOW), NOW)
    assert Paper.objects.get(release=None).title == "Old"


def test_a_paper_that_was_released_on_another_day_does_not_wait() -> None:
    edition("First")
    only_stored("First", day=DAY - timedelta(days=3))
    assert not releasing.unreleased(NOW).exists()


def test_a_released_paper_reaches_a_reader_once() -> None:
    reader(topics=[topic("agents", "agents")])
    edition("Agents at work")
    assert sent_at(NOW) == {"Agents at work"}
    only_stored("Agents of last week", day=DAY - timedelta(days=7))
    assert sent_at(NOW + timedelta(days=1)) == set()
    releasing.release(releasing.unreleased(NOW), NOW)
    assert sent_at(NOW + timedelta(days=2)) == {"Agents of last week"}
    assert sent_at(NOW + timedelta(days=3)) == set()


def sent_at(now: datetime) -> set[str]:
    """The papers of the digest that is planned for `now`, and accepted."""
    Subscriber.objects.update(next_digest_at=now)
    plan(now)
    pending = Delivery.objects.filter(state="pending").select_related("selection")
    papers = {number for delivery in pending if delivery.selection for number in delivery.selection.papers}
    pending.update(state="accepted")
    return set(Paper.objects.filter(pk__in=papers).values_list("title", flat=True))


def said(*options: str) -> str:
    out = io.StringIO()
    call_command("release", "--source=huggingface", f"--from={DAY}", f"--to={DAY}", *options, stdout=out)
    return out.getvalue()


def test_the_command_releases_the_days_of_one_source_once() -> None:
    with time_machine.travel(NOW, tick=False):
        only_stored("Ours", "Ours too")
        only_stored("Too early", day=DAY - timedelta(days=1))
        only_stored("Theirs", of="other")
        assert said("--dry-run") == "2025-11-05: 2 papers would be released\n"
        assert said() == "2025-11-05: 2 papers released\n"
        assert said() == "Nothing was released: no paper of these days is waiting.\n"
    assert set(Paper.objects.filter(release=None).values_list("title", flat=True)) == {"Too early", "Theirs"}


def test_the_last_day_cannot_be_before_the_first() -> None:
    source("huggingface")
    with pytest.raises(CommandError, match="The first day, 2025-11-02, is after the last, 2025-11-01"):
        call_command("release", "--source=huggingface", "--from=2025-11-02", "--to=2025-11-01")


def test_the_command_names_the_sources_that_there_are() -> None:
    source("huggingface")
    with pytest.raises(CommandError, match=r"no source “arxiv” \(there is: huggingface\)"):
        call_command("release", "--source=arxiv", "--from=2025-11-01", "--to=2025-11-02")
