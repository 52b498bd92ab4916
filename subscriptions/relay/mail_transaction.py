"""One mail transaction (RFC 5321, 3.3): what replies, or losing the connection, mean for its mail. Pure."""

from dataclasses import dataclass

from subscriptions.relay.interface import Completed, Mail, Returned
from subscriptions.relay.reply_codes import Outcome, RelayUnavailable, Verdict, rejected, rejection
from subscriptions.relay.reply_parser import Reply

END_OF_DATA = b".\r\n"  # after the CRLF of the last line; within a message dots are doubled


@dataclass(slots=True)
class Transaction:
    """A mail up to end of data: whether the relay `replied` to any of it, and the `failure` that ended it."""

    mail: Mail
    replied: bool = False
    failure: Completed | None = None

    def record(self, command: str, reply: Reply, verdict: Verdict | None) -> None:
        """Note the reply to a command; with no `verdict` it is about us.

        After a failure the replies to what was pipelined behind it follow from it.
        """
        self.replied = True
        if verdict != Verdict.ACCEPTED and self.failure is None:
            error = rejection(command, reply) if verdict is None else None
            self.failure = completed(self.mail, verdict or Verdict.DEFERRED, rejected(command, reply), error)

    def lost(self, why: str, *, first: bool) -> Completed | Returned:
        """The connection ended before end of data.

        A relay may end a session between two mails: what it replied nothing to is returned, unless it is the
        `first` of the session.
        """
        if self.failure is not None:
            return self.failure
        if self.replied or first:
            return completed(self.mail, Verdict.DEFERRED, f"connection lost before end of data: {why}")
        return Returned(self.mail.key)


def after_end_of_data(mail: Mail, reply: Reply) -> Completed:
    """What the reply to end of data means."""
    if reply.positive:
        return completed(mail, Verdict.ACCEPTED, str(reply))
    text = rejected("end of data", reply)
    if reply.code < 400:
        return completed(mail, Verdict.UNKNOWN, text)
    return completed(
        mail, Verdict.DEFERRED, text, rejection("end of data", reply) if reply.code >= 500 else None
    )


def completed(mail: Mail, verdict: Verdict, answer: str, error: RelayUnavailable | None = None) -> Completed:
    return Completed(mail.key, Outcome(verdict, answer[:500]), error)


def dot_stuffed(mail: Mail) -> bytes:
    """The message as it is transmitted, up to end of data (RFC 5321, 4.5.2)."""
    content = mail.content
    if not mail.dotless:
        content = (b"\n" + content).replace(b"\n.", b"\n..")[1:]
    return content if content.endswith(b"\r\n") else content + b"\r\n"
