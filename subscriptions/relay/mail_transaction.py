"""A mail on its way into a relay, up to its end. Pure."""

from dataclasses import dataclass

from subscriptions.relay.interface import Mail, Settled
from subscriptions.relay.reply_codes import Outcome, Verdict, refusal
from subscriptions.relay.reply_parser import Reply


@dataclass(slots=True)
class Opening:
    """What the relay said so far: `heard` anything, and the `failure` for which the mail will not come in."""

    mail: Mail
    heard: bool = False
    failure: Settled | None = None

    def answered(self, reply: Reply, verdict: Verdict | None) -> None:
        """Take note; refusals after the first are its consequences. No `verdict` is one about us."""
        self.heard = True
        if verdict != Verdict.ACCEPTED and self.failure is None:
            error = refusal(reply.code, reply.text) if verdict is None else None
            outcome = Outcome(verdict or Verdict.DEFERRED, str(error or reply))
            self.failure = Settled(self.mail.key, outcome, error)


def stuffed(mail: Mail) -> bytes:
    """The message as it goes over the wire, up to its final dot (RFC 5321, 4.5.2)."""
    content = mail.content
    if not mail.dotless:
        content = (b"\n" + content).replace(b"\n.", b"\n..")[1:]
    return content if content.endswith(b"\r\n") else content + b"\r\n"
