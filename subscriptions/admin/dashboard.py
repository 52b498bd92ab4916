"""The operator's front page: today's figures about papers and readers, and what needs attention first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince

from digest.admin.dashboard.attention import Attention, needs_attention, silent_workers
from digest.admin.dashboard.figures import EditionFigures, PaperFigures, TopicFigures, paper_figures
from subscriptions.admin import attention, going_live
from subscriptions.admin.attention import LATE, deliveries_url, midnight
from subscriptions.admin.going_live import Step
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.subscriber import CLASHING, unknown_schedule
from subscriptions.relay.routing.status import Status, forecast, statuses

State = Delivery.State
CHART_DAYS = 14
EDITIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class DayBar:
    """Digests accepted on one day; `height` is in percent of the chart's highest bar."""

    day: date
    accepted: int
    height: int

    @property
    def top(self) -> int:
        return 100 - self.height


@dataclass(frozen=True, slots=True)
class ReaderFigures:
    """Readers by state, the coming hour, and the last signs of the planner and the workers.

    `trending` counts active readers who get the most upvoted papers.
    """

    active: int
    pending: int
    paused: int
    demo: int
    trending: int
    due_next_hour: int
    overdue: int
    clashing: int
    unknown_schedule: int
    last_planned_at: datetime | None
    last_accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class StateFigures:
    """How many of today's deliveries are in a state, or in one of several; `url` lists them."""

    name: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """Deliveries due today by state, accepted first, and accepted digests per day, oldest first."""

    today: tuple[StateFigures, ...]
    days: tuple[DayBar, ...]

    @property
    def any_accepted(self) -> bool:
        return any(bar.accepted for bar in self.days)


@dataclass(frozen=True, slots=True)
class RelayFigures:
    """How the relays fare, if there are several or one has limits; when what waits will have left."""

    statuses: Sequence[Status]
    done_at: datetime | None
    see_reasons: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the front page shows; `missing` is folded in a `trial` on the operator's own machine."""

    now: datetime
    papers: PaperFigures
    readers: ReaderFigures
    deliveries: DeliveryFigures
    relays: RelayFigures
    topics: tuple[tuple[TopicFigures, int], ...]
    attention: tuple[Attention, ...]
    missing: tuple[Step, ...]
    trial: bool

    @property
    def shown_editions(self) -> Sequence[EditionFigures]:
        return self.papers.editions[:EDITIONS_SHOWN]

    def ago(self, moment: datetime | None) -> str:
        """How long before `now`: “just now”, “7 minutes ago”, “never”."""
        if moment is None:
            return "never"
        past = timesince(moment, self.now, depth=1)
        return "just now" if past.startswith("0") else f"{past} ago"

    @property
    def fetched(self) -> str:
        return self.ago(self.papers.newest.fetched_at if self.papers.newest else None)

    @property
    def planned(self) -> str:
        return self.ago(self.readers.last_planned_at)

    @property
    def accepted(self) -> str:
        return self.ago(self.readers.last_accepted_at)


def show(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the figures into the context of the admin's front page: the DASHBOARD_CALLBACK.

    Who has no right at all, in no part of the admin, gets none of them.
    """
    if not request.user.get_all_permissions():
        return {**context, "title": "No rights yet"}
    now = timezone.now()
    see_deliveries = request.user.has_perm("subscriptions.view_delivery")
    return {
        **context,
        "dashboard": dashboard(now, see_reasons=see_deliveries),
        "title": date_format(timezone.localtime(now), "l j F"),
    }


def dashboard(now: datetime, *, see_reasons: bool) -> Dashboard:
    """All figures at `now`. What mail servers said may hold addresses: only `see_reasons` shows it."""
    papers, readers = paper_figures(), reader_figures(now)
    following = topic_readers()
    first = (
        *attention.held(),
        *needs_attention(papers),
        *silent_workers(now),
        *attention.paused_runs(see_reasons=see_reasons),
        *attention.late(readers.overdue, readers.last_accepted_at, now),
        *attention.unknown_schedules(readers.unknown_schedule),
        *attention.clashing_addresses(readers.clashing),
        *attention.undelivered(now, see_reasons=see_reasons),
    )
    topics = tuple((topic, following.get(topic.pk, 0)) for topic in papers.topics)
    return Dashboard(
        now,
        papers,
        readers,
        delivery_figures(now),
        relay_figures(now, see_reasons=see_reasons),
        topics,
        first,
        missing=tuple(going_live.missing(now, readers.demo)),
        trial=settings.DEBUG,
    )


def reader_figures(now: datetime) -> ReaderFigures:
    """Figures about readers, in four queries."""
    counted = (
        Subscriber.objects.order_by()
        .values_list("state")
        .annotate(
            Count("pk"),
            clashing=Count("pk", filter=CLASHING),
            unknown=Count("pk", filter=unknown_schedule()),
            trending=Count("pk", filter=Q(filter_set__trending__gt=0)),
        )
    )
    rows = list(counted)
    states = {state: number for state, number, *_ in rows}
    soon = now + timedelta(hours=1)
    due = Subscriber.objects.due(soon).aggregate(
        hour=Count("pk", filter=Q(next_digest_at__gt=now)),
        overdue=Count("pk", filter=Q(next_digest_at__lte=now - LATE)),
    )
    newest = Delivery.objects.order_by("-pk")
    planned = newest.filter(kind=Delivery.DIGEST).values_list("created_at", flat=True)
    accepted = newest.filter(state=State.ACCEPTED).values_list("settled_at", flat=True)
    return ReaderFigures(
        active=states.get(Subscriber.State.ACTIVE, 0),
        pending=states.get(Subscriber.State.PENDING, 0),
        paused=states.get(Subscriber.State.PAUSED, 0),
        demo=Subscriber.objects.filter(demo=True).count(),
        trending=sum(trending for state, *_, trending in rows if state == Subscriber.State.ACTIVE),
        due_next_hour=due["hour"],
        overdue=due["overdue"],
        clashing=sum(clashing for *_, clashing, _, _ in rows),
        unknown_schedule=sum(unknown for *_, unknown, _ in rows),
        last_planned_at=planned.first(),
        last_accepted_at=accepted.first(),
    )


def relay_figures(now: datetime, *, see_reasons: bool) -> RelayFigures:
    """Figures about relays; what they said may hold addresses, so only `see_reasons` shows it."""
    known = statuses(now)
    waits = known and Delivery.objects.filter(state__in=Delivery.WAITING).exists()
    return RelayFigures(known, forecast(now) if waits else None, see_reasons)


def topic_readers() -> dict[int, int]:
    """How many active readers follow each topic, by its number."""
    active = Subscriber.objects.filter(state=Subscriber.State.ACTIVE, filter_set__topics__isnull=False)
    return dict(active.order_by().values_list("filter_set__topics").annotate(Count("pk")))


def delivery_figures(now: datetime) -> DeliveryFigures:
    """Figures about deliveries, in two queries. A delivery belongs to the day it was due."""
    today = timezone.localdate(now)
    states = Delivery.objects.filter(_due_on(today)).order_by().values_list("state").annotate(Count("pk"))
    return DeliveryFigures(today=tuple(_states(Counter(dict(states)), today)), days=tuple(_bars(today)))


def _bars(today: date) -> Iterator[DayBar]:
    days = [today - timedelta(days=age) for age in reversed(range(CHART_DAYS))]
    digests = Delivery.objects.filter(
        kind=Delivery.DIGEST, state=State.ACCEPTED, due_at__gte=midnight(days[0])
    )
    accepted = digests.aggregate(**{str(day): Count("pk", filter=_due_on(day)) for day in days})
    highest = max(accepted.values()) or 1
    for day in days:
        yield DayBar(day, accepted[str(day)], round(100 * accepted[str(day)] / highest))


def _due_on(day: date) -> Q:
    return Q(due_at__gte=midnight(day), due_at__lt=midnight(day + timedelta(days=1)))


def _states(counts: Counter[str], today: date) -> Iterator[StateFigures]:
    waiting = (State.PENDING, State.LEASED, State.HANDING)
    single = (State.DEFERRED, State.REFUSED, State.UNKNOWN)
    for states in ((State.ACCEPTED,), (State.SKIPPED,), waiting, *((state,) for state in single)):
        name = "waiting or in flight" if len(states) > 1 else states[0].label.lower()
        count = sum(counts[state] for state in states)
        yield StateFigures(name, count, deliveries_url(today, *states))
