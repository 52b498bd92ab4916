"""A relay whose mails bear our DKIM signatures: each is signed as it is offered, whatever composed it."""

import select
import time
from collections.abc import Sequence
from dataclasses import replace

from subscriptions.relay.interface import POLL_TIMEOUT, Event, Mail, Relay, Watchable
from subscriptions.relay.key_files import configured_keys
from subscriptions.relay.no_relay import UnusableRelay
from subscriptions.relay.signing import SigningKey, UnusableKey, signatures


class SignedRelay:
    """`relay`, with a signature by each of `keys` before each mail."""

    def __init__(self, relay: Relay, keys: Sequence[SigningKey]) -> None:
        self.local = relay.local
        self._relay = relay
        self._keys = keys

    @property
    def smtputf8(self) -> bool | None:
        return self._relay.smtputf8

    def capacity(self) -> int:
        return self._relay.capacity()

    def offer(self, mail: Mail) -> None:
        signed = signatures(mail.content, self._keys, int(time.time())) + mail.content
        self._relay.offer(replace(mail, content=signed))

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        return self._relay.poll(timeout)

    def watch(self, poller: select.poll) -> bool:
        return isinstance(self._relay, Watchable) and self._relay.watch(poller)

    def finish(self, key: int) -> None:
        self._relay.finish(key)

    def abort(self, key: int) -> None:
        self._relay.abort(key)

    def close(self) -> None:
        self._relay.close()


def signed(relay: Relay) -> Relay:
    """`relay`, signing by DKIM_KEYS; one that takes nothing if it cannot: unsigned, mail looks forged."""
    try:
        return SignedRelay(relay, configured_keys())
    except UnusableKey as error:
        return UnusableRelay(str(error))
