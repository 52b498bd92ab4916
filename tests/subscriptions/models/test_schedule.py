"""Local hours in every zone, across DST changes, leap days and skipped days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscriptions.models.schedule import Rhythm, Schedule, due_at

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_next_digest_is_today_if_the_hour_is_still_to_come() -> None:
    berlin = Schedule("Europe/Berlin", 7)
    assert due_at(berlin, datetime(2025, 11, 5, 5, 59, tzinfo=UTC)) == datetime(2025, 11, 5, 6, tzinfo=UTC)
    assert due_at(berlin, datetime(2025, 11, 5, 6, tzinfo=UTC)) == datetime(2025, 11, 6, 6, tzinfo=UTC)


def test_weekdays_skip_the_weekend() -> None:
    friday_noon = datetime(2025, 11, 7, 12, tzinfo=UTC)
    assert due_at(Schedule("UTC", 7, Rhythm.WEEKDAYS), friday_noon).date() == date(2025, 11, 10)


def test_weekly_waits_for_its_day() -> None:
    wednesday = datetime(2025, 11, 5, 12, tzinfo=UTC)
    assert due_at(Schedule("UTC", 7, Rhythm.WEEKLY, 2), wednesday).date() == date(2025, 11, 12)


def test_monthly_waits_for_the_first_such_day_of_the_month() -> None:
    first_wednesday = Schedule("Asia/Tokyo", 7, Rhythm.MONTHLY, 2)
    for after, expected in (
        ("2025-11-04T12:00+00:00", "2025-11-05T07:00+09:00"),
        ("2025-11-04T22:00+00:00", "2025-12-03T07:00+09:00"),
        ("2025-12-31T12:00+00:00", "2026-01-07T07:00+09:00"),
        ("2028-02-29T12:00+00:00", "2028-03-01T07:00+09:00"),
    ):
        assert due_at(first_wednesday, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 23), MOMENTS, st.integers(0, 6))
def test_every_month_has_exactly_one_monthly_digest(
    zone: str, hour: int, after: datetime, weekday: int
) -> None:
    schedule, moment, months = Schedule(zone, hour, Rhythm.MONTHLY, weekday), after, []
    for _ in range(14):
        moment = due_at(schedule, moment)
        local = moment.astimezone(ZoneInfo(zone))
        assert local.hour == hour or local.utcoffset() != (local - timedelta(hours=3)).utcoffset()
        months.append(local.year * 12 + local.month)
    assert months == list(range(months[0], months[0] + 14))


@pytest.mark.parametrize(
    ("zone", "hour", "after", "expected"),
    [
        # The first Sunday of April 2024 in Sydney has 02:00 twice, that of October none.
        ("Australia/Sydney", 2, "2024-03-20T00:00+00:00", "2024-04-07T02:00+11:00"),
        ("Australia/Sydney", 2, "2024-09-20T00:00+00:00", "2024-10-06T03:00+11:00"),
    ],
)
def test_months_begin_on_time_where_clocks_change(zone: str, hour: int, after: str, expected: str) -> None:
    monthly = Schedule(zone, hour, Rhythm.MONTHLY, 6)
    assert due_at(monthly, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("zone", "hour", "after", "expected"),
    [
        # New York springs from 02:00 to 03:00 on 9 March 2025: 02:00 does not exist.
        ("America/New_York", 2, "2025-03-09T00:00-05:00", "2025-03-09T03:00-04:00"),
        # Berlin: 02:00 to 03:00 on 30 March.
        ("Europe/Berlin", 2, "2025-03-30T00:00+01:00", "2025-03-30T03:00+02:00"),
        # Lord Howe moves by half an hour: 02:00 becomes 02:30.
        ("Australia/Lord_Howe", 2, "2025-10-05T00:00+10:30", "2025-10-05T02:30+11:00"),
        # The hour that exists twice is taken the first time.
        ("America/New_York", 1, "2025-11-02T00:00-04:00", "2025-11-02T01:00-04:00"),
        ("Pacific/Apia", 7, "2011-12-29T08:00-10:00", "2011-12-31T07:00+14:00"),
        ("UTC", 7, "2028-02-28T08:00+00:00", "2028-02-29T07:00+00:00"),
    ],
)
def test_hours_that_a_zone_skips_or_repeats(zone: str, hour: int, after: str, expected: str) -> None:
    assert due_at(Schedule(zone, hour), datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 23), MOMENTS)
def test_every_local_day_has_exactly_one_digest(zone: str, hour: int, after: datetime) -> None:
    schedule = Schedule(zone, hour)
    days = []
    moment = after
    for _ in range(4):
        following = due_at(schedule, moment)
        assert following > moment
        moment = following
        local = moment.astimezone(ZoneInfo(zone))
        days.append(local.date())
        assert local.hour == hour or local.utcoffset() != (local - timedelta(hours=3)).utcoffset()
    assert len(set(days)) == len(days)
    assert (days[-1] - days[0]).days - (len(days) - 1) <= 1  # a zone may skip one day


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.integers(0, 23), MOMENTS, st.sampled_from(list(Rhythm)), st.integers(0, 6))
def test_due_times_are_in_utc_on_the_days_of_the_rhythm(
    zone: str, hour: int, after: datetime, rhythm: Rhythm, weekday: int
) -> None:
    schedule = Schedule(zone, hour, rhythm, weekday)
    moment = due_at(schedule, after)
    assert moment.tzinfo is UTC
    assert schedule.sends_on(moment.astimezone(ZoneInfo(zone)).date())


def test_an_hour_before_midnight_that_clocks_skip_is_made_up_for_at_midnight() -> None:
    """Nuuk goes from Saturday 23:00 to Sunday 00:00."""
    evening = datetime(2028, 3, 25, 12, tzinfo=UTC)
    midnight = due_at(Schedule("America/Nuuk", 23), after=evening)
    assert midnight.astimezone(ZoneInfo("America/Nuuk")).isoformat() == "2028-03-26T00:00:00-01:00"
    assert due_at(Schedule("America/Nuuk", 23), after=midnight) - midnight == timedelta(hours=23)
