"""One mail transaction (RFC 5321, 3.3): what replies, or losing the connection, mean for its mail. Pure."""

from dataclasses import dataclass

from subscriptions.relay.interface import Completed, Mail, Returned
from subscriptions.relay.reply_codes import (
    MessageRefused,
    Outcome,
    Verdict,
    about_the_session,
    message_outcome,
    recipient_outcome,
    rejected,
)
from subscriptions.relay.smtp.reply_parser import Reply

END_OF_DATA = b".\r\n"  # after the CRLF of the last line; within a message dots are doubled

LOST = "connection lost before end of data"  # begins an answer: the relay does not have the mail


@dataclass(slots=True)
class Transaction:
    """A mail at the relay. `served` says that the session has ended a mail before.

    Many servers limit what one session may do, and each says so in its own words, in a reply to MAIL FROM,
    RCPT TO or DATA, or by closing. Only the first mail of a session tells what the relay thinks of us: what
    fails later is returned, to be tried once in a new session.
    """

    mail: Mail
    served: bool
    begun: bool = False  # MAIL FROM was accepted: the next needs RSET
    replied: bool = False
    ready: bool = False  # the relay has the message, but for end of data
    in_doubt: bool = False  # end of data was sent, and not replied to
    failure: Completed | Returned | None = None

    def mail_from_reply(self, reply: Reply) -> None:
        self.begun = reply.positive
        self._record("MAIL FROM", reply, accepted=reply.positive)

    def rcpt_to_reply(self, reply: Reply) -> None:
        outcome = recipient_outcome(reply, rejected("RCPT TO", reply)[:500])
        self._record("RCPT TO", reply, accepted=reply.positive, outcome=outcome)

    def data_reply(self, reply: Reply) -> None:
        self._record("DATA", reply, accepted=reply.code == 354)

    def _record(self, command: str, reply: Reply, *, accepted: bool, outcome: Outcome | None = None) -> None:
        """Note a reply. After a failure those to what was pipelined behind follow from it."""
        self.replied = True
        if accepted or self.failure is not None:
            return
        if self.served and about_the_session(command, reply):
            self.failure = Returned(self.mail.key)
        elif outcome is not None:
            self.failure = Completed(self.mail.key, outcome)
        else:
            self.failure = Completed(self.mail.key, *message_outcome(command, reply))

    @property
    def ends_session(self) -> bool:
        """Whether the failure is one after which nothing more is to be said in this session."""
        if isinstance(self.failure, Completed):
            return self.failure.error is not None and not isinstance(self.failure.error, MessageRefused)
        return self.failure is not None

    def end_of_data_reply(self, reply: Reply) -> Completed:
        if reply.positive:
            return completed(self.mail, Verdict.ACCEPTED, str(reply))
        if reply.code < 400:
            return completed(self.mail, Verdict.UNKNOWN, rejected("end of data", reply))
        outcome, error = message_outcome("end of data", reply)
        return Completed(self.mail.key, outcome, error if reply.code >= 500 else None)

    def lost(self, why: str, *, established: bool, end_of_data_left: bool) -> Completed | Returned:
        """The connection ended. `established`: after the handshake; before, nothing of the mail was sent."""
        if self.in_doubt and end_of_data_left:
            return completed(self.mail, Verdict.UNKNOWN, f"no reply after end of data: {why}")
        if self.failure is not None:
            return self.failure
        if self.ready or self.in_doubt or (established and not self.served):
            return completed(self.mail, Verdict.DEFERRED, f"{LOST}: {why}")
        return Returned(self.mail.key)


def completed(mail: Mail, verdict: Verdict, answer: str) -> Completed:
    return Completed(mail.key, Outcome(verdict, answer[:500]))


def dot_stuffed(mail: Mail) -> bytes:
    """The message as it is transmitted, up to end of data (RFC 5321, 4.5.2)."""
    content = mail.content
    if not mail.dotless:
        content = (b"\n" + content).replace(b"\n.", b"\n..")[1:]
    return content if content.endswith(b"\r\n") else content + b"\r\n"
