"""Suggestions are made once a day, for all readers whose digests are often empty or often cut.

habits (one query) → readers who share filters → one change for each, on the papers of late → rows

The digest that is planned next takes it along. Nothing of this is part of a selection, which readers share.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

from django.db import transaction

from digest.archive import queries
from digest.lib.counting import number_of
from digest.models import Heartbeat
from subscriptions.models import FilterSet, Suggestion
from subscriptions.planning.changes import Change, RecentPapers
from subscriptions.planning.filters import Filters
from subscriptions.planning.habits import Alike, troubled

AGAIN = timedelta(hours=20)
SECONDS = 600  # that one night may take; other filters come first the next
_WEEK = 7
HEARTBEAT = "suggestions"
Kind = Suggestion.Kind


def make_daily(now: datetime) -> None:
    """Make suggestions, unless they were made within the day; safe to call at any time."""
    last = Heartbeat.objects.filter(name=HEARTBEAT).values_list("at", flat=True).first()
    if last is None or now - last > AGAIN:
        Heartbeat.objects.beat(HEARTBEAT, now, "making")
        Heartbeat.objects.beat(HEARTBEAT, now, f"{number_of(make(now), 'suggestion')} made")


def make(now: datetime) -> int:
    """Make the suggestions of today in place of those that no digest took along; how many."""
    Suggestion.objects.filter(offered_at=None).delete()
    newest = queries.newest_day()
    groups = troubled(now) if newest else {}
    if newest is None or not groups:
        return 0
    recent, filters = RecentPapers(newest), Filters()
    deadline, made = time.monotonic() + SECONDS, 0
    for alike in sorted(groups, key=lambda group: _turn(group, now)):
        made += _suggest(alike, groups[alike], recent, filters, now)
        if time.monotonic() > deadline:
            break
    return made


def _turn(alike: Alike, now: datetime) -> bytes:
    """Another order every day, so that none is always left out where there is no time for all."""
    return blake2b(f"{now.date()} {alike}".encode()).digest()


def _suggest(
    alike: Alike, readers: Sequence[int], recent: RecentPapers, filters: Filters, now: datetime
) -> int:
    wanted = FilterSet.objects.filter(pk=alike.filter_set).first()
    if wanted is None:
        return 0
    refused = _offered(readers)
    by_refused: dict[frozenset[str], list[int]] = {}
    for reader in readers:
        by_refused.setdefault(refused.get(reader, frozenset()), []).append(reader)
    rows = [
        Suggestion(
            subscriber_id=reader,
            kind=Kind.ADD if change.query else Kind.UPVOTES,
            query=change.query,
            least_upvotes=change.least_upvotes,
            before=wanted.least_upvotes,
            papers=change.papers,
            papers_before=change.papers_before,
            examples=change.examples,
            made_for=wanted.pk,
            made_at=now,
        )
        for known, these in by_refused.items()
        if (change := _change(alike, wanted, known, recent, filters))
        for reader in these
    ]
    with transaction.atomic():
        return len(Suggestion.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000))


def _change(
    alike: Alike, wanted: FilterSet, known: frozenset[str], recent: RecentPapers, filters: Filters
) -> Change | None:
    chosen = filters.of(wanted.pk)
    if alike.trouble == "empty":
        return recent.addition(chosen, wanted, known)
    change = recent.narrowing(chosen, wanted, alike.volume, _WEEK if alike.weekly else 1)
    return change if change and f"upvotes>={change.least_upvotes}" not in known else None


def _offered(readers: Sequence[int]) -> Mapping[int, frozenset[str]]:
    """What each reader was offered before: it is not offered again, whatever they answered."""
    found: dict[int, frozenset[str]] = {}
    for row in Suggestion.objects.filter(subscriber__in=readers).exclude(offered_at=None):
        what = f"upvotes>={row.least_upvotes}" if row.kind == Kind.UPVOTES else row.query
        found[row.subscriber_id] = found.get(row.subscriber_id, frozenset()) | {what}
    return found
