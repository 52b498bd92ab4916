"""One SMTP session without a socket: bytes in, bytes out, and the outcome of each mail. Pure.

Where the relay offers PIPELINING (RFC 2920) the envelope of the next mail follows the last one's end of data,
so a mail takes one round trip; else each command waits for the reply to the one before.

    greeting ─► EHLO ─► [STARTTLS ─► EHLO] ─► [AUTH] ─► (MAIL FROM, RCPT TO, DATA ─► message ─► end of data)*
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from subscriptions.relay.handshake import ClientConfig, Handshake, HandshakeFailed
from subscriptions.relay.interface import Completed, Event, Mail, Ready
from subscriptions.relay.mail_transaction import (
    END_OF_DATA,
    Transaction,
    after_end_of_data,
    completed,
    dot_stuffed,
)
from subscriptions.relay.reply_codes import CLOSING, MessageRefused, RelayUnavailable, Verdict, verdict_of
from subscriptions.relay.reply_parser import InvalidReply, Reply, ReplyParser

if TYPE_CHECKING:
    from subscriptions.lib.failpoints import Step

ReplyHandler = Callable[[Reply], None]


class Session:
    """The commands for one relay, and what its replies mean for each mail.

    The transport takes `outgoing` and `events`. `closed` once there is nothing more to send or receive;
    `error` is why, if we did not end the session ourselves.
    """

    def __init__(self, config: ClientConfig, *, pipelining: bool = True) -> None:
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
        self._in_doubt: Mail | None = None  # its end of data was sent, the reply has not come
        self._aborted = False
        self._expected: deque[ReplyHandler] = deque([self._handshake_reply])

    @property
    def waiting(self) -> bool:
        """Whether the relay owes a reply."""
        return bool(self._expected) and not self.closed

    @property
    def idle(self) -> bool:
        """Whether no mail is in flight."""
        return self._transaction is None and self._in_doubt is None

    @property
    def established(self) -> bool:
        """Whether the relay accepts mail commands from us."""
        return self._handshake.done

    @property
    def accepts_mail(self) -> bool:
        """Whether the next mail may be offered."""
        free = self._transaction is None and (self._pipelining or self._in_doubt is None)
        return free and not self.closed and not self._aborted

    @property
    def wants_tls(self) -> bool:
        """Whether what follows is to be encrypted; then call `tls_started`."""
        return self._handshake.wants_tls and not self.closed

    # --- Called by the sender ----------------------------------------------------------------

    def offer(self, mail: Mail) -> None:
        """Send the envelope as soon as the session is established, then the message without end of data."""
        self._transaction = Transaction(mail)
        if self._handshake.done:
            self._send_envelope()

    def finish(self) -> None:
        """Send end of data for the mail that is ready."""
        assert self._transaction is not None
        self._in_doubt, self._transaction = self._transaction.mail, None
        self.outgoing.append(END_OF_DATA)
        self._expected.append(self._end_of_data_reply)
        self.steps.append("end of data sent")

    def abort(self) -> None:
        """Abandon the mail whose end of data was not sent; only closing the connection does that."""
        self._transaction = None
        self._aborted = True
        self.closed = self._in_doubt is None

    def quit(self) -> None:
        """Send QUIT if no mail is in flight; its reply is not waited for."""
        if self._handshake.done and self.idle and not self.closed:
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
        mail, transaction = self._in_doubt, self._transaction
        if mail is not None and end_of_data_left:
            self._complete(mail, Verdict.UNKNOWN, f"no reply after end of data: {reason}")
        elif mail is not None:
            self._complete(mail, Verdict.DEFERRED, f"connection lost before end of data: {reason}")
        if transaction is not None:
            first = self._handshake.done and not self.replies_to_mails and mail is None
            self.events.append(transaction.lost(reason, first=first))
        self._in_doubt = self._transaction = None

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

    def _send_envelope(self) -> None:
        assert self._transaction is not None
        mail = self._transaction.mail
        try:
            parameters = self._handshake.mail_parameters(mail)
        except MessageRefused as error:
            self._transaction = None
            self._complete(mail, Verdict.DEFERRED, str(error), error)
            return
        self._send(b"MAIL FROM:<%b>%b" % (mail.sender.encode(), parameters), self._mail_from_reply)
        if self._pipelining:
            self._send_rcpt_to(mail)
            self._send_data(mail)

    def _send_rcpt_to(self, mail: Mail) -> None:
        self._send(b"RCPT TO:<%b>" % mail.recipient.encode(), self._rcpt_to_reply)

    def _send_data(self, _mail: Mail) -> None:
        self._send(b"DATA", self._data_reply)
        self.steps.append("envelope sent")

    def _mail_from_reply(self, reply: Reply) -> None:
        verdict = Verdict.ACCEPTED if reply.positive else None
        self._envelope_reply("MAIL FROM", reply, verdict, self._send_rcpt_to)

    def _rcpt_to_reply(self, reply: Reply) -> None:
        self._envelope_reply("RCPT TO", reply, verdict_of(reply.code, reply.text), self._send_data)

    def _envelope_reply(
        self, command: str, reply: Reply, verdict: Verdict | None, send_next: Callable[[Mail], None]
    ) -> None:
        transaction = self._transaction
        assert transaction is not None
        transaction.record(command, reply, verdict)
        if self._pipelining:  # the next command is sent already
            return
        if transaction.failure is None:
            send_next(transaction.mail)
        else:
            self._fail_transaction(transaction.failure)

    def _data_reply(self, reply: Reply) -> None:
        transaction = self._transaction
        assert transaction is not None
        transaction.record("DATA", reply, Verdict.ACCEPTED if reply.code == 354 else None)
        if transaction.failure is not None:
            self._fail_transaction(transaction.failure)
            self.closed = self.closed or reply.code == 354  # it waits for a message: only closing ends that
            return
        self.data_accepted = True
        self.outgoing.append(dot_stuffed(transaction.mail))
        self.steps.append("message sent")
        self.events.append(Ready(transaction.mail.key))

    def _fail_transaction(self, failure: Completed) -> None:
        """The envelope was rejected; the session goes on, unless it was rejected because of us."""
        self._transaction = None
        self.events.append(failure)
        if failure.error is None or isinstance(failure.error, MessageRefused):
            self._send(b"RSET", self._ignore)
        else:
            self.error = failure.error
            self.closed = True

    def _end_of_data_reply(self, reply: Reply) -> None:
        mail, self._in_doubt = self._in_doubt, None
        assert mail is not None
        self.replies_to_mails += 1
        self.closed = self._aborted
        self.events.append(after_end_of_data(mail, reply))
        if reply.code < 400 and not reply.positive:
            self.connection_lost(f"unexpected reply to end of data: {reply}")

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
        if handle == self._end_of_data_reply or (self._transaction is not None and self._transaction.replied):
            handle(reply)  # it is about a mail
        self.connection_lost(f"closed by the relay: {reply}")

    def _send(self, command: bytes, handler: ReplyHandler) -> None:
        self.outgoing.append(command + b"\r\n")
        self._expected.append(handler)

    def _complete(
        self, mail: Mail, verdict: Verdict, answer: str, error: RelayUnavailable | None = None
    ) -> None:
        self.events.append(completed(mail, verdict, answer, error))
