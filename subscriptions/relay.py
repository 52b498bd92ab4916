"""Handing one finished message to a relay, and what each of its answers means for the ledger.

The line that matters is the final dot: a failure before it is safe to repeat, a silence after it is
not (RFC 1047), and nothing in between can tell the two apart later.
"""

import re
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from subscriptions import mailbox

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


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


class RelayUnavailable(Exception):
    """The relay takes nothing at the moment, or nothing from us: stop, and try everything later."""


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
        """Hand over one message; raises `RelayUnavailable` if it was not even started."""
        connection = self._connected()
        try:
            return self._converse(connection, message, sender, recipient)
        except (OSError, smtplib.SMTPException) as error:
            # Everything up to the last byte of the message: the relay cannot have taken it.
            self.close()
            return Outcome(Verdict.DEFERRED, f"connection lost before the end of the message: {error}")

    def _converse(self, smtp: smtplib.SMTP, message: bytes, sender: str, recipient: str) -> Outcome:
        code, answer = smtp.mail(sender)
        if code >= 400:
            raise self._unavailable(code, answer)
        code, answer = smtp.rcpt(recipient)
        if code >= 400:
            return self._recipient_refused(smtp, code, answer)
        code, answer = smtp.docmd("DATA")
        if code != 354:
            raise self._unavailable(code, answer)
        smtp.send(_LEADING_DOT.sub(b"..", message) + b".\r\n")  # RFC 5321 4.5.2
        try:
            code, answer = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Outcome(Verdict.UNKNOWN, f"no answer after the end of the message: {error}")
        if code < 300:
            return Outcome(Verdict.ACCEPTED, _text(code, answer))
        if code < 500:
            return Outcome(Verdict.DEFERRED, _text(code, answer))
        raise self._unavailable(code, answer)

    def _recipient_refused(self, smtp: smtplib.SMTP, code: int, answer: bytes) -> Outcome:
        if code == 421 or answer.startswith(
            b"5.7"
        ):  # the relay is leaving, or it refuses us and not the reader
            raise self._unavailable(code, answer)
        smtp.rset()
        verdict = Verdict.REFUSED if code >= 500 and not answer.startswith(b"5.2.2") else Verdict.DEFERRED
        return Outcome(verdict, _text(code, answer))

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (OSError, smtplib.SMTPException) as error:
                raise RelayUnavailable(f"no connection to the relay: {error}") from error
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        kind = smtplib.SMTP_SSL if config.get("EMAIL_USE_SSL") else smtplib.SMTP
        connection = kind(config["EMAIL_HOST"], config["EMAIL_PORT"] or 25, timeout=self._timeout)
        if config.get("EMAIL_USE_TLS"):
            connection.starttls()
        connection.ehlo_or_helo_if_needed()
        if config.get("EMAIL_HOST_USER"):
            connection.login(config["EMAIL_HOST_USER"], config["EMAIL_HOST_PASSWORD"] or "")
        return connection

    def _unavailable(self, code: int, answer: bytes) -> RelayUnavailable:
        self.close()
        return RelayUnavailable(f"the relay refuses: {_text(code, answer)}")

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


def _text(code: int, answer: bytes) -> str:
    return f"{code} {answer.decode('utf-8', 'replace')}"[:500]
