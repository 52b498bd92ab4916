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
from subscriptions.relay.local_relay import LocalMailbox, OneByOne
from subscriptions.relay.no_relay import NoRelay
from subscriptions.relay.reply_codes import MessageRefused, Outcome, RelayUnavailable, Verdict
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
    if "EMAIL_PROVIDER" in settings.EMAIL_RELAY:
        from subscriptions.relay.providers.opening import provider_relay  # noqa: PLC0415 - loads anymail

        return provider_relay(settings.EMAIL_RELAY, settings.SMTP_CONNECTIONS)  # which signs by itself
    if settings.EMAIL_RELAY:
        relay: Relay = SmtpRelay(settings.EMAIL_RELAY, settings.SMTP_CONNECTIONS, pipelining=pipelining)
    else:
        relay = LocalMailbox()
    if not settings.DKIM_KEYS:
        return relay
    from subscriptions.relay.signed_relay import signed  # noqa: PLC0415 - loads OpenSSL, for senders alone

    return signed(relay)
