"""One SMTP conversation without a socket: bytes in, bytes out, and what they mean. Pure.

Where the relay offers PIPELINING (RFC 2920) the envelope of the next mail follows the final dot of the
last one, so a mail takes one round trip; else each command waits for the answer to the one before.

    greeting ─► EHLO ─► [STARTTLS ─► EHLO] ─► [AUTH] ─► (MAIL, RCPT, DATA ─► body ─► dot)*
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from subscriptions.relay.handshake import Access, Login, Unwelcome
from subscriptions.relay.interface import Event, Mail, Ready, Returned, Settled
from subscriptions.relay.mail_transaction import Opening, stuffed
from subscriptions.relay.reply_codes import (
    LEAVING,
    MessageRefused,
    Outcome,
    RelayUnavailable,
    Verdict,
    refusal,
    verdict_of,
)
from subscriptions.relay.reply_parser import NoSmtp, Replies, Reply

if TYPE_CHECKING:
    from subscriptions.lib.failpoints import Step

DOT = b".\r\n"  # the end of a message; in a body no line is a lone dot
Answered = Callable[[Reply], None]


class Session:
    """What to say to one relay, and what its answers mean for each mail.

    Who carries the bytes takes `outgoing` and `events`. `closed` once there is nothing more to say or
    hear; `error` is why, if it was not our wish.
    """

    def __init__(self, access: Access, *, pipelining: bool = True) -> None:
        self.outgoing: list[bytes] = []
        self.steps: list[Step] = []  # reached when all that is outgoing has left
        self.events: list[Event] = []
        self.closed = False
        self.error: RelayUnavailable | None = None
        self.served = 0  # mails that the relay took or refused as a whole
        self.began = False  # that the relay let us begin a message
        self._pipelining = pipelining
        self._login = Login(access)
        self._replies = Replies()
        self._opening: Opening | None = None
        self._ended: Mail | None = None
        self._withdrawn = False
        self._expected: deque[Answered] = deque([self._let_in])

    @property
    def waiting(self) -> bool:
        """Whether the relay owes an answer."""
        return bool(self._expected) and not self.closed

    @property
    def idle(self) -> bool:
        """Whether no mail is in hand."""
        return self._opening is None and self._ended is None

    @property
    def welcome(self) -> bool:
        """Whether the relay let us in."""
        return self._login.done

    @property
    def room(self) -> bool:
        """Whether the next mail may be offered."""
        free = self._opening is None and (self._pipelining or self._ended is None)
        return free and not self.closed and not self._withdrawn

    # --- What the outbox wants ---------------------------------------------------------------

    def offer(self, mail: Mail) -> None:
        """Send the envelope as soon as the relay listens, and the body but for the final dot."""
        self._opening = Opening(mail)
        if self._login.done:
            self._open()

    def finish(self) -> None:
        """Send the final dot of the mail that is ready."""
        assert self._opening is not None
        self._ended, self._opening = self._opening.mail, None
        self.outgoing.append(DOT)
        self._expected.append(self._end_answered)
        self.steps.append("dot sent")

    def withdraw(self) -> None:
        """Forget the mail whose end was not sent: hanging up takes half a message back."""
        self._opening = None
        self._withdrawn = True
        self.closed = self._ended is None

    def quit(self) -> None:
        """Say goodbye if that is a thing to say now; nobody waits for the answer."""
        if self._login.done and self.idle and not self.closed:
            self.outgoing.append(b"QUIT\r\n")
        self.closed = True

    # --- What the connection brings ----------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Read what the relay said."""
        try:
            for reply in self._replies.feed(data):
                self._take(reply)
                if self.closed:
                    return
        except (NoSmtp, Unwelcome) as error:
            self.lose(str(error))

    def lose(self, reason: str, *, dot_left: bool = True) -> None:
        """The connection is of no more use. `dot_left`: whether the last final dot may be on its way."""
        if self.closed:
            return
        self.closed = True
        self.error = RelayUnavailable(f"no connection to the relay: {reason}"[:500])
        if (ended := self._ended) is not None:
            verdict, end = (Verdict.UNKNOWN, "after") if dot_left else (Verdict.DEFERRED, "before")
            self._settle(ended, verdict, f"no answer {end} the end of the message: {reason}")
        if (opening := self._opening) is not None:
            first = self._login.done and not self.served and ended is None
            if opening.failure is not None:
                self.events.append(opening.failure)
            elif opening.heard or first:
                lost = f"connection lost before the end of the message: {reason}"
                self._settle(opening.mail, Verdict.DEFERRED, lost)
            else:  # the relay left between two mails
                self.events.append(Returned(opening.mail.key))
        self._ended = self._opening = None

    @property
    def wants_tls(self) -> bool:
        """Whether the bytes that follow are to be encrypted; then say `secured`."""
        return self._login.wants_tls and not self.closed

    def secured(self) -> None:
        """Everything from here on is encrypted."""
        if self._replies.pending:  # somebody between us would like to be taken for the relay
            self.lose("the relay talks past STARTTLS")
        else:
            self._say(self._login.secured(), self._let_in)

    # --- A mail's way in ---------------------------------------------------------------------

    def _let_in(self, reply: Reply) -> None:
        """The greeting, and each answer until we may offer mail."""
        if line := self._login.answered(reply):
            self._say(line, self._let_in)
        elif self._login.done:
            self._pipelining = self._pipelining and "PIPELINING" in self._login.extensions
            if self._opening is not None:
                self._open()

    def _open(self) -> None:
        assert self._opening is not None
        mail = self._opening.mail
        try:
            parameters = self._login.parameters(mail)
        except MessageRefused as error:
            self._opening = None
            self._settle(mail, Verdict.DEFERRED, str(error), error)
            return
        self._say(b"MAIL FROM:<%b>%b" % (mail.sender.encode(), parameters), self._sender_answered)
        if self._pipelining:
            self._recipient(mail)
            self._data(mail)

    def _recipient(self, mail: Mail) -> None:
        self._say(b"RCPT TO:<%b>" % mail.recipient.encode(), self._recipient_answered)

    def _data(self, _mail: Mail) -> None:
        self._say(b"DATA", self._data_answered)
        self.steps.append("envelope sent")

    def _sender_answered(self, reply: Reply) -> None:
        self._heard(reply, Verdict.ACCEPTED if reply.positive else None, self._recipient)

    def _recipient_answered(self, reply: Reply) -> None:
        self._heard(reply, verdict_of(reply.code, reply.text), self._data)

    def _heard(self, reply: Reply, verdict: Verdict | None, following: Callable[[Mail], None]) -> None:
        opening = self._opening
        assert opening is not None
        opening.answered(reply, verdict)
        if self._pipelining:  # all is said already
            return
        if opening.failure is None:
            following(opening.mail)
        else:
            self._give_up(opening.failure)

    def _data_answered(self, reply: Reply) -> None:
        opening = self._opening
        assert opening is not None
        opening.answered(reply, Verdict.ACCEPTED if reply.code == 354 else None)
        if opening.failure is not None:
            self._give_up(opening.failure)
            self.closed = self.closed or reply.code == 354  # a message for nobody: hanging up says no
            return
        self.began = True
        self.outgoing.append(stuffed(opening.mail))
        self.steps.append("body sent before the dot")
        self.events.append(Ready(opening.mail.key))

    def _give_up(self, failure: Settled) -> None:
        """The envelope was refused; the session goes on, unless it was refused because of us."""
        self._opening = None
        self.events.append(failure)
        if failure.error is None or isinstance(failure.error, MessageRefused):
            self._say(b"RSET", self._ignore)
        else:
            self.error = failure.error
            self.closed = True

    def _end_answered(self, reply: Reply) -> None:
        mail, self._ended = self._ended, None
        assert mail is not None
        self.served += 1
        self.closed = self._withdrawn
        if reply.positive:
            self._settle(mail, Verdict.ACCEPTED, str(reply))
        elif 400 <= reply.code < 500:
            self._settle(mail, Verdict.DEFERRED, str(reply))
        elif reply.code >= 500:
            error = refusal(reply.code, reply.text)
            self._settle(mail, Verdict.DEFERRED, str(error), error)
        else:
            self._settle(mail, Verdict.UNKNOWN, f"no answer that can be read: {reply}")
            self.lose("the relay answers out of turn")

    def _ignore(self, _reply: Reply) -> None:
        """An answer that changes nothing."""

    def _take(self, reply: Reply) -> None:
        if not self._expected:
            self.lose(f"the relay says unasked: {reply}")
            return
        answered = self._expected.popleft()
        if reply.code != LEAVING:
            answered(reply)
            return
        if answered == self._end_answered or (self._opening is not None and self._opening.heard):
            answered(reply)  # it is about a mail
        self.lose(str(reply))

    def _say(self, line: bytes, answered: Answered) -> None:
        self.outgoing.append(line + b"\r\n")
        self._expected.append(answered)

    def _settle(
        self, mail: Mail, verdict: Verdict, answer: str, error: RelayUnavailable | None = None
    ) -> None:
        self.events.append(Settled(mail.key, Outcome(verdict, answer[:500]), error))
