"""From a claimed delivery to a mail that can be offered to the relay."""

from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError

from digest.compose.mime.header_encoding import checked_address
from subscriptions.emails.addressing import recipient
from subscriptions.emails.composer import Composer
from subscriptions.emails.letters import LETTER_OF
from subscriptions.emails.letters.letter_type import NothingToSay
from subscriptions.lib.email_addresses import is_reserved
from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.outcomes import tried_again
from subscriptions.outbox.transitions import Transition
from subscriptions.relay import Mail

State = Delivery.State


def composed(
    leased: Leased, composer: Composer, now: datetime, *, local: bool, smtputf8: bool | None = None
) -> Mail | Transition:
    """The mail of a delivery, or why there is none.

    `local`: whether the relay keeps it on this machine; `smtputf8`: whether it offers that, if it is known.
    """
    if leased.kind not in LETTER_OF:  # queued by a version that has more letters than this one
        return tried_again(leased, f"there is no letter “{leased.kind}”", now)
    try:
        address = checked_address(recipient(leased))
    except ValueError:  # UnusableAddress, UnicodeError
        return Transition(leased.pk, State.SKIPPED, "this is no address that mail can be sent to")
    if not address.isascii() and smtputf8 is False:
        return tried_again(leased, "the relay does not offer SMTPUTF8", now)
    if is_reserved(address) and not local:
        reason = "reserved domain (RFC 2606): never handed to a relay that is not local"
        return Transition(leased.pk, State.SKIPPED, reason)
    try:
        message, sender = composer.message(leased)
    except NothingToSay as nothing:
        return Transition(leased.pk, State.SKIPPED, str(nothing))
    except (OperationalError, InterfaceError):  # not about this mail
        raise
    except Exception as error:  # noqa: BLE001 - one mail that cannot be composed must not delay the others
        return tried_again(leased, f"could not be composed: {error!r}", now)
    reach("composed")
    return Mail(leased.pk, message, sender, address, dotless=True)


@dataclass(slots=True)
class Prepared:
    """A delivery and its mail: `returned` once by the relay; `finished`, so its end of data may have left."""

    leased: Leased
    mail: Mail
    returned: bool = False
    finished: bool = False
