"""Handing finished messages to a relay: several at once, each to a verdict that the ledger can keep.

outbox ◄─► SmtpRelay ◄─► Connection ◄─► Session ─► verdicts
(ledger)   (budgets)     (sockets,      (pure: bytes in,
                          TLS)           bytes out)
"""

from subscriptions.relay.connection_pool import SmtpRelay
from subscriptions.relay.interface import Event, Mail, Ready, Relay, Returned, Settled, Unavailable
from subscriptions.relay.local_relay import LocalMailbox, OneByOne
from subscriptions.relay.reply_codes import MessageRefused, Outcome, RelayUnavailable, Verdict, verdict_of

__all__ = [
    "Event",
    "LocalMailbox",
    "Mail",
    "MessageRefused",
    "OneByOne",
    "Outcome",
    "Ready",
    "Relay",
    "RelayUnavailable",
    "Returned",
    "Settled",
    "SmtpRelay",
    "Unavailable",
    "Verdict",
    "verdict_of",
]
