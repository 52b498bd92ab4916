"""The beginning of an SMTP session: greeting, EHLO, STARTTLS, AUTH. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from subscriptions.relay.interface import Mail
from subscriptions.relay.reply_codes import Unsuitable, rejected
from subscriptions.relay.smtp.reply_parser import Reply

Stage = Literal["greeting", "EHLO", "HELO", "STARTTLS", "AUTH LOGIN", "AUTH LOGIN user name", "AUTH"]


class HandshakeFailed(Exception):
    """The relay did not begin a session with us, or not a safe enough one."""


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """How to begin a session: the `name` of EHLO, whether STARTTLS is required, and, with a `user`, AUTH."""

    name: str
    user: str = ""
    password: str = ""
    starttls: bool = False


class Handshake:
    """The next command until `done`. While `wants_tls`, encrypt the connection and call `tls_started`."""

    def __init__(self, config: ClientConfig) -> None:
        self.done = False
        self.wants_tls = False
        self.extensions: Mapping[str, str] = {}  # of EHLO: keywords in capitals, with their parameters
        self._config = config
        self._encrypted = False
        self._stage: Stage = "greeting"

    def next_command(self, reply: Reply) -> bytes:
        """The command after this reply, without CRLF; empty if there is none. Raises `HandshakeFailed`."""
        stage = self._stage
        if stage == "greeting" and reply.code == 220:
            return self._ehlo()
        if stage == "EHLO" and reply.positive:
            self.extensions = _extensions(reply.lines[1:])
            return self._after_ehlo()
        if stage == "EHLO" and reply.code >= 500 and not (self._config.starttls or self._config.user):
            self._stage = "HELO"
            return f"HELO {self._config.name}".encode()
        if stage == "HELO" and reply.positive:
            return self._complete()
        if stage == "STARTTLS" and reply.code == 220:
            self.wants_tls = True
            return b""
        if stage == "AUTH LOGIN" and reply.code == 334:
            self._stage = "AUTH LOGIN user name"
            return b64encode(self._config.user.encode())
        if stage == "AUTH LOGIN user name" and reply.code == 334:
            self._stage = "AUTH"
            return b64encode(self._config.password.encode())
        if stage == "AUTH" and reply.code == 235:
            return self._complete()
        if stage == "greeting":
            raise HandshakeFailed(f"greeting: {reply}")
        raise HandshakeFailed(rejected(stage, reply))

    def tls_started(self) -> bytes:
        """The first command over TLS; what EHLO said before no longer holds (RFC 3207, 4.2)."""
        self.wants_tls, self._encrypted = False, True
        return self._ehlo()

    def mail_parameters(self, mail: Mail) -> bytes:
        """The parameters of MAIL FROM that this message needs; raises `Unsuitable`."""
        if not (mail.sender + mail.recipient).isprintable():  # CRLF would begin a command of its own
            raise Unsuitable("an address with control characters cannot be sent by SMTP")
        parameters = b""
        if "SIZE" in self.extensions:  # RFC 1870
            limit = self.extensions["SIZE"]
            if limit.isdecimal() and 0 < int(limit) < len(mail.content):
                raise Unsuitable(
                    f"message of {len(mail.content)} octets exceeds the relay's SIZE limit of {limit}"
                )
            parameters += b" SIZE=%d" % len(mail.content)
        if not mail.content.isascii():
            parameters += self._required("8BITMIME", b" BODY=8BITMIME")
        if not (mail.sender.isascii() and mail.recipient.isascii()):
            parameters += self._required("SMTPUTF8", b" SMTPUTF8")
        return parameters

    def _required(self, extension: str, parameter: bytes) -> bytes:
        if extension not in self.extensions:
            raise Unsuitable(f"message needs {extension}, which the relay does not offer")
        return parameter

    def _ehlo(self) -> bytes:
        self._stage = "EHLO"
        return f"EHLO {self._config.name}".encode()

    def _after_ehlo(self) -> bytes:
        """STARTTLS if it is required, then AUTH."""
        config = self._config
        if config.starttls and not self._encrypted:
            if "STARTTLS" not in self.extensions:
                raise HandshakeFailed("STARTTLS is required, but the relay does not offer it")
            self._stage = "STARTTLS"
            return b"STARTTLS"
        if not config.user:
            return self._complete()
        mechanisms = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in mechanisms:  # RFC 4616
            self._stage = "AUTH"
            return b"AUTH PLAIN " + b64encode(f"\0{config.user}\0{config.password}".encode())
        if "LOGIN" in mechanisms:
            self._stage = "AUTH LOGIN"
            return b"AUTH LOGIN"
        offered = " ".join(mechanisms) or "none"
        raise HandshakeFailed(f"AUTH PLAIN or LOGIN is required; the relay offers: {offered}")

    def _complete(self) -> bytes:
        self.done = True
        return b""


def _extensions(lines: tuple[str, ...]) -> Mapping[str, str]:
    """EHLO's lines as keyword and parameters; some older servers write “AUTH=LOGIN”."""
    pairs = (line.replace("AUTH=", "AUTH ", 1).partition(" ") for line in lines)
    return {keyword.upper(): parameters for keyword, _, parameters in pairs}
