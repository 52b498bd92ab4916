"""“Did today's papers arrive?”: the list of sources and the page of one say so in words and as a calendar."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.admin.sources import arrival, days
from digest.admin.sources.arrival import DayOfSource, Tone
from digest.celery import app
from digest.models import Source, SourceDay
from digest.sources.adapter import Adapter, Announcement, Get
from tests.factories import edition, source

MONDAY = date(2025, 11, 3)
FRIDAY = date(2025, 10, 31)


def fetch_day(day: date, get: Get) -> list[bytes]:
    raise NotImplementedError


GROWING = Adapter("growing", "Growing", (), fetch_day=fetch_day)
ANNOUNCED = Adapter(
    "announced", "Announced", (), fetch_day=fetch_day, announcement=Announcement(time(20), "America/New_York")
)
BY_HAND = Adapter("by-hand", "By hand", ())


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def said(
    adapter: Adapter | None,
    *known: DayOfSource,
    now: datetime | None = None,
    enabled: bool = True,
    error: str = "",
) -> arrival.Said:
    listed = {one.day: one for one in known}
    return arrival.arrived(adapter, listed, now or at(MONDAY), enabled=enabled, error=error)


def test_papers_of_today_are_counted() -> None:
    assert said(GROWING, DayOfSource(MONDAY, 1, final=False)).words == "Yes: 1 paper of today so far."
    assert said(ANNOUNCED, DayOfSource(MONDAY, 1_204)).words == "Yes: 1,204 papers of today."


def test_papers_that_came_are_told_though_a_later_check_failed() -> None:
    assert said(GROWING, DayOfSource(MONDAY, 3, error="HTTP 500"), error="HTTP 500").tone == Tone.GOOD


def test_a_failed_check_is_told_with_what_came_last() -> None:
    told = said(GROWING, DayOfSource(FRIDAY, 31), DayOfSource(MONDAY, error="HTTP 500"))
    assert told == arrival.Said(
        "No: the last check failed. The last came on Friday, 31 October: 31 papers.", Tone.BAD
    )
    assert said(GROWING, error="HTTP 500").words == "No: the last check failed."


def test_a_weekend_without_papers_is_no_cause_for_alarm() -> None:
    sunday = MONDAY - timedelta(days=1)
    told = said(GROWING, DayOfSource(sunday, 0), now=at(sunday))
    assert told == arrival.Said("None are expected on a Sunday.", Tone.QUIET)


def test_before_the_announcement_nothing_is_late() -> None:
    told = said(ANNOUNCED, DayOfSource(MONDAY, 0))
    assert told.words == "Not yet: they are announced at 20:00 America/New_York (01:00 UTC)."
    assert told.tone == Tone.QUIET


def test_after_the_announcement_a_day_without_papers_is_looked_at() -> None:
    at_six = Adapter("six", "Six", (), fetch_day=fetch_day, announcement=Announcement(time(6), "UTC"))
    told = said(at_six, DayOfSource(MONDAY, 0))
    assert told == arrival.Said("No: they were due at 06:00 UTC, and none are listed yet.", Tone.LOOK)


def test_a_source_that_grows_all_day_is_never_late() -> None:
    told = said(GROWING, DayOfSource(MONDAY, 0, final=False), now=at(MONDAY, 23))
    assert told == arrival.Said("Not yet: none are listed so far.", Tone.QUIET)


def test_a_day_that_nobody_asked_for_is_not_known() -> None:
    assert said(GROWING) == arrival.Said("Not known yet: today was not asked for so far.", Tone.LOOK)


@pytest.mark.parametrize(
    ("adapter", "enabled", "words"),
    [
        (GROWING, False, "Not enabled: nothing is fetched."),
        (BY_HAND, False, "Fed by hand. Nothing came yet."),
        (None, True, "No: this version has no such kind of source."),
    ],
)
def test_a_source_that_is_not_fetched_says_why(adapter: Adapter | None, enabled: bool, words: str) -> None:
    assert said(adapter, enabled=enabled).words == words


def test_the_next_check_is_named_and_one_that_is_overdue_asks_for_a_worker() -> None:
    now = at(MONDAY)
    assert arrival.next_check(now, now, enabled=True) == "about 09:15 UTC"
    assert arrival.next_check(None, now, enabled=True) == "about 09:15 UTC"
    assert "is a worker running?" in arrival.next_check(now - timedelta(hours=2), now, enabled=True)
    assert arrival.next_check(now, now, enabled=False) == "none: it is not enabled"


def test_the_next_check_is_named_by_the_schedule() -> None:
    assert app.conf.beat_schedule["fetch sources"]["schedule"] == arrival.EVERY.total_seconds()


def cells(
    *known: DayOfSource, adapter: Adapter = ANNOUNCED, since: date | None = FRIDAY
) -> dict[date, arrival.Cell]:
    weeks = arrival.calendar(adapter, {one.day: one for one in known}, MONDAY, since, 2)
    assert [len(week) for week in weeks] == [7, 7]
    assert {week[0].day.weekday() for week in weeks} == {0}
    return {cell.day: cell for week in weeks for cell in week}


def test_the_calendar_tells_a_quiet_weekend_from_a_day_that_is_missing() -> None:
    saturday = FRIDAY + timedelta(days=1)
    shown = cells(DayOfSource(saturday, 0))
    assert (shown[saturday].short, shown[saturday].tone) == ("none", Tone.QUIET)
    assert shown[saturday].words == "Saturday, 1 November: no papers, and none were expected"
    assert (shown[FRIDAY].short, shown[FRIDAY].tone) == ("gap", Tone.LOOK)
    assert shown[FRIDAY - timedelta(days=1)].short == ""  # before it was enabled
    assert shown[MONDAY].short == ""
    assert shown[MONDAY + timedelta(days=1)].words == "Tuesday, 4 November: still to come"


def test_the_calendar_tells_an_empty_weekday_and_an_error_in_words() -> None:
    thursday = FRIDAY - timedelta(days=1)
    shown = cells(
        DayOfSource(FRIDAY, 0), DayOfSource(thursday, error="HTTP 500"), DayOfSource(MONDAY, 0, final=False)
    )
    assert shown[FRIDAY].words.endswith("no papers, on a day that usually has some")
    assert shown[FRIDAY].tone == Tone.LOOK
    assert (shown[thursday].short, shown[thursday].tone) == ("error", Tone.BAD)
    assert shown[thursday].words == "Thursday, 30 October: could not be fetched: HTTP 500"
    assert shown[MONDAY].words == "Monday, 3 November: no papers so far"


def test_nothing_is_missing_from_a_source_fed_by_hand() -> None:
    assert {cell.short for cell in cells(adapter=BY_HAND).values()} == {""}


@pytest.fixture
def today() -> date:
    return timezone.now().date()


def shown(client: Client, row: Source | None = None) -> BeautifulSoup:
    name = "admin:digest_source_change" if row else "admin:digest_source_changelist"
    answer: Any = client.get(reverse(name, args=[row.pk] if row else []))
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "lxml")


def words(page: BeautifulSoup) -> str:
    return " ".join(page.get_text(" ").split())


@pytest.mark.django_db
def test_the_list_and_the_page_of_a_source_answer_the_question(admin_client: Client, today: date) -> None:
    now = timezone.now()
    row = source(enabled=True, checked_at=now, succeeded_at=now)
    SourceDay.objects.create(source=row, day=today, checked_at=now, listed=23)
    assert "Yes: 23 papers of today so far." in words(shown(admin_client))
    page = shown(admin_client, row)
    assert "Yes: 23 papers of today so far." in words(page)
    assert f"about {now + arrival.EVERY:%H:%M} UTC" in words(page)
    (cell,) = page.select(".arrivals [aria-current=date]")
    assert "23 papers so far" in cell.get_text()


@pytest.mark.django_db
def test_a_day_that_is_stored_leads_to_its_edition(admin_client: Client, today: date) -> None:
    row = source()
    stored = edition("FP4 training", "Agents at work", day=today - timedelta(days=1))
    listed = days.known_days(row, timezone.now())[today - timedelta(days=1)]
    assert listed.papers == 2  # from before its days were counted
    hrefs = [str(link["href"]) for link in shown(admin_client, row).select(".arrivals a")]
    assert hrefs == [listed.url]
    assert stored.listed == 2


@pytest.mark.django_db
def test_papers_that_were_brought_by_hand_are_counted_in_the_list_too(
    admin_client: Client, today: date
) -> None:
    source(adapter="uploads")
    edition("FP4 training", "Agents at work", day=today)
    assert "Yes: 2 papers of today." in words(shown(admin_client))


@pytest.mark.django_db
def test_what_went_wrong_on_a_day_stands_below_the_calendar(admin_client: Client, today: date) -> None:
    row = source(enabled=True)
    SourceDay.objects.create(
        source=row, day=today - timedelta(days=2), error="Expected papers, found <b>none</b>."
    )
    page = shown(admin_client, row)
    assert "Expected papers, found <b>none</b>." in words(page)


@pytest.mark.django_db
def test_fields_that_could_not_be_read_are_counted_by_field(admin_client: Client, today: date) -> None:
    row = source(enabled=True)
    for age, counts in enumerate([{"publishedAt": 2, "upvotes": 1}, {"publishedAt": 1}]):
        SourceDay.objects.create(source=row, day=today - timedelta(days=age), unreadable=counts)
    page = words(shown(admin_client, row))
    assert "“publishedAt” could not be read in 3 papers of these days" in page
    assert "“upvotes” could not be read in 1 paper of these days" in page
