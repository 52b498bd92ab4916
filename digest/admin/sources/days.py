"""What the database knows of a source's days, for its page and for the list of sources."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from digest.admin.sources.arrival import DayOfSource, Known, Said, arrived, calendar, today_of
from digest.ingestion import fetchers
from digest.models import Edition, Source, SourceDay
from digest.sources import registry
from digest.sources.adapter import Adapter

WEEKS = 5
RECENT = timedelta(days=8)  # for the list, which only says what came last


def adapter_as_set(source: Source) -> Adapter | None:
    """The adapter with the source's settings, which may say when it announces; without, if they are wrong."""
    return fetchers.usable_adapter_of(source) or registry.adapter_called(source.adapter)


def recent_days(now: datetime) -> tuple[Any, Any]:
    """The last days of each source in a list, in two queries for all, as `recent` and `recently_stored`."""
    since = (now - RECENT).date()
    days = SourceDay.objects.filter(day__gte=since)
    editions = Edition.objects.filter(day__gte=since).annotate(listed=Count("entries"))
    return (
        Prefetch("days", queryset=days, to_attr="recent"),
        Prefetch("editions", queryset=editions, to_attr="recently_stored"),
    )


def said_in_list(source: Source, now: datetime) -> Said:
    """Whether today's papers arrived, by the days of `recent_days`."""
    stored = {one.day: _stored(one) for one in getattr(source, "recently_stored", ())}
    return _said(source, stored | _by_day(getattr(source, "recent", ()), stored), now)


def said_on_page(source: Source, now: datetime) -> Said:
    return _said(source, known_days(source, now), now)


def show_calendar(source: Source, now: datetime) -> SafeString:
    """The last weeks of the source as a table."""
    known, adapter = known_days(source, now), adapter_as_set(source)
    today = today_of(adapter, now)
    since = today_of(adapter, source.enabled_at) if source.enabled_at else min(known, default=None)
    weeks = calendar(adapter, known, today, since, WEEKS)
    errors = [(one.day, one.error) for one in sorted(known.values(), key=lambda one: one.day) if one.error]
    context: dict[str, Any] = {"weeks": weeks, "errors": errors[-5:], "today": today}
    context["unreadable"] = _unreadable(source, weeks[0][0].day)
    return render_to_string("sources/calendar.html", context)


def known_days(source: Source, now: datetime) -> Known:
    """What is known of the days of the calendar, by what was answered for them and by what is stored."""
    first = now.astimezone(UTC).date() - timedelta(weeks=WEEKS)
    editions = Edition.objects.filter(source=source, day__gte=first).annotate(listed=Count("entries"))
    stored = {one.day: _stored(one) for one in editions}
    answered = _by_day(source.days.filter(day__gte=first), stored)
    return stored | answered


def _unreadable(source: Source, first: date) -> list[tuple[str, int]]:
    """How many papers of the last answers for each day lacked a field that was there, by field."""
    total: Counter[str] = Counter()
    for counts in source.days.filter(day__gte=first).values_list("unreadable", flat=True):
        total.update(counts)
    return total.most_common()


def _by_day(days: Iterable[SourceDay], stored: Known) -> dict[date, DayOfSource]:
    """What was answered for each day, and where it is stored."""
    return {one.day: _known(one, stored.get(one.day)) for one in days}


def _stored(one: Any) -> DayOfSource:
    """An edition whose papers were counted as `listed`."""
    return DayOfSource(one.day, one.listed, url=reverse("admin:digest_edition_change", args=[one.pk]))


def _known(one: SourceDay, stored: DayOfSource | None = None) -> DayOfSource:
    listed = one.listed if one.checked_at else None
    if stored and not listed:  # an upload, or a day that the source lists no more
        listed = stored.papers
    return DayOfSource(one.day, listed, one.settled, one.error, stored.url if stored else "")


def _said(source: Source, known: Known, now: datetime) -> Said:
    adapter = adapter_as_set(source)
    return arrived(adapter, known, now, enabled=source.enabled, error=source.error)
