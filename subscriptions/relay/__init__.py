"""Handing finished messages to a mail relay: several at once, each to an outcome that a delivery can record.

outbox ◄─► SingleRelay, ◄─► SmtpRelay ◄─► Connection ◄─► Session ─► Outcome
           RoutedRelay      (connection   (socket,       (pure: bytes in,
           (several)         pool)         TLS)           bytes out)
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
from subscriptions.relay.reply_codes import (
    DomainDeferred,
    DomainSuspected,
    MessageRefused,
    Outcome,
    RelayUnavailable,
    Verdict,
)
from subscriptions.relay.routing import ledger
from subscriptions.relay.routing.configured import Configured, configured, is_counted, of_urls
from subscriptions.relay.routing.route import Route
from subscriptions.relay.routing.routed_relay import RoutedRelay
from subscriptions.relay.routing.single_relay import SingleRelay
from subscriptions.relay.smtp.connection_pool import SmtpRelay

__all__ = [
    "POLL_TIMEOUT",
    "Cause",
    "Completed",
    "DomainDeferred",
    "DomainSuspected",
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
    "RoutedRelay",
    "SmtpRelay",
    "Unavailable",
    "Verdict",
    "gist",
    "open_each",
    "open_relay",
    "send_one",
]


def open_relay(*, pipelining: bool = True) -> Relay:
    """The relays of EMAIL_URL and of the admin's page, or the local mailbox, or none, which holds all mail.

    With DKIM_KEYS they sign. Nothing is connected before there is a mail for it.
    """
    if settings.EMAIL_HELD:
        return NoRelay()
    return _routed(pipelining=pipelining) if settings.EMAIL_RELAYS else _signed(LocalMailbox())


def open_each() -> dict[str, Relay]:
    """The relays of EMAIL_URL, by name, each for itself: to try them, for which no database is needed."""
    if settings.EMAIL_HELD:
        return {"": NoRelay()}
    if not settings.EMAIL_RELAYS:
        return {"": _signed(LocalMailbox())}
    return {one.name: _opened(one, pipelining=False) for one in of_urls()}


def _routed(*, pipelining: bool) -> Relay:
    relays = configured()
    if len(relays) == 1 and not is_counted(relays):
        return SingleRelay(_opened(relays[0], pipelining=pipelining))
    ledger.register(relays)
    return RoutedRelay([Route(one.name, _opened(one, pipelining=pipelining), one.limits) for one in relays])


def _opened(one: Configured, *, pipelining: bool) -> Relay:
    limits = one.limits
    if "EMAIL_PROVIDER" in one.config:
        from subscriptions.relay.providers.opening import provider_relay  # noqa: PLC0415 - loads anymail

        return provider_relay(one.config, limits.connections)  # which signs by itself
    return _signed(
        SmtpRelay(one.config, limits.connections, pipelining=pipelining, per_session=limits.per_session)
    )


def _signed(relay: Relay) -> Relay:
    if not settings.DKIM_KEYS:
        return relay
    from subscriptions.relay.signed_relay import signed  # noqa: PLC0415 - loads OpenSSL, for senders alone

    return signed(relay)
