"""An SMTP relay over several connections at once, in one thread.

Connections are opened when there is mail for them, and kept. After one failed while others work, no new one
is tried for a while: relays limit how many they accept. With none left the relay is unavailable. A mail that
met the limit of a session that has worked is tried once more, at the beginning of a new one.
"""

import select
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from subscriptions.relay.interface import POLL_TIMEOUT, Event, Mail, Ready, Returned, Unavailable
from subscriptions.relay.reply_codes import RelayUnavailable
from subscriptions.relay.smtp.client_config import client_config
from subscriptions.relay.smtp.protocol import Session
from subscriptions.relay.smtp.socket_transport import Connection

if TYPE_CHECKING:
    from subscriptions.relay.smtp.handshake import ClientConfig

CONNECTIONS = 4
_RECONNECT_AFTER = 5.0  # seconds after a connection failed while others work
_CONNECT_TIMEOUT = 10.0  # seconds
_MAX_FAILURES = 3  # sessions in a row without one reply to a mail: then the relay is unavailable


class SmtpRelay:
    """Up to `connections` sessions with the relay of `config`, which is what django-environ reads from
    EMAIL_URL. `timeout`, in seconds, is for each of its replies. A session ends after `per_session` mails.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        connections: int = CONNECTIONS,
        timeout: float = 60,
        *,
        pipelining: bool = True,
        per_session: int = 0,
    ) -> None:
        self.local = config["EMAIL_HOST"] in {"localhost", "127.0.0.1", "::1"}
        self._config = config
        self._client: ClientConfig | None = None
        self._max_connections = connections
        self._timeout = timeout
        self._poller = select.poll()  # the fastest for a few sockets: registering one costs no system call
        self._connections: dict[int, Connection] = {}  # by the file descriptors of their sockets
        self._connection_of: dict[int, Connection] = {}  # by the keys of the mails in flight
        self._mails: dict[int, Mail] = {}  # those of them that may be tried in a new session
        self._events: list[Event] = []
        self._failures = 0  # in a row
        self._open_after = 0.0
        self._next_deadline = 0.0  # no reply is overdue before, for deadlines only move on
        self._pipelining = pipelining
        self._per_session = per_session
        self._smtputf8: bool | None = None  # what sessions that have ended knew
        self._data_accepted = False  # whether the relay ever replied 354 to DATA

    @property
    def smtputf8(self) -> bool | None:
        known = (connection.session.smtputf8 for connection in self._connections.values())
        return next((offered for offered in known if offered is not None), self._smtputf8)

    def capacity(self) -> int:
        """How many mails may be offered now, on open connections and on those that may be opened."""
        free = sum(connection.session.accepts_mail for connection in self._connections.values())
        return free + self._openable()

    def offer(self, mail: Mail) -> None:
        """Begin `mail` on an idle connection, else on a new one."""
        idle = (c for c in self._connections.values() if c.session.accepts_mail)
        self._mails[mail.key] = mail
        self._begin(mail, next(idle, None) or self._new_connection())

    def _begin(self, mail: Mail, chosen: Connection | None) -> None:
        if chosen is None:
            self._events.append(Returned(mail.key))
        else:
            self._connection_of[mail.key] = chosen
            chosen.session.offer(mail)

    def finish(self, key: int) -> None:
        """Send end of data, as soon as `poll` is called."""
        self._connection_of[key].session.finish()

    def abort(self, key: int) -> None:
        """Close the connection of a mail without end of data, unless the relay did that itself."""
        self._mails.pop(key, None)
        if (connection := self._connection_of.pop(key, None)) is not None:
            connection.session.abort()
            self._remove_closed()

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        """The events since the last call, or the first within `timeout`; what is to be sent leaves."""
        now = time.monotonic()
        until = now + timeout
        polled = False
        while True:
            self._exchange()
            if self._events and (polled or timeout):
                break
            if (polled and now >= until) or not self._owed():
                break
            self._wait(until - now, now)
            polled = True
            now = time.monotonic()
        events, self._events = self._events, []
        return events

    def watch(self, poller: select.poll) -> bool:
        """Register the connections with `poller`, after `poll`; whether a reply is owed on any."""
        for connection in self._connections.values():
            poller.register(connection.socket, select.POLLIN | (select.POLLOUT if connection.sending else 0))
        return self._owed()

    def close(self) -> None:
        """End idle sessions with QUIT, and close every connection."""
        for connection in self._connections.values():
            connection.session.quit()
            self._disconnect(connection)
        self._connections.clear()
        self._connection_of.clear()

    # --- Connections -------------------------------------------------------------------------

    def _openable(self) -> int:
        """How many connections may be opened now."""
        if len(self._connections) >= self._max_connections:
            return 0
        if any(isinstance(event, Unavailable) for event in self._events):
            return 0
        if time.monotonic() < self._open_after:  # one at least, and no more than `capacity` said
            return int(not self._connections)
        return self._max_connections - len(self._connections)

    def _new_connection(self) -> Connection | None:
        """A new connection; none if no more may be opened, or the relay cannot be reached."""
        if not self._openable():
            return None
        try:
            return self._open()
        except (OSError, UnicodeError) as error:
            self._failed(RelayUnavailable(f"cannot connect to the relay: {error}"))
            return None

    def _open(self) -> Connection:
        host, port = self._config["EMAIL_HOST"], self._config["EMAIL_PORT"] or 25
        opened = socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT)
        self._client = self._client or client_config(self._config)
        session = Session(self._client, pipelining=self._pipelining, most_mails=self._per_session)
        connection = Connection(opened, session, host, self._timeout)
        if self._config.get("EMAIL_USE_SSL"):
            connection.encrypt()
        self._poller.register(opened, select.POLLIN)
        self._connections[opened.fileno()] = connection
        return connection

    def _owed(self) -> bool:
        """Whether anything is left to send or a reply is owed."""
        return any(c.session.waiting or c.sending for c in self._connections.values())

    def _exchange(self) -> None:
        """Send what is to be sent, and collect the events of the sessions."""
        closed = False
        again: list[Mail] = []
        for connection in self._connections.values():
            session = connection.session
            if session.outgoing or connection.sending:
                connection.flush()
                self._poller.register(
                    connection.socket, select.POLLIN | (select.POLLOUT if connection.sending else 0)
                )
            if session.events:
                events, session.events = session.events, []
                self._events += [event for event in events if not self._again(event, session, again)]
            closed = closed or session.closed
        if closed:
            self._remove_closed()
        for mail in again:
            self._begin(mail, self._new_connection())

    def _again(self, event: Event, session: Session, again: list[Mail]) -> bool:
        """Note what becomes of a mail; whether it is to be tried in a new session, and nobody is told."""
        if isinstance(event, Unavailable):
            return False
        mail = self._mails.pop(event.key, None)  # once; and never with a message that the relay has
        if isinstance(event, Ready):
            return False
        self._connection_of.pop(event.key, None)
        if isinstance(event, Returned) and session.replies_to_mails and mail is not None:
            again.append(mail)
            return True
        return False

    def _remove_closed(self) -> None:
        """Drop the connections of closed sessions, and what was ready there."""
        for descriptor, connection in list(self._connections.items()):
            if connection.session.closed:
                del self._connections[descriptor]
                self._disconnect(connection)
                self._ended(connection.session)
        in_flight = self._connection_of
        self._events = [e for e in self._events if not isinstance(e, Ready) or e.key in in_flight]

    def _wait(self, timeout: float, now: float) -> None:
        """Receive what arrives first, until `timeout` or the next deadline."""
        for fd, event in self._poller.poll(1000 * max(0.0, min(timeout, self._next_deadline - now))):
            if event & ~select.POLLOUT:  # errors too: receiving reports them
                self._connections[fd].receive()
        if (now := time.monotonic()) >= self._next_deadline:  # not before what has arrived is received
            self._expire_overdue(now)

    def _expire_overdue(self, now: float) -> None:
        """Give up the connections whose reply is overdue."""
        self._next_deadline = now + self._timeout
        for connection in self._connections.values():
            if connection.session.waiting or connection.sending:
                connection.expire(now)
                self._next_deadline = min(self._next_deadline, connection.deadline)

    def _ended(self, session: Session) -> None:
        """A session has ended: note what that says about the relay."""
        self._smtputf8 = self._smtputf8 if session.smtputf8 is None else session.smtputf8
        self._data_accepted = self._data_accepted or session.data_accepted
        if session.replies_to_mails:
            self._failures = 0
        elif session.error is not None:
            if session.established and not self._data_accepted:
                self._pipelining = False  # perhaps it offers PIPELINING and cannot do it
            self._failed(session.error, established=session.established)

    def _failed(self, error: RelayUnavailable, *, established: bool = False) -> None:
        """Without connections the relay is unavailable if no session begins, or several failed in a row."""
        self._failures += 1
        self._open_after = time.monotonic() + _RECONNECT_AFTER
        if not self._connections and (not established or self._failures >= _MAX_FAILURES):
            self._events.append(Unavailable(error))

    def _disconnect(self, connection: Connection) -> None:
        self._poller.unregister(connection.socket)
        connection.close()
