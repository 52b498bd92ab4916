"""The operator's front page: today's figures about papers and readers, and what needs attention first."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince

from digest.admin.dashboard.attention import Attention, needs_attention, silent_workers
from digest.admin.dashboard.figures import EditionFigures, PaperFigures, TopicFigures, paper_figures
from subscriptions.accounts import daily_counts
from subscriptions.admin import attention, going_live
from subscriptions.admin.attention import LATE, deliveries_url
from subscriptions.admin.going_live import Step
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.models.schedule import Schedule
from subscriptions.models.subscriber import CLASHING, unknown_schedule
from subscriptions.relay.routing.status import Status, forecast, statuses

State = Delivery.State
CHART_DAYS = 14
EDITIONS_SHOWN = 8
FOLLOWERS_SECONDS = 60
_SHOWN = (Subscriber.State.ACTIVE, Subscriber.State.PENDING, Subscriber.State.PAUSED)


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
    following = followers().topics
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
    """Figures about readers. Two queries read all rows, the others an index."""
    states = Subscriber.State
    found = Subscriber.objects.aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in _SHOWN},
        demo=Count("pk", filter=Q(demo=True)),
    )
    soon = now + timedelta(hours=1)
    due = Subscriber.objects.due(soon).aggregate(
        hour=Count("pk", filter=Q(next_digest_at__gt=now)),
        overdue=Count("pk", filter=Q(next_digest_at__lte=now - LATE)),
    )
    newest = Delivery.objects.order_by("-pk")
    planned = newest.filter(kind=Delivery.DIGEST).values_list("created_at", flat=True)
    accepted = newest.filter(state=State.ACCEPTED).values_list("settled_at", flat=True)
    return ReaderFigures(
        active=found[states.ACTIVE],
        pending=found[states.PENDING],
        paused=found[states.PAUSED],
        demo=found["demo"],
        trending=followers().trending,
        due_next_hour=due["hour"],
        overdue=due["overdue"],
        clashing=Subscriber.objects.filter(CLASHING).count(),
        unknown_schedule=unknown_schedules(),
        last_planned_at=planned.first(),
        last_accepted_at=accepted.first(),
    )


def relay_figures(now: datetime, *, see_reasons: bool) -> RelayFigures:
    """Figures about relays; what they said may hold addresses, so only `see_reasons` shows it."""
    known = statuses(now)
    waits = known and Delivery.objects.filter(state__in=Delivery.WAITING).exists()
    return RelayFigures(known, forecast(now) if waits else None, see_reasons)


def unknown_schedules() -> int:
    """Active readers whose schedule is not known here; few schedules are told apart before any is counted."""
    active = Subscriber.objects.filter(state=Subscriber.State.ACTIVE).order_by()
    schedules = active.values_list("time_zone", "hour", "rhythm", "weekday").distinct()
    if all(astuple(Schedule.stored(*stored)) == stored for stored in schedules):
        return 0
    return Subscriber.objects.filter(unknown_schedule()).count()


@dataclass(frozen=True, slots=True)
class Followers:
    """How many active readers follow each topic, by its number, and how many get trending papers."""

    topics: Mapping[int, int]
    trending: int


def followers() -> Followers:
    """As of a minute ago at most: it takes longer than all else on the page."""
    return cast("Followers", cache.get_or_set("dashboard:followers", _followers, FOLLOWERS_SECONDS))


def _followers() -> Followers:
    """All readers are counted by an index and the others taken off: active ones alone would be looked up."""
    readers = Subscriber.objects.order_by()
    of_set = Counter(dict(readers.values_list("filter_set").annotate(Count("pk"))))
    others = readers.exclude(state=Subscriber.State.ACTIVE).annotate(of_set=F("filter_set") + 0)
    of_set.subtract(dict(others.values_list("of_set").annotate(Count("pk"))))
    topics: Counter[int] = Counter()
    for filter_set, followed in FilterSet.topics.through.objects.values_list("filterset", "topic"):
        topics[followed] += of_set[filter_set]
    trending = FilterSet.objects.filter(trending__gt=0).values_list("pk", flat=True)
    return Followers(topics, sum(of_set[filter_set] for filter_set in trending))


def delivery_figures(now: datetime) -> DeliveryFigures:
    """Figures about deliveries. A delivery belongs to the day it was due."""
    today = timezone.localdate(now)
    days = [today - timedelta(days=age) for age in reversed(range(CHART_DAYS))]
    accepted = daily_counts.accepted_digests(days)
    states = tuple(_states(daily_counts.states_of(today), today))
    return DeliveryFigures(today=states, days=tuple(_bars(accepted)))


def _bars(accepted: Mapping[date, int]) -> Iterator[DayBar]:
    highest = max(accepted.values()) or 1
    for day, number in accepted.items():
        yield DayBar(day, number, round(100 * number / highest))


def _states(counts: Counter[str], today: date) -> Iterator[StateFigures]:
    waiting = (State.PENDING, State.LEASED, State.HANDING)
    single = (State.DEFERRED, State.REFUSED, State.UNKNOWN)
    for states in ((State.ACCEPTED,), (State.SKIPPED,), waiting, *((state,) for state in single)):
        name = "waiting or in flight" if len(states) > 1 else states[0].label.lower()
        count = sum(counts[state] for state in states)
        yield StateFigures(name, count, deliveries_url(today, *states))
