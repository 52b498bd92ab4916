"""Days that are over are counted once: after that pages about them need not read a row for each mail."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Min, Q
from django.utils import timezone

from subscriptions.models import DailyFigure, Delivery, Subscriber
from subscriptions.models.delivery import DeliveryQuerySet

OVER = timedelta(days=1)  # so long after its end a day may still get mails, of a planner that was late
State = Delivery.State
Counts = Counter[tuple[str, str]]  # mails by kind and state


def midnight(day: date) -> datetime:
    """The beginning of a day, by the clock of the service."""
    return timezone.make_aware(datetime.combine(day, time.min))


def due_on(day: date) -> DeliveryQuerySet:
    due = Q(due_at__gte=midnight(day), due_at__lt=midnight(day + timedelta(days=1)))
    return Delivery.objects.filter(due).order_by()


def states_of(day: date) -> Counter[str]:
    """How many of the mails due on `day` are in each state now."""
    return Counter(dict(due_on(day).values_list("state").annotate(Count("pk"))))


def accepted_digests(days: Sequence[date]) -> dict[date, int]:
    """The accepted digests due on each of these ascending days: as counted if it is over, else as of now.

    Those of the others are counted by the index of all mails, less the letters: it does not tell them apart.
    """
    accepted = DailyFigure.objects.filter(kind=Delivery.DIGEST, state=State.ACCEPTED, counted__isnull=False)
    found = dict(accepted.filter(day__in=days).values_list("day", "counted"))
    first = Delivery.objects.aggregate(first=Min("due_at"))["first"]
    for day in days:
        if day not in found and first is not None and day >= timezone.localdate(first):
            mails = due_on(day).filter(state=State.ACCEPTED)
            found[day] = mails.count() - mails.letters().count()
    return {day: found.get(day) or 0 for day in days}


def _counts_of(day: date) -> Counts:
    """The mails due on `day` that are stored, by kind and state."""
    counts: Counts = Counter({(Delivery.DIGEST, State.ACCEPTED.value): 0})  # also says that it was counted
    rows = due_on(day).letters().values_list("kind", "state").annotate(Count("pk"))
    letters = {(kind, state): number for kind, state, number in rows}
    for state, number in states_of(day).items():
        others = sum(mails for (_, of), mails in letters.items() if of == state)
        counts[Delivery.DIGEST, state] = number - others
    counts.update(letters)
    return counts


def count_days(now: datetime) -> None:
    """Count each day that is over and was not counted yet. Safe to repeat."""
    for day in list(_uncounted(now)):
        counts = _counts_of(day)
        DailyFigure.objects.counted({(day, kind, state): number for (kind, state), number in counts.items()})


def _uncounted(now: datetime) -> Iterator[date]:
    """The days that are over, on which all mails have come to their end and nobody is still to be planned."""
    first = Delivery.objects.aggregate(first=Min("due_at"))["first"]
    open_since = [
        Delivery.objects.unclaimed().aggregate(first=Min("due_at"))["first"],
        Delivery.objects.claimed().aggregate(first=Min("due_at"))["first"],
        Subscriber.objects.due(now).aggregate(first=Min("next_digest_at"))["first"],
    ]
    until = min(timezone.localdate(moment) for moment in (now - OVER, *filter(None, open_since)))
    if first is None:
        return
    counted = set(DailyFigure.objects.filter(counted__isnull=False).values_list("day", flat=True).distinct())
    day = timezone.localdate(first)
    while day < until:
        if day not in counted:
            yield day
        day += timedelta(days=1)
