"""Handing one finished message to a relay, and what each of its answers means for the ledger.

The line that matters is the final dot: a failure before it is safe to repeat, a silence after it is
not (RFC 1047), and nothing in between can tell the two apart later.
"""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from subscriptions import mailbox
from subscriptions.failpoints import reach

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_ENHANCED = re.compile(r"\W*([245]\.\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_NOT_THE_READER = re.compile(r"relay|authent|policy|blocked|spam|denied", re.IGNORECASE)
_UNAUTHENTICATED = {530, 534, 535, 538}  # RFC 4954


class Verdict(StrEnum):
    """What became of one message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    answer: str = ""


# By enhanced status code, the more exact first; what is not in here is about us.
_PERMANENT: Mapping[str, Verdict | None] = {
    "5.1.7": None,  # the sender's address, not the reader's
    "5.1.8": None,
    "5.2.2": Verdict.DEFERRED,  # a full mailbox may be emptied
    "5.1": Verdict.REFUSED,
    "5.2": Verdict.REFUSED,
    "5.4": Verdict.REFUSED,
}


def verdict_of(code: int, answer: str) -> Verdict | None:
    """What this answer to RCPT says about the reader; None if it is no answer, or about us."""
    if 200 <= code < 300:
        return Verdict.ACCEPTED
    if 400 <= code < 500:
        return None if code == 421 else Verdict.DEFERRED
    if code < 500 or code in _UNAUTHENTICATED:
        return None
    if enhanced := _ENHANCED.match(answer):
        about, detail = enhanced.groups()
        return _PERMANENT.get(f"{about}.{detail}", _PERMANENT.get(about))
    named = code in {550, 551, 553} and not _NOT_THE_READER.search(answer)
    return Verdict.REFUSED if named else None


class RelayUnavailable(Exception):
    """The relay takes nothing at the moment, or nothing from us: stop, and try everything later."""


class MessageRefused(RelayUnavailable):
    """The relay refuses this message, not its reader: defer it, the next may fare better.

    Several in a row are no accident of the messages: then it is the relay that takes nothing.
    """


class Relay(Protocol):
    """Something that takes messages. `local` if nothing it takes can leave this machine."""

    local: bool

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome: ...
    def close(self) -> None: ...


class LocalMailbox:
    """The mailbox below DATA_DIR: always accepts."""

    local = True

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        mailbox.store(message, sender, recipient)
        return Outcome(Verdict.ACCEPTED, "kept in the local mailbox")

    def close(self) -> None:
        """Nothing is held open."""


class SmtpRelay:
    """One SMTP connection, opened when first needed and again after it was lost.

    `config` is what django-environ reads from EMAIL_URL.
    """

    def __init__(self, config: Mapping[str, Any], timeout: float = 30) -> None:
        self._config = config
        self._timeout = timeout
        self._connection: smtplib.SMTP | None = None
        self.local = config["EMAIL_HOST"] in {"localhost", "127.0.0.1", "::1"}

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        """Hand over one message; raises `RelayUnavailable` if the relay certainly did not take it."""
        connection = self._connected()
        try:
            return self._converse(connection, message, sender, recipient)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # Everything up to the last byte of the message: the relay cannot have taken it.
            # ValueError: an address that is not ASCII, or not one line, is never said.
            self.close()
            return Outcome(Verdict.DEFERRED, f"connection lost before the end of the message: {error}")

    def _converse(self, smtp: smtplib.SMTP, message: bytes, sender: str, recipient: str) -> Outcome:
        code, answer = smtp.mail(sender)
        if not 200 <= code < 300:
            raise self._refused(RelayUnavailable, code, answer)
        code, answer = smtp.rcpt(recipient)
        verdict = verdict_of(code, answer.decode("utf-8", "replace"))
        if verdict is None:
            raise self._refused(_whom(code), code, answer)
        if verdict != Verdict.ACCEPTED:
            smtp.rset()
            return Outcome(verdict, _text(code, answer))
        code, answer = smtp.docmd("DATA")
        if code != 354:
            raise self._refused(_whom(code), code, answer)
        reach("envelope sent")
        smtp.send(_LEADING_DOT.sub(b"..", message))  # RFC 5321 4.5.2
        reach("body sent before the dot")
        smtp.send(b".\r\n")
        reach("dot sent")
        try:
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Verdict.UNKNOWN, f"no answer after the end of the message: {error}")
        reach("answer read")
        if 200 <= code < 300:
            return Outcome(Verdict.ACCEPTED, _text(code, answer))
        if 400 <= code < 500:
            return Outcome(Verdict.DEFERRED, _text(code, answer))
        if code >= 500:
            raise self._refused(MessageRefused, code, answer)
        self.close()
        return Outcome(Verdict.UNKNOWN, f"no answer that can be read: {_text(code, answer)}")

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (OSError, smtplib.SMTPException, UnicodeError) as error:
                raise RelayUnavailable(f"no connection to the relay: {error}") from error
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        config, context = self._config, ssl.create_default_context()
        host, port = config["EMAIL_HOST"], config["EMAIL_PORT"] or 25
        connection = (
            smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=context)
            if config.get("EMAIL_USE_SSL")
            else smtplib.SMTP(host, port, timeout=self._timeout)
        )
        try:
            if config.get("EMAIL_USE_TLS"):
                connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            if config.get("EMAIL_HOST_USER"):
                connection.login(config["EMAIL_HOST_USER"], config["EMAIL_HOST_PASSWORD"] or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _refused(self, kind: type[RelayUnavailable], code: int, answer: bytes) -> RelayUnavailable:
        """The error to raise; whatever comes next starts with a fresh connection."""
        self.close()
        return kind(f"the relay refuses: {_text(code, answer)}")

    def close(self) -> None:
        """End the connection politely if it still listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _whom(code: int) -> type[RelayUnavailable]:
    """Whether a refusal ends the run: the relay leaves, speaks no SMTP, or does not know us."""
    return RelayUnavailable if code in {-1, 421, *_UNAUTHENTICATED} else MessageRefused


def _text(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode('utf-8', 'replace')}"[:500]
