"""An SMTP relay over several connections at once, in one thread.

Connections are opened when there is mail for them and kept. One that fails while others work is left
alone for a while: relays limit how many they take. With none left the relay is unavailable.
"""

import select
import socket
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from subscriptions.relay.handshake import Access
from subscriptions.relay.interface import PATIENCE, Event, Mail, Ready, Returned, Settled, Unavailable
from subscriptions.relay.protocol import Session
from subscriptions.relay.reply_codes import RelayUnavailable
from subscriptions.relay.socket_transport import Connection

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
        self._poller = select.poll()  # the quickest for a few sockets: watching one asks no kernel
        self._connections: dict[int, Connection] = {}  # by the descriptors of their sockets
        self._carrying: dict[int, Connection] = {}
        self._events: list[Event] = []
        self._failures = 0  # in a row
        self._open_after = 0.0
        self._overdue_after = 0.0  # nobody is given up before, for deadlines only move on
        self._pipelining = True
        self._proven = False  # that the relay can do what it offers

    def room(self) -> int:
        """How many mails the connections, and those that may still be opened, take on now."""
        return sum(connection.session.room for connection in self._connections.values()) + self._openable()

    def offer(self, mail: Mail) -> None:
        """Begin `mail` on an idle connection, else on a new one, else behind another mail."""
        free = [connection for connection in self._connections.values() if connection.session.room]
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
        now = time.monotonic()
        until = now + patience
        called, looked, gathering = False, False, False
        while True:
            self._exchange()
            if self._events and not gathering:
                gathering, until = True, min(until, now + _GATHER)
            over = called or (looked and now >= until) or (self._events and also is not None)
            if over or not (also is not None or self._owed()):
                break
            called, looked = self._wait(also, until - now, now), True
            now = time.monotonic()
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Say goodbye where nothing is in hand, and hang up."""
        for connection in self._connections.values():
            connection.session.quit()
            self._hang_up(connection)
        self._connections.clear()
        self._carrying.clear()

    # --- Connections -------------------------------------------------------------------------

    def _openable(self) -> int:
        """How many connections may be opened now."""
        if len(self._connections) >= self._most:
            return 0
        if any(isinstance(event, Unavailable) for event in self._events):  # given up
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
        self._poller.register(opened, select.POLLIN)
        self._connections[opened.fileno()] = connection
        return connection

    @cached_property
    def _access(self) -> Access:
        name = socket.getfqdn()
        if "." not in name:  # RFC 5321, 4.1.3: who has no name tells the address
            name = f"[{_own_address()}]"
        return Access(
            name=name,
            user=self._config.get("EMAIL_HOST_USER") or "",
            password=self._config.get("EMAIL_HOST_PASSWORD") or "",
            starttls=bool(self._config.get("EMAIL_USE_TLS")),
        )

    def _owed(self) -> bool:
        """Whether anybody has something to say, or to hear."""
        return any(c.session.waiting or c.sending for c in self._connections.values())

    def _exchange(self) -> None:
        """Send what is to be sent, and take what the sessions made of the answers."""
        closed = False
        for connection in self._connections.values():
            session = connection.session
            if session.outgoing or connection.sending:
                connection.flush()
                self._poller.register(
                    connection.socket, select.POLLIN | (select.POLLOUT if connection.sending else 0)
                )
            if session.events:
                events, session.events = session.events, []
                for event in events:
                    if isinstance(event, Settled | Returned):
                        self._carrying.pop(event.key, None)
                self._events += events
            closed = closed or session.closed
        if closed:
            self._clear()

    def _clear(self) -> None:
        """Hang up where there is nothing more to say, and forget what was ready there."""
        for descriptor, connection in list(self._connections.items()):
            if connection.session.closed:
                del self._connections[descriptor]
                self._hang_up(connection)
                self._ended(connection.session)
        carried = self._carrying
        self._events = [e for e in self._events if not isinstance(e, Ready) or e.key in carried]

    def _wait(self, also: int | None, patience: float, now: float) -> bool:
        """Take what arrives, until the first that does, or somebody's time is over; whether it was `also`."""
        called = False
        for descriptor, what in self._look(also, max(0.0, min(patience, self._overdue_after - now))):
            if descriptor == also:
                called = True
            elif what & ~select.POLLOUT:  # also what is wrong with it, which reading tells
                self._connections[descriptor].receive()
        if (now := time.monotonic()) >= self._overdue_after:  # not before what has arrived is heard
            self._give_up_the_silent(now)
        return called

    def _look(self, also: int | None, patience: float) -> list[tuple[int, int]]:
        if also is None:
            return self._poller.poll(patience * 1000)
        self._poller.register(also, select.POLLIN)
        try:
            return self._poller.poll(patience * 1000)
        finally:
            self._poller.unregister(also)

    def _give_up_the_silent(self, now: float) -> None:
        """Lose the connections that owe an answer for too long."""
        self._overdue_after = now + self._timeout
        for connection in self._connections.values():
            if connection.session.waiting or connection.sending:
                connection.expire(now)
                self._overdue_after = min(self._overdue_after, connection.deadline)

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
        self._poller.unregister(connection.socket)
        connection.close()


def _own_address() -> str:
    """The address of this machine by its own name, which not every machine can look up."""
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
