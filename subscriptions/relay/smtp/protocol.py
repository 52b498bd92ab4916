"""One SMTP session without a socket: bytes in, bytes out, and the outcome of each mail. Pure.

Where the relay offers PIPELINING (RFC 2920) the envelope is sent at once, else each command waits for the
reply to the one before. Nothing follows end of data until its reply is here: some servers that offer
PIPELINING drop what stands there, or answer it with 503 (docs/relays.md).

    greeting ─► EHLO ─► [STARTTLS ─► EHLO] ─► [AUTH] ─► (MAIL FROM, RCPT TO, DATA ─► message ─► end of data)*
"""

import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from subscriptions.relay.interface import Completed, Event, Mail, Ready
from subscriptions.relay.reply_codes import CLOSING, RelayUnavailable, Unsuitable, Verdict
from subscriptions.relay.smtp.handshake import ClientConfig, Handshake, HandshakeFailed
from subscriptions.relay.smtp.mail_transaction import END_OF_DATA, Transaction, completed, dot_stuffed
from subscriptions.relay.smtp.reply_parser import InvalidReply, Reply, ReplyParser

if TYPE_CHECKING:
    from subscriptions.lib.failpoints import Step

ReplyHandler = Callable[[Reply], None]
_MAX_RESETS = 8  # without a mail between them: Exim ends the session at the eleventh


class Session:
    """The commands for one relay, and what its replies mean for each mail.

    The transport takes `outgoing` and `events`. `closed` once there is nothing more to send or receive;
    `error` is why, if we did not end the session ourselves. We do after `most_mails`, if that is set.
    """

    def __init__(self, config: ClientConfig, *, pipelining: bool = True, most_mails: int = 0) -> None:
        self.outgoing: list[bytes] = []
        self.steps: list[Step] = []  # fault injection points reached once `outgoing` has been sent
        self.events: list[Event] = []
        self.closed = False
        self.error: RelayUnavailable | None = None
        self.replies_to_mails = 0  # replies to end of data
        self.data_accepted = False  # the relay has once replied 354 to DATA
        self._pipelining = pipelining
        self._handshake = Handshake(config)
        self._parser = ReplyParser()
        self._transaction: Transaction | None = None
        self._mails_left = most_mails or sys.maxsize
        self._resets = 0  # since the last mail
        self._expected: deque[ReplyHandler] = deque([self._handshake_reply])

    @property
    def waiting(self) -> bool:
        """Whether the relay owes a reply."""
        return bool(self._expected) and not self.closed

    @property
    def established(self) -> bool:
        """Whether the relay accepts mail commands from us."""
        return self._handshake.done

    @property
    def smtputf8(self) -> bool | None:
        """Whether the relay offers SMTPUTF8 (RFC 6531); None before it has said what it offers."""
        return "SMTPUTF8" in self._handshake.extensions if self._handshake.done else None

    @property
    def accepts_mail(self) -> bool:
        """Whether the next mail may be offered."""
        return self._transaction is None and not self.closed

    @property
    def wants_tls(self) -> bool:
        """Whether what follows is to be encrypted; then call `tls_started`."""
        return self._handshake.wants_tls and not self.closed

    # --- Called by the sender ----------------------------------------------------------------

    def offer(self, mail: Mail) -> None:
        """Send the envelope as soon as the session is established, then the message without end of data."""
        self._transaction = Transaction(mail, served=bool(self.replies_to_mails))
        self._mails_left -= 1
        if self._handshake.done:
            self._send_envelope()

    def finish(self) -> None:
        """Send end of data for the mail that is ready."""
        self._current.in_doubt = True
        self.outgoing.append(END_OF_DATA)
        self._expected.append(self._end_of_data_reply)
        self.steps.append("end of data sent")

    def abort(self) -> None:
        """Abandon the mail whose end of data was not sent; only closing the connection does that."""
        self._transaction = None
        self.closed = True

    def quit(self) -> None:
        """Send QUIT if no mail is in flight; its reply is not waited for."""
        if self._handshake.done and self.accepts_mail:
            self.outgoing.append(b"QUIT\r\n")
        self.closed = True

    # --- Called by the transport -------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Process what the relay sent."""
        try:
            for reply in self._parser.feed(data):
                self._dispatch(reply)
                if self.closed:
                    return
        except (InvalidReply, HandshakeFailed) as error:
            self.connection_lost(str(error))

    def connection_lost(self, reason: str, *, end_of_data_left: bool = True) -> None:
        """End the session. `end_of_data_left`: whether the last end of data may have left this machine."""
        if self.closed:
            return
        self.closed = True
        self.error = RelayUnavailable(f"SMTP session failed: {reason}"[:500])
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            established = self._handshake.done
            self.events.append(
                transaction.lost(reason, established=established, end_of_data_left=end_of_data_left)
            )

    def tls_started(self) -> None:
        """Everything from here on is encrypted."""
        if self._parser.pending:
            self.connection_lost("relay sent data before the TLS handshake (possible command injection)")
        else:
            self._send(self._handshake.tls_started(), self._handshake_reply)

    # --- Commands and their replies ----------------------------------------------------------

    def _handshake_reply(self, reply: Reply) -> None:
        """The greeting, and each reply until mail may be sent."""
        if command := self._handshake.next_command(reply):
            self._send(command, self._handshake_reply)
        elif self._handshake.done:
            self._pipelining = self._pipelining and "PIPELINING" in self._handshake.extensions
            if self._transaction is not None:
                self._send_envelope()

    @property
    def _current(self) -> Transaction:
        assert self._transaction is not None
        return self._transaction

    def _send_envelope(self) -> None:
        mail = self._current.mail
        try:
            parameters = self._handshake.mail_parameters(mail)
        except Unsuitable as error:
            self._transaction = None
            self.events.append(completed(mail, Verdict.DEFERRED, str(error)))
            return
        self._send(b"MAIL FROM:<%b>%b" % (mail.sender.encode(), parameters), self._mail_from_reply)
        if self._pipelining:
            self._send_rcpt_to()
            self._send_data()

    def _send_rcpt_to(self) -> None:
        self._send(b"RCPT TO:<%b>" % self._current.mail.recipient.encode(), self._rcpt_to_reply)

    def _send_data(self) -> None:
        self._send(b"DATA", self._data_reply)
        self.steps.append("envelope sent")

    def _mail_from_reply(self, reply: Reply) -> None:
        self._current.mail_from_reply(reply)
        self._go_on(self._send_rcpt_to)

    def _rcpt_to_reply(self, reply: Reply) -> None:
        self._current.rcpt_to_reply(reply)
        self._go_on(self._send_data)

    def _go_on(self, send_next: Callable[[], None]) -> None:
        if self._pipelining:  # the next command is sent already
            return
        if self._current.failure is None:
            send_next()
        else:
            self._fail_transaction()

    def _data_reply(self, reply: Reply) -> None:
        transaction = self._current
        transaction.data_reply(reply)
        if transaction.failure is not None:
            self._fail_transaction(in_message=reply.code == 354)
            return
        self.data_accepted = transaction.ready = True
        self.outgoing.append(dot_stuffed(transaction.mail))
        self.steps.append("message sent")
        self.events.append(Ready(transaction.mail.key))

    def _fail_transaction(self, *, in_message: bool = False) -> None:
        """The envelope was rejected. The session goes on, unless it is, or may be, what was rejected.

        `in_message`: the relay waits for a message all the same, and only closing ends that.
        """
        transaction, self._transaction = self._current, None
        assert transaction.failure is not None
        self.events.append(transaction.failure)
        if isinstance(transaction.failure, Completed) and transaction.ends_session:
            self.error = transaction.failure.error
        if in_message:
            self.closed = True
        elif (
            transaction.ends_session
            or self._mails_left <= 0
            or (transaction.begun and self._resets >= _MAX_RESETS)
        ):
            self.quit()
        elif transaction.begun:
            self._reset()

    def _reset(self) -> None:
        self._resets += 1
        self._send(b"RSET", self._ignore)

    def _end_of_data_reply(self, reply: Reply) -> None:
        transaction, self._transaction = self._current, None
        self.replies_to_mails += 1
        self._resets = 0
        self.events.append(transaction.end_of_data_reply(reply))
        if reply.code >= 400 and reply.code != CLOSING:  # Postfix leaves the transaction open
            self._reset()
        elif reply.code < 400 and not reply.positive:
            self.connection_lost(f"unexpected reply to end of data: {reply}")
        if self._mails_left <= 0:
            self.quit()

    def _ignore(self, _reply: Reply) -> None:
        """A reply that changes nothing."""

    def _dispatch(self, reply: Reply) -> None:
        if not self._expected:
            self.connection_lost(f"unexpected reply: {reply}")
            return
        handle = self._expected.popleft()
        if reply.code != CLOSING:
            handle(reply)
            return
        transaction = self._transaction
        about_mail = handle not in (self._handshake_reply, self._ignore)
        if transaction is not None and about_mail and (transaction.in_doubt or transaction.replied):
            handle(reply)
        self.connection_lost(f"closed by the relay: {reply}")

    def _send(self, command: bytes, handler: ReplyHandler) -> None:
        self.outgoing.append(command + b"\r\n")
        self._expected.append(handler)
