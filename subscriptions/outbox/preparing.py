"""A leased delivery as a message to offer, or the step that settles it without one."""

from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from digest.compose.mime.headers import checked_address
from subscriptions.accounts import unsubscribing
from subscriptions.emails.letters import Composer, NothingToSay, recipient
from subscriptions.lib.email_addresses import is_reserved
from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery, Subscriber
from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.transitions import Move, backoff, wanted_by
from subscriptions.relay import Mail

PAUSE_CHECK = timedelta(days=1)
Kind, State = Delivery.Kind, Delivery.State


def composed(leased: Leased, composer: Composer, now: datetime, *, local: bool) -> Mail | Move:
    """The mail of a delivery, or why there is none. `local`: whether the relay cannot let it leave."""
    try:
        address = checked_address(recipient(leased))
    except ValueError:  # UnusableAddress, UnicodeError
        return Move(leased.pk, State.SKIPPED, "the address cannot be written in ASCII")
    if is_reserved(address) and not local:
        reason = "a reserved domain: never handed to a relay that is not local"
        return Move(leased.pk, State.SKIPPED, reason)
    try:
        message, sender = composer.message(leased)
    except NothingToSay as nothing:
        return Move(leased.pk, State.SKIPPED, str(nothing))
    except (OperationalError, InterfaceError):  # no fault of this mail's
        raise
    except Exception as error:  # noqa: BLE001 - one mail that cannot be composed must not hold up the others
        later = now + backoff(leased.attempts + 1)
        return Move(leased.pk, State.DEFERRED, f"could not be composed: {error!r}", later, tried=True)
    reach("composed")
    return Mail(leased.pk, message, sender, address, dotless=True)


def put_off(leased: Leased, now: datetime) -> Move:
    """The step of a delivery whose `handing` was refused: its lease ran out, or its reader wants it no more.

    The first waits again. The second is kept while they may come back: a pause ends, and leaving can be
    undone; the digest planned then takes over this one's papers.
    """
    reader = Subscriber.objects.filter(pk=leased.subscriber.pk).first()
    if reader is not None and reader.state in wanted_by(Kind(leased.kind)):
        return Move(leased.pk, State.PENDING)
    if leased.kind == Kind.DIGEST and reader is not None:
        if reader.state == Subscriber.State.PAUSED:
            return Move(leased.pk, State.DEFERRED, "the reader paused meanwhile", now + PAUSE_CHECK)
        if reader.left_at is not None and reader.left_at > now - unsubscribing.UNDO:
            return Move(leased.pk, State.DEFERRED, "the reader left meanwhile", now + unsubscribing.UNDO)
    return Move(leased.pk, State.SKIPPED, "the reader left meanwhile")
