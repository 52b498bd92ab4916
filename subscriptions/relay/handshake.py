"""From an SMTP server's greeting to being let in: EHLO, STARTTLS, AUTH. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from subscriptions.relay.interface import Mail
from subscriptions.relay.reply_codes import MessageRefused
from subscriptions.relay.reply_parser import Reply


class Unwelcome(Exception):
    """The relay does not let us in, or not safely enough."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in. `name` is what we say in EHLO; without a `user` nobody is asked to log in."""

    name: str
    user: str = ""
    password: str = ""
    starttls: bool = False


class Login:
    """What to say next until `done`. While `wants_tls`, say `secured` once the bytes are encrypted."""

    def __init__(self, access: Access) -> None:
        self.done = False
        self.wants_tls = False
        self.extensions: Mapping[str, str] = {}  # what EHLO told: names in capitals, with their parameters
        self._access = access
        self._tls = False
        self._stage: Literal["greeting", "ehlo", "helo", "starttls", "user", "password", "auth"] = "greeting"

    def answered(self, reply: Reply) -> bytes:
        """The command after this answer, without its line end; nothing if there is none to say."""
        stage = self._stage
        if stage == "greeting" and reply.code == 220:
            return self._ehlo()
        if stage == "ehlo" and reply.positive:
            self.extensions = _extensions(reply.lines[1:])
            return self._next()
        if stage == "ehlo" and reply.code >= 500 and not (self._access.starttls or self._access.user):
            self._stage = "helo"
            return f"HELO {self._access.name}".encode()
        if stage == "helo" and reply.positive:
            return self._in()
        if stage == "starttls" and reply.code == 220:
            self.wants_tls = True
            return b""
        if stage == "user" and reply.code == 334:
            self._stage = "password"
            return b64encode(self._access.user.encode())
        if stage == "password" and reply.code == 334:
            self._stage = "auth"
            return b64encode(self._access.password.encode())
        if stage == "auth" and reply.code == 235:
            return self._in()
        raise Unwelcome(f"the relay refuses: {reply}")

    def secured(self) -> bytes:
        """What to say first over the encrypted connection: all that was known before is forgotten."""
        self.wants_tls, self._tls = False, True
        return self._ehlo()

    def parameters(self, mail: Mail) -> bytes:
        """What MAIL says of this message, as far as the relay wants to know; raises `MessageRefused`."""
        if not (mail.sender + mail.recipient).isprintable():  # a line end would begin a command of its own
            raise MessageRefused("an address that cannot be said in SMTP")
        said = b""
        if "SIZE" in self.extensions:  # RFC 1870
            most = self.extensions["SIZE"]
            if most.isdecimal() and 0 < int(most) < len(mail.content):
                raise MessageRefused(f"the relay takes messages of {most} octets, not {len(mail.content)}")
            said += b" SIZE=%d" % len(mail.content)
        if not mail.content.isascii():
            said += self._needed("8BITMIME", b" BODY=8BITMIME")
        if not (mail.sender.isascii() and mail.recipient.isascii()):
            said += self._needed("SMTPUTF8", b" SMTPUTF8")
        return said

    def _needed(self, extension: str, parameter: bytes) -> bytes:
        if extension not in self.extensions:
            raise MessageRefused(f"the relay offers no {extension}, which this message needs")
        return parameter

    def _ehlo(self) -> bytes:
        self._stage = "ehlo"
        return f"EHLO {self._access.name}".encode()

    def _next(self) -> bytes:
        """After EHLO: encryption, then who we are."""
        access = self._access
        if access.starttls and not self._tls:
            if "STARTTLS" not in self.extensions:
                raise Unwelcome("the relay offers no STARTTLS")
            self._stage = "starttls"
            return b"STARTTLS"
        if not access.user:
            return self._in()
        ways = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in ways:  # RFC 4616
            self._stage = "auth"
            return b"AUTH PLAIN " + b64encode(f"\0{access.user}\0{access.password}".encode())
        if "LOGIN" in ways:
            self._stage = "user"
            return b"AUTH LOGIN"
        raise Unwelcome(f"the relay offers no way to log in that we know: {' '.join(ways) or 'none at all'}")

    def _in(self) -> bytes:
        self.done = True
        return b""


def _extensions(lines: tuple[str, ...]) -> Mapping[str, str]:
    """EHLO's lines as keyword and parameters; “AUTH=LOGIN” is how some older servers write it."""
    pairs = (line.replace("AUTH=", "AUTH ", 1).partition(" ") for line in lines)
    return {keyword.upper(): parameters for keyword, _, parameters in pairs}
