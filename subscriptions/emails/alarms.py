"""What stops mail, told to the operator by mail: at most once in six hours for the same cause.

The causes are read off what is stored, whenever the schedule wakes: nothing that goes wrong has to
remember to ring.
"""

import logging
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from digest.compose import AlarmContent, Personal, Sender, compose, prepare
from digest.models import Release, Source
from digest.web import branding
from subscriptions.models import Alarm, Delivery
from subscriptions.relay import local_mailbox

logger = logging.getLogger(__name__)
INTERVAL = timedelta(hours=6)
HELD_FOR = timedelta(minutes=15)  # a relay that restarts is no alarm
FAILING_FOR = timedelta(minutes=30)  # nor is one failed check of a source
SILENT_FOR = timedelta(hours=36)
AGAIN = timedelta(minutes=10)  # after a relay took no alarm
# Part of the key of a Message-ID, and no module's name: one alarm has the same in every version.
_SALT = "subscriptions.alarms"
WEEKEND = 5  # Saturday: few sources publish then


class NotTaken(Exception):
    """The relay certainly did not take the mail."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause, in words: what is wrong, what to do, and who reported what."""

    cause: str
    what: str
    hint: str
    detail: str = ""


def ring(now: datetime) -> int:
    """Mail the operator about every cause they were not told of lately; how many mails went out.

    Safe to run any number of times at once. Without an operator's address it only logs. If the relay
    certainly took nothing, as where the alarm is about the relay, the mail is tried again later.
    """
    told = 0
    for trouble in troubles(now):
        if not _claim(trouble.cause, now):
            continue
        logger.error("%s %s", trouble.what, trouble.detail)
        if not settings.OPERATOR_EMAIL:
            continue
        try:
            _hand_over(_message(trouble, now))
        except NotTaken as error:
            Alarm.objects.filter(cause=trouble.cause, told_at=now).update(told_at=now - INTERVAL + AGAIN)
            logger.error("the operator could not be told: %s", error)  # noqa: TRY400  # no trace: it is theirs
        else:
            told += 1
    return told


def troubles(now: datetime) -> Iterator[Trouble]:
    """What is wrong at `now`."""
    yield from _held(now)
    yield from _failing(now)
    yield from _silent(now)


def _held(now: datetime) -> Iterator[Trouble]:
    """Mail that waits because the relay takes none from us."""
    held = Delivery.objects.filter(state=Delivery.State.DEFERRED, reason__startswith="held:")
    # Since it was planned: a digest that catches up was due long before.
    if (first := held.filter(created_at__lte=now - HELD_FOR).order_by("created_at").first()) is not None:
        yield Trouble(
            "held",
            _("Mail is held: the relay takes none from us."),
            _(
                "Everything that waits is kept and tried again; nothing is lost. Look at what the relay "
                "answers, and at EMAIL_URL."
            ),
            first.reason.removeprefix("held:").strip(),
        )


def _failing(now: datetime) -> Iterator[Trouble]:
    """Enabled sources that are unreachable, or answer with what cannot be read."""
    for source in Source.objects.filter(enabled=True).exclude(error=""):
        if source.succeeded_at is None or source.succeeded_at <= now - FAILING_FOR:
            yield Trouble(
                f"source {source.name}",
                _("%(source)s could not be read.") % {"source": source.title},
                _(
                    "It is tried again every 15 minutes. If its pages have changed, this service has to "
                    "learn their new form."
                ),
                source.error.partition("\n")[0],
            )


def _silent(now: datetime) -> Iterator[Trouble]:
    """No new paper for a day and a half of weekdays, though a source is enabled."""
    newest = Release.objects.order_by("-released_at").values_list("released_at", flat=True).first()
    if newest and _weekday_time(newest, now) >= SILENT_FOR and Source.objects.filter(enabled=True).exists():
        yield Trouble(
            "silence",
            _("No new paper has come in for 36 hours."),
            _("Are the scheduler and a worker running? Fetch a source by hand, and look at its error."),
            _("The last ones came in at %(moment)s UTC.") % {"moment": f"{newest:%Y-%m-%d %H:%M}"},
        )


def _weekday_time(since: datetime, until: datetime) -> timedelta:
    """The time between two moments, weekends in UTC left out."""
    passed, moment = timedelta(), since
    while moment < until:
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        end = min(midnight, until)
        if moment.weekday() < WEEKEND:
            passed += end - moment
        moment = end
    return passed


def _claim(cause: str, now: datetime) -> bool:
    """Take the right to tell of this cause, if nobody did lately: of any number of callers one gets it."""
    Alarm.objects.get_or_create(cause=cause, defaults={"told_at": now - INTERVAL})
    return bool(Alarm.objects.filter(cause=cause, told_at__lte=now - INTERVAL).update(told_at=now))


def _message(trouble: Trouble, now: datetime) -> bytes:
    content = AlarmContent(
        what=trouble.what,
        hint=trouble.hint,
        detail=trouble.detail,
        admin_url=settings.SITE_URL + reverse("admin:index"),
        language=get_language() or "en",
    )
    letter = compose("alarm", content, branding.current())
    key = salted_hmac(_SALT, f"{trouble.cause}:{now.timestamp()}", algorithm="sha256").hexdigest()
    personal = Personal(settings.OPERATOR_EMAIL, now, f"<{key[:32]}@{settings.SITE_HOST}>")
    return prepare(letter, Sender(settings.DEFAULT_FROM_EMAIL)).message(personal)


def _hand_over(message: bytes) -> None:
    """Give the mail to the relay past the outbox, which may be what is in trouble; raises `NotTaken`."""
    sender, recipient = parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.OPERATOR_EMAIL
    config = settings.EMAIL_RELAY
    if not config:
        local_mailbox.store(message, sender, recipient)
        return
    backend = EmailBackend(
        host=config["EMAIL_HOST"],
        port=config["EMAIL_PORT"] or 25,
        username=config.get("EMAIL_HOST_USER") or "",
        password=config.get("EMAIL_HOST_PASSWORD") or "",
        use_tls=bool(config.get("EMAIL_USE_TLS")),
        use_ssl=bool(config.get("EMAIL_USE_SSL")),
        timeout=30,
    )
    try:
        backend.open()
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(str(error)) from error
    assert backend.connection is not None
    try:
        backend.connection.sendmail(sender, [recipient], message)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        raise NotTaken(str(error)) from error
    except (OSError, smtplib.SMTPException) as error:  # it may have it: never twice
        logger.warning("the relay fell silent over an alarm: %s", error)
    finally:
        backend.close()
