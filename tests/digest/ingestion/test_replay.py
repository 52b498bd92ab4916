"""Kept answers are parsed again: what changes is told, stored, and goes to no reader."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from digest.ingestion import raw_answers, releasing
from digest.ingestion.differences import EditionChange, FactChange, PaperChange, Stored, differences
from digest.ingestion.replay import Replayed, replay
from digest.ingestion.store import store
from digest.lib.records import title_key
from digest.models import Edition, Paper, RawAnswer, Release, Revision, SourceDay
from digest.sources import ParsedAnswer, registry
from digest.sources.adapter import Adapter, Format
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def keep(
    *records: str | dict[str, object], at: datetime = NOW, day: date = DAY, form: str = "records"
) -> None:
    """Keep an answer of the source that lists these papers, and store nothing of it."""
    lines = (record(entry) if isinstance(entry, str) else entry for entry in records)
    raw = "\n".join(json.dumps(line | {"day": day.isoformat()}) for line in lines).encode()
    raw_answers.keep(source(), day, (raw,), form, at)


def replayed(since: date = DAY, until: date = DAY, *, dry_run: bool = False) -> Sequence[Replayed]:
    return list(replay(source(), since, until, NOW + 9 * HOUR, dry_run=dry_run))


def titles() -> set[str]:
    return set(Paper.objects.values_list("title", flat=True))


def test_a_replay_finds_the_papers_of_kept_answers_and_releases_none() -> None:
    edition("First")
    keep("First", "Second", at=NOW + HOUR)
    (day,) = replayed()
    assert day.differences.found == (PaperChange(title_key("Second"), "Second"),)
    assert day.differences.editions == (EditionChange(DAY, papers=(1, 2), rejected=(0, 0)),)
    assert titles() == {"First", "Second"}
    assert Release.objects.count() == 1
    assert [entry.paper.title for entry in releasing.unreleased(NOW)] == ["Second"]


def test_a_dry_run_says_the_same_and_stores_nothing() -> None:
    edition(record("First", upvotes=3))
    keep(record("First", upvotes=9), "Second", at=NOW + HOUR)
    said = replayed(dry_run=True)
    assert titles() == {"First"}
    assert Paper.objects.get().upvotes == 3
    assert replayed() == said
    assert Paper.objects.get(title="First").upvotes == 9


def test_a_replay_tells_which_facts_change_from_what_to_what() -> None:
    edition(record("First", upvotes=3, organization=None))
    keep(record("First", upvotes=9, organization="ISTA"), at=NOW + HOUR)
    (day,) = replayed()
    facts = (FactChange("organization", "", "ISTA"), FactChange("upvotes", 3, 9))
    assert day.differences.changed == (PaperChange(title_key("First"), "First", facts),)


def test_of_the_answers_of_a_day_the_newest_has_the_last_word() -> None:
    edition(record("First", upvotes=1))
    keep(record("First", upvotes=9), at=NOW + 2 * HOUR)
    keep(record("First", upvotes=5), at=NOW + HOUR)
    replayed()
    assert Paper.objects.get().upvotes == 9


def test_facts_that_a_replay_changes_make_no_paper_cross_a_threshold() -> None:
    edition(record("First", upvotes=3))
    keep(record("First", upvotes=60), at=NOW + HOUR)
    replayed()
    assert not Revision.objects.exists()


def test_a_second_replay_changes_nothing() -> None:
    keep("First", "Second")
    assert replayed()[0].differences
    assert not replayed()[0].differences


def test_a_replay_is_no_fetch() -> None:
    edition("First")
    replayed()
    assert Edition.objects.get().fetched_at == NOW


def test_days_are_parsed_again_in_order_and_only_those_that_were_asked_for() -> None:
    for age in range(4):
        keep(f"Paper {age}", day=DAY - timedelta(days=age))
    days = replayed(DAY - timedelta(days=2), DAY - timedelta(days=1))
    assert [day.day for day in days] == [DAY - timedelta(days=2), DAY - timedelta(days=1)]
    assert titles() == {"Paper 1", "Paper 2"}


def test_an_answer_that_cannot_be_parsed_any_more_is_told_and_leaves_what_is_stored() -> None:
    edition("First")
    RawAnswer.objects.update(format="of-a-later-version")
    keep("First", "Second", at=NOW + HOUR)
    (day,) = replayed()
    (failed,) = day.failed
    assert failed.fetched_at == NOW
    assert "a format of this version, found “of-a-later-version”" in failed.why
    assert titles() == {"First", "Second"}


def test_an_answer_that_could_not_be_read_when_it_came_is_tried_again() -> None:
    source(adapter="none")
    keep("First", form="")
    assert replayed()[0].differences.found
    assert RawAnswer.objects.get().format == "records"


def test_a_day_without_papers_changes_nothing() -> None:
    raw_answers.keep(source(), DAY, (b"[]",), "api-json", NOW)
    (day,) = replayed()
    assert not day.differences
    assert not day.failed
    assert not Edition.objects.exists()


def test_fields_that_still_cannot_be_read_are_counted() -> None:
    keep(record("First", authors="many"), record("Second", authors="some"))
    assert replayed()[0].unreadable == {"authors": 2}


def test_an_answer_is_parsed_again_in_its_own_format_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version's adapter, asked first, would take any bytes for ten papers of its own."""
    edition("First")
    papers = tuple(build_record(DAY, title=f"Mistaken {number}") for number in range(10))
    form = Format("anything", lambda _raw: True, lambda *_: ParsedAnswer(DAY, "anything", papers, ()))
    monkeypatch.setattr(registry, "ADAPTERS", (Adapter("any", "Anything", (form,)), *registry.ADAPTERS))
    assert not replayed()[0].differences
    assert titles() == {"First"}


def test_papers_that_turn_out_to_be_one_are_told() -> None:
    edition(record("First", key="arxiv:2511.00001"))
    edition(record("Quite another title", key="doi:10.5555/example.1"), day=DAY - timedelta(days=1))
    merging = build_record(DAY, title="First", arxiv="2511.00001", other_keys=["doi:10.5555/example.1"])
    before = Stored.about(source(), [ParsedAnswer(DAY, "records", (merging,), ())])
    store(ParsedAnswer(DAY, "records", (merging,), ()), source(), NOW + HOUR)
    after = Stored.about(source(), [ParsedAnswer(DAY, "records", (merging,), ())])
    assert differences(before, after).merged == (PaperChange("doi:10.5555/example.1", "Quite another title"),)


def test_a_day_no_longer_lacks_what_can_be_read_now() -> None:
    edition("First")
    day = SourceDay.objects.create(
        source=source(), day=DAY, checked_at=NOW, listed=0, unreadable={"authors": 1}, settled=True
    )
    replayed(dry_run=True)
    day.refresh_from_db()
    assert day.unreadable == {"authors": 1}
    replayed()
    day.refresh_from_db()
    assert (day.listed, day.unreadable, day.checked_at, day.settled) == (1, {}, NOW, True)
