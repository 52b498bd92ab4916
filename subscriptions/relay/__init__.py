"""Handing finished messages to a mail relay: several at once, each to an outcome that a delivery can record.

outbox ◄─► SmtpRelay ◄─► Connection ◄─► Session ─► Outcome
           (connection   (socket,       (pure: bytes in,
            pool)         TLS)           bytes out)
"""

from django.conf import settings

from subscriptions.relay.causes import Cause, gist
from subscriptions.relay.interface import (
    POLL_TIMEOUT,
    Completed,
    Event,
    Mail,
    Ready,
    Relay,
    Returned,
    Unavailable,
    send_one,
)
from subscriptions.relay.key_files import configured_keys
from subscriptions.relay.local_relay import LocalMailbox, OneByOne
from subscriptions.relay.no_relay import NoRelay, UnusableRelay
from subscriptions.relay.reply_codes import MessageRefused, Outcome, RelayUnavailable, Verdict
from subscriptions.relay.signed_relay import SignedRelay
from subscriptions.relay.signing import UnusableKey
from subscriptions.relay.smtp.connection_pool import SmtpRelay

__all__ = [
    "POLL_TIMEOUT",
    "Cause",
    "Completed",
    "Event",
    "LocalMailbox",
    "Mail",
    "MessageRefused",
    "NoRelay",
    "OneByOne",
    "Outcome",
    "Ready",
    "Relay",
    "RelayUnavailable",
    "Returned",
    "SmtpRelay",
    "Unavailable",
    "Verdict",
    "gist",
    "open_relay",
    "send_one",
]


def open_relay(*, pipelining: bool = True) -> Relay:
    """The relay of EMAIL_URL, or the local mailbox, or none, which holds all mail; with DKIM_KEYS it signs.

    Nothing is connected before there is a mail for it.
    """
    if settings.EMAIL_HELD:
        return NoRelay()
    try:
        keys = configured_keys()
    except UnusableKey as error:  # unsigned, mail would be taken for forged
        return UnusableRelay(str(error))
    if settings.EMAIL_RELAY:
        relay: Relay = SmtpRelay(settings.EMAIL_RELAY, settings.SMTP_CONNECTIONS, pipelining=pipelining)
    else:
        relay = LocalMailbox()
    return SignedRelay(relay, keys) if keys else relay
