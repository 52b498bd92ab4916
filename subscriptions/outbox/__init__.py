"""The outbox: claim → compose → hand over → record; sweep what a dead sender left.

pending → leased → handing → accepted | deferred | refused | unknown | skipped

`handing` is committed before the relay can have the end of the mail: if the sender dies there, the
row becomes `unknown` and is never sent again by itself.
"""

from django.conf import settings

from subscriptions.outbox.claiming import claim
from subscriptions.outbox.sender import deliver
from subscriptions.outbox.transitions import HOLD, hold, sweep, unsettled
from subscriptions.relay import LocalMailbox, Relay, SmtpRelay

__all__ = ["HOLD", "claim", "deliver", "hold", "open_relay", "sweep", "unsettled"]


def open_relay() -> Relay:
    """The relay of EMAIL_URL, or the local mailbox."""
    if not settings.EMAIL_RELAY:
        return LocalMailbox()
    return SmtpRelay(settings.EMAIL_RELAY, settings.SMTP_CONNECTIONS)
