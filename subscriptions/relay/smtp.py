"""An SMTP relay over several connections at once, in one thread.

Connections are opened when there is mail for them and kept. One that fails while others work is left
alone for a while: relays limit how many they take. With none left the relay is unavailable.
"""

import selectors
import socket
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from subscriptions.relay.connection import Connection
from subscriptions.relay.contract import PATIENCE, Event, Mail, Ready, Returned, Settled, Unavailable
from subscriptions.relay.login import Access
from subscriptions.relay.session import Session
from subscriptions.relay.verdicts import RelayUnavailable

CONNECTIONS = 4
_GATHER = 0.002  # seconds that the first answers wait for the others
_PAUSE = 5.0  # seconds before a failed connection is tried again beside others
_CONNECT = 10.0  # seconds for a relay to take a connection
_FAILURES = 3  # connections in a row that ended without one mail settled: then the relay is given up


class SmtpRelay:
    """Up to `connections` sessions with the relay of `config`, which is what django-environ reads from
    EMAIL_URL. `timeout`, in seconds, is for each of its answers.
    """

    def __init__(
        self, config: Mapping[str, Any], connections: int = CONNECTIONS, timeout: float = 60
    ) -> None:
        self.local = config["EMAIL_HOST"] in {"localhost", "127.0.0.1", "::1"}
        self._config = config
        self._most = connections
        self._timeout = timeout
        self._selector = selectors.DefaultSelector()
        self._connections: list[Connection] = []
        self._carrying: dict[int, Connection] = {}
        self._events: list[Event] = []
        self._failures = 0  # in a row
        self._open_after = 0.0
        self._pipelining = True
        self._proven = False  # that the relay can do what it offers

    def room(self) -> int:
        """How many mails the connections, and those that may still be opened, take on now."""
        return sum(connection.session.room for connection in self._connections) + self._openable()

    def offer(self, mail: Mail) -> None:
        """Begin `mail` on an idle connection, else on a new one, else behind another mail."""
        free = [connection for connection in self._connections if connection.session.room]
        chosen = next((connection for connection in free if connection.session.idle), None)
        if chosen is None and self._openable():
            try:
                chosen = self._open()
            except (OSError, UnicodeError) as error:
                self._events.append(Returned(mail.key))
                self._failed(RelayUnavailable(f"no connection to the relay: {error}"))
                return
        chosen = chosen or next(iter(free), None)
        if chosen is None:
            self._events.append(Returned(mail.key))
            return
        self._carrying[mail.key] = chosen
        chosen.session.offer(mail)

    def finish(self, key: int) -> None:
        """Send the final dot, as soon as `poll` is called."""
        self._carrying[key].session.finish()

    def withdraw(self, key: int) -> None:
        """Hang up on a relay that has all but the end, unless it did so itself."""
        if (carrier := self._carrying.pop(key, None)) is not None:
            carrier.session.withdraw()
            self._clear()

    def poll(self, also: int | None = None, patience: float = PATIENCE) -> list[Event]:
        """What happened since the last time, or within `patience`; what the sessions say leaves at once.

        Once something has, what other connections are owed is waited for as well, for a moment: the ledger
        writes it all down at once. Not if it is at something already, which `also` tells.
        """
        until = time.monotonic() + patience
        called, looked, gathering = False, False, False
        while True:
            self._exchange()
            now = time.monotonic()
            if self._events and not gathering:
                gathering, until = True, min(until, now + _GATHER)
            waiting = [c for c in self._connections if c.session.waiting or c.sending]
            over = called or (looked and now >= until) or (self._events and also is not None)
            if over or not (waiting or also is not None):
                break
            called, looked = self._wait(waiting, also, until - now), True
        events, self._events = self._events, []
        gone = {event.key for event in events if isinstance(event, Settled | Returned)}
        return [event for event in events if not (isinstance(event, Ready) and event.key in gone)]

    def close(self) -> None:
        """Say goodbye where nothing is in hand, and hang up."""
        for connection in self._connections:
            connection.session.quit()
            self._hang_up(connection)
        self._connections.clear()
        self._carrying.clear()

    # --- Connections -------------------------------------------------------------------------

    def _openable(self) -> int:
        """How many connections may be opened now."""
        given_up = any(isinstance(event, Unavailable) for event in self._events)
        if given_up:
            return 0
        if time.monotonic() < self._open_after:  # one at least, and no more than `room` told of
            return int(not self._connections)
        return self._most - len(self._connections)

    def _open(self) -> Connection:
        host, port = self._config["EMAIL_HOST"], self._config["EMAIL_PORT"] or 25
        opened = socket.create_connection((host, port), timeout=_CONNECT)
        session = Session(self._access, pipelining=self._pipelining)
        connection = Connection(opened, session, host, self._timeout)
        if self._config.get("EMAIL_USE_SSL"):
            connection.encrypt()
        self._selector.register(opened, selectors.EVENT_READ, connection)
        self._connections.append(connection)
        return connection

    @cached_property
    def _access(self) -> Access:
        name = socket.getfqdn()
        if "." not in name:  # RFC 5321, 4.1.3: who has no name tells the address
            name = f"[{socket.gethostbyname(socket.gethostname())}]"
        return Access(
            name=name,
            user=self._config.get("EMAIL_HOST_USER") or "",
            password=self._config.get("EMAIL_HOST_PASSWORD") or "",
            starttls=bool(self._config.get("EMAIL_USE_TLS")),
        )

    def _exchange(self) -> None:
        """Send what is to be sent, and take what the sessions made of the answers."""
        for connection in self._connections:
            session = connection.session
            if session.outgoing or connection.sending:
                connection.flush()
            if session.events:
                events, session.events = session.events, []
                for event in events:
                    if isinstance(event, Settled | Returned):
                        self._carrying.pop(event.key, None)
                self._events += events
        self._clear()

    def _clear(self) -> None:
        """Hang up where there is nothing more to say."""
        for connection in [c for c in self._connections if c.session.closed]:
            self._connections.remove(connection)
            self._hang_up(connection)
            self._ended(connection.session)

    def _wait(self, waiting: list[Connection], also: int | None, patience: float) -> bool:
        """Take what arrives, until the first that does, or somebody's time is over; whether it was `also`."""
        for connection in waiting:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.sending else 0)
            if self._selector.get_key(connection.socket).events != wanted:
                self._selector.modify(connection.socket, wanted, connection)
        patience = min([patience, *(connection.deadline - time.monotonic() for connection in waiting)])
        called = False
        for key, mask in self._select(also, max(0.0, patience)):
            if key.data is None:
                called = True
            elif mask & selectors.EVENT_READ:
                key.data.receive()
        now = time.monotonic()
        for connection in waiting:
            connection.expire(now)
        return called

    def _select(self, also: int | None, patience: float) -> list[tuple[selectors.SelectorKey, int]]:
        if also is None:
            return self._selector.select(patience)
        self._selector.register(also, selectors.EVENT_READ)
        try:
            return self._selector.select(patience)
        finally:
            self._selector.unregister(also)

    def _ended(self, session: Session) -> None:
        """A connection is no more: note what that says about the relay."""
        self._proven = self._proven or session.began
        if session.served:
            self._failures = 0
        elif session.error is not None:
            if session.welcome and not self._proven:
                self._pipelining = False  # perhaps it cannot do what it offers
            self._failed(session.error, welcome=session.welcome)

    def _failed(self, error: RelayUnavailable, *, welcome: bool = False) -> None:
        """Give the relay up if no connection is left, and it lets us in no more or loses mail after mail."""
        self._failures += 1
        self._open_after = time.monotonic() + _PAUSE
        if not self._connections and (not welcome or self._failures >= _FAILURES):
            self._events.append(Unavailable(error))

    def _hang_up(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        connection.close()
