"""What needs the operator's attention first: paused runs, late work, mails that did not get through."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode

from digest.admin.dashboard.attention import Attention
from digest.lib.counting import number_of
from subscriptions.accounts.daily_counts import midnight
from subscriptions.models import Delivery, Run, Subscriber
from subscriptions.models.subscriber import unknown_schedule

State = Delivery.State
PROBLEM_DAYS = 7
REASONS_SHOWN = 3
READERS_LISTED = 100
LATE = timedelta(minutes=10)  # the planner runs every 20 seconds, the worker then


def held() -> Iterator[Attention]:
    """That no mail can be sent, and how much waits."""
    if settings.EMAIL_HELD:
        waiting = Delivery.objects.unclaimed().count()
        mails = f"{number_of(waiting, 'mail')} {'waits' if waiting == 1 else 'wait'}"
        yield Attention(
            "No mail is sent, and nobody can sign up: EMAIL_URL is not set.",
            f"{mails} until EMAIL_URL names your mail relay and the service is started again.",
            reverse("admin:subscriptions_delivery_changelist") + "?state__in=pending,deferred",
            severe=True,
        )


def paused_runs(*, see_reasons: bool) -> Iterator[Attention]:
    """Each paused run; what the mail server said may hold addresses, so only `see_reasons` shows it."""
    for run in Run.objects.filter(state=Run.State.PAUSED).order_by("moment"):
        moment = date_format(timezone.localtime(run.moment), "j M, H:i")
        then = "They stay paused until somebody resumes them."
        if run.resumes_at:
            again = date_format(timezone.localtime(run.resumes_at), "H:i")
            then = f"They resume automatically at {again}."
        hint = f"Reason: {run.reason}. {then}" if see_reasons else then
        url = reverse("admin:subscriptions_run_change", args=[run.pk])
        yield Attention(f"The digests of {moment} are paused.", hint, url)


def late(overdue: int, last_accepted_at: datetime | None, now: datetime) -> Iterator[Attention]:
    """Work that is overdue: readers not planned, mails not sent."""
    if overdue:
        yield Attention(
            "The digest of 1 reader is overdue."
            if overdue == 1
            else f"The digests of {overdue:,} readers are overdue.",
            "Is the scheduler running? “manage.py send_digests” plans and sends without it.",
            reverse("admin:subscriptions_subscriber_changelist")
            + "?state__exact=active&o=5",  # soonest first
        )
    late = 0 if settings.EMAIL_HELD else Delivery.objects.waiting(now - LATE).count()
    busy = last_accepted_at and last_accepted_at > now - LATE
    if late and not busy:
        yield Attention(
            f"{late:,} mails wait for a worker." if late > 1 else "1 mail waits for a worker.",
            "Is a worker running? “manage.py send_digests” sends without one.",
            reverse("admin:subscriptions_delivery_changelist") + "?state__in=pending,deferred",
        )


def clashing_addresses(clashing: int) -> Iterator[Attention]:
    """Readers whose address another reader has too: the upgrade that found them merged nobody."""
    if clashing:
        yield Attention(
            "1 reader has an address that another reader has too."
            if clashing == 1
            else f"{clashing:,} readers have addresses that other readers have too.",
            "Both get mail as before. Unsubscribe the one that is not wanted.",
            reverse("admin:subscriptions_subscriber_changelist") + "?email_key__startswith=+",
        )


def unknown_schedules(number: int) -> Iterator[Attention]:
    """Readers whose schedule cannot be kept as it is stored."""
    if number:
        first = Subscriber.objects.filter(unknown_schedule()).order_by("pk").values_list("pk", flat=True)
        yield Attention(
            "1 reader has a time zone or hour that is not known here."
            if number == 1
            else f"{number:,} readers have a time zone or hour that is not known here.",
            "UTC, 07:00, every day is used in its place. Choose another on the reader's page.",
            reverse("admin:subscriptions_subscriber_changelist")
            + f"?id__in={','.join(map(str, first[:READERS_LISTED]))}",
        )


def undelivered(now: datetime, *, see_reasons: bool) -> Iterator[Attention]:
    """Mails of the last days that did not get through, by state with the most frequent reasons."""
    since = timezone.localdate(now) - timedelta(days=PROBLEM_DAYS)
    problems = Delivery.objects.went_wrong().filter(due_at__gte=midnight(since)).order_by()
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for state, reason, count in problems.values_list("state", "reason").annotate(Count("pk")):
        reasons[state][reason or "no reason given"] += count
    for state, (what, hint) in _PROBLEMS.items():
        if state in reasons:
            number = reasons[state].total()
            top = "; ".join(
                f"{reason} ({count})" for reason, count in reasons[state].most_common(REASONS_SHOWN)
            )
            yield Attention(
                what.format(number_of(number, "mail")),
                f"{top}. {hint}" if see_reasons else hint,
                deliveries_url(since, state),
            )


_PROBLEMS: Mapping[str, tuple[str, str]] = {
    State.REFUSED: (
        "{} refused permanently (5xx), or given up after five days, in the last 7 days.",
        "Readers whose mailbox is dead get no more mail; all others get these papers in their next digest.",
    ),
    State.UNKNOWN: (
        "{} may or may not have arrived in the last 7 days.",
        "They are not sent again; their papers are carried over to the reader's next digest.",
    ),
    State.DEFERRED: (
        "{} deferred: the relay said “later” or could not be reached.",
        "They are tried again by themselves.",
    ),
}


def deliveries_url(since: date, *states: str) -> str:
    """The list of deliveries due since that day in one of the states."""
    lookup = "state__in" if len(states) > 1 else "state__exact"
    query = {lookup: ",".join(states), "due_at__gte": midnight(since).isoformat()}
    return reverse("admin:subscriptions_delivery_changelist") + "?" + urlencode(query)
