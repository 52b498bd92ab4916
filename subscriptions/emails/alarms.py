"""Alarms: problems that stop mail or papers, mailed to the operator, each once, or again after six hours.

Problems are found by periodic queries of what is stored, so the code that fails has nothing to report.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from digest.compose import Personal, Sender, prepare
from digest.compose.mime.header_encoding import checked_address
from digest.ingestion.health.watch import watch
from digest.ingestion.health.wording import told
from digest.models import SourceProblem
from digest.web import branding
from subscriptions.emails.letters import alarm
from subscriptions.emails.letters.alarm import AlarmContent
from subscriptions.models import Alarm, Delivery, Run
from subscriptions.planning import pace, runs
from subscriptions.planning.progress import HELD
from subscriptions.relay import Mail, Verdict, open_relay, send_one

logger = logging.getLogger(__name__)
INTERVAL = timedelta(hours=6)
DEFERRED_FOR = timedelta(minutes=15)  # a relay that restarts is no alarm
RETRY_AFTER = timedelta(minutes=10)  # if the relay did not take the alarm
# Part of the key of a Message-ID, and no module's name: one alarm has the same in every version.
_SALT = "subscriptions.alarms"
_ABOUT_SIGNING_UP = ("confirm", "known")  # letters


class NotTaken(Exception):
    """The relay certainly did not take the mail."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, what to do, and the reported error, with the page of the admin that helps.

    `cause` is stored, so that it is told only once, and `again` after so long if it lasts.
    """

    cause: str
    what: str
    hint: str
    detail: str = ""
    path: str = ""
    again: timedelta | None = INTERVAL


def notify_operator(now: datetime) -> int:
    """Mail the operator each problem that they were not told of lately; returns how many mails were sent.

    Safe to run any number of times at once. Without OPERATOR_EMAIL it only logs. If the relay certainly did
    not take the mail, it is sent again later: the alarm may be about the relay.
    """
    sent = 0
    for problem in problems(now):
        if not _claim(problem, now):
            continue
        logger.error("%s %s", problem.what, problem.detail)
        if not settings.OPERATOR_EMAIL:
            continue
        try:
            _hand_over(_message(problem, now))
        except NotTaken as error:
            _release_claim(problem, now)
            logger.error("alarm not sent, retrying later: %s", error)  # noqa: TRY400 - the relay's, no traceback
        else:
            sent += 1
    return sent


def problems(now: datetime) -> Iterator[Problem]:
    """What is wrong at `now`."""
    yield from _relay_accepts_nothing(now)
    yield from _readers_refused()
    yield from _much_deferred(now)
    yield from _no_headway(now)
    yield from _signups_wait(now)
    yield from _sources(now)


def _relay_accepts_nothing(now: datetime) -> Iterator[Problem]:
    """Mail that was deferred because of the relay."""
    waiting = Delivery.objects.unclaimed()
    deferred = waiting.filter(state=Delivery.State.DEFERRED, reason__startswith=HELD)
    deferred = deferred.exclude(run__in=runs.held_for_refusals())
    deferred = deferred.exclude(reason__startswith=f"{HELD}{runs.RELAYS_CLOSED}")  # as it was told to
    # Since it was planned: a digest that catches up was due long before.
    first = deferred.filter(created_at__lte=now - DEFERRED_FOR).order_by("created_at").first()
    if first is not None:
        yield Problem(
            "held",
            _("Mail is deferred: the relay accepts none from this service."),
            _(
                "Mail that waits is kept and sent later; nothing is lost. Check the relay's reply, and "
                "EMAIL_URL."
            ),
            first.reason.removeprefix(HELD),
        )


def _readers_refused() -> Iterator[Problem]:
    """Runs that were held because of how many of their readers were refused."""
    for run in runs.held_for_refusals():
        yield Problem(
            f"refusals {run.pk}",
            _("A run is held: many of its readers were refused."),
            _(
                "If the mail server is right, resume the run in the admin. Else mend the cause, and "
                "reinstate there, under Refusals, whom it refused in these words."
            ),
            run.reason,
        )


def _much_deferred(now: datetime) -> Iterator[Problem]:
    """Runs of which a large part got 4xx twice: a mailbox is full now and then, a third of all are not."""
    for run in Run.objects.filter(state=Run.State.RUNNING, started_at__lte=now - DEFERRED_FOR):
        mails = run.deliveries.exclude(state=Delivery.State.SKIPPED).count()
        again = run.deliveries.filter(state=Delivery.State.DEFERRED, attempts__gte=2)
        again = again.exclude(reason__startswith=HELD).order_by("-pk")
        count = again.count()
        if count >= settings.REFUSALS_HOLD and count * 100 >= settings.REFUSALS_HOLD_PERCENT * mails:
            yield Problem(
                f"deferred {run.pk}",
                _("Much of a run is deferred: the relay answers 4xx to mail after mail."),
                _(
                    "What is deferred is tried again by itself, and nothing is lost. Check what the relay "
                    "replied."
                ),
                again[0].reason,
            )


def _no_headway(now: datetime) -> Iterator[Problem]:
    """Mail that leaves far more slowly than before."""
    if slow := pace.headway(now):
        yield Problem(
            "headway",
            _("Mail leaves too slowly."),
            _("Is a worker running? If so, the relay answers late, or to few commands: look at its log."),
            _("%(recent)s mails in the last ten minutes; %(usual)s would be usual.")
            % {"recent": slow.recent, "usual": slow.usual},
        )


def _signups_wait(now: datetime) -> Iterator[Problem]:
    """Letters about signing up that are to leave later, since more are asked for than leave in an hour."""
    waiting = Delivery.objects.filter(
        kind__in=_ABOUT_SIGNING_UP, state=Delivery.State.PENDING, due_at__gt=now
    )
    last = waiting.order_by("due_at").last()
    if last is not None:
        yield Problem(
            "signups",
            _("More people sign up than letters may leave in an hour."),
            _(
                "The letters wait and leave one after the other; nobody is refused. If nobody pointed a "
                "crowd here, somebody may be typing in strangers’ addresses from many networks."
            ),
            _("The last one leaves at %(moment)s UTC.") % {"moment": f"{last.due_at:%Y-%m-%d %H:%M}"},
        )


def _sources(now: datetime) -> Iterator[Problem]:
    """Sources whose papers do not arrive as they should; each problem is told once, however long it lasts."""
    watch(now)
    for problem in SourceProblem.objects.open().select_related("source"):
        words = told(problem)
        url = reverse("admin:digest_sourceproblem_change", args=[problem.pk])
        yield Problem(f"source problem {problem.pk}", words.what, words.hint, words.detail, url, again=None)


def _claim(problem: Problem, now: datetime) -> bool:
    """Whether this problem is to be mailed now; of any number of callers one is told so."""
    alarm, new = Alarm.objects.get_or_create(cause=problem.cause, defaults={"told_at": now})
    if new or problem.again is None:
        return new
    before = Alarm.objects.filter(pk=alarm.pk, told_at__lte=now - problem.again)
    return bool(before.update(told_at=now))


def _release_claim(problem: Problem, now: datetime) -> None:
    """Have it told again soon: the relay did not take the mail."""
    claimed = Alarm.objects.filter(cause=problem.cause, told_at=now)
    if problem.again is None:
        claimed.delete()  # with the next round
    else:
        claimed.update(told_at=now - problem.again + RETRY_AFTER)


def _message(problem: Problem, now: datetime) -> bytes:
    content = AlarmContent(
        what=problem.what,
        hint=problem.hint,
        detail=problem.detail,
        admin_url=settings.SITE_URL + (problem.path or reverse("admin:index")),
        once=problem.again is None,
        language=get_language() or "en",
    )
    letter = alarm.LETTER.compose(content, branding.current())
    key = salted_hmac(_SALT, f"{problem.cause}:{now.timestamp()}", algorithm="sha256").hexdigest()
    personal = Personal(settings.OPERATOR_EMAIL, now, f"<{key[:32]}@{settings.SITE_HOST}>")
    return prepare(letter, Sender(settings.DEFAULT_FROM_EMAIL)).message(personal)


def _hand_over(message: bytes) -> None:
    """Give the mail to the relay, not to the outbox, which may be what has failed; raises `NotTaken`.

    Without PIPELINING, which saves one mail nothing and which some relays offer but cannot do.
    """
    mail = Mail(
        0, message, parseaddr(settings.DEFAULT_FROM_EMAIL)[1], checked_address(settings.OPERATOR_EMAIL)
    )
    relay = open_relay(pipelining=False)
    try:
        outcome = send_one(relay, mail).outcome
    finally:
        relay.close()
    if outcome.verdict == Verdict.UNKNOWN:  # the relay may have it: never twice
        logger.warning("the relay may or may not have taken the alarm: %s", outcome.answer)
    elif outcome.verdict != Verdict.ACCEPTED:
        raise NotTaken(outcome.answer)
