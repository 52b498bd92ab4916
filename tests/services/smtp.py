"""A real SMTP server that keeps what it is handed and answers as it is told."""

import email
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.ports import free_port
from tests.services.waiting import wait_until


@dataclass(frozen=True)
class ReceivedMail:
    """One mail as it was accepted: its envelope and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)


@dataclass
class SmtpServer:
    """Accepts everything, but for the recipients in `refuse` (at RCPT) and `refuse_data` (after the dot).

    Both map an address to a full answer: `server.refuse["a@b.test"] = "550 5.1.1 No such user"`.
    """

    port: int = field(default_factory=free_port)
    mails: list[ReceivedMail] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    refuse_data: dict[str, str] = field(default_factory=dict)
    _changing: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, recipient: str) -> list[ReceivedMail]:
        """The mails this recipient was handed, oldest first."""
        with self._changing:
            return [mail for mail in self.mails if recipient in mail.recipients]

    def wait_for(self, count: int, seconds: float = 20) -> list[ReceivedMail]:
        """All mails, once there are `count` of them."""
        wait_until(lambda: len(self.mails) >= count, seconds, what=f"{count} mails")
        return list(self.mails)

    def forget(self) -> None:
        """As new."""
        with self._changing:
            self.mails.clear()
            self.refuse.clear()
            self.refuse_data.clear()

    def controller(self) -> Controller:
        return Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name and arguments
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        for recipient in envelope.rcpt_tos:
            if recipient in self.refuse_data:
                return self.refuse_data[recipient]
        content = envelope.original_content or b""
        with self._changing:
            self.mails.append(ReceivedMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        return "250 2.0.0 OK"


@contextmanager
def smtp_server_with_tls(certificate: tuple[str, str], way: str, **options: Any) -> Iterator[SmtpServer]:
    """A server with STARTTLS (`way` tls_context) or TLS from the beginning (ssl_context).

    `options` are aiosmtpd's, for AUTH.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    server = SmtpServer()
    contexts: dict[str, Any] = {way: context} | options
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **contexts)
    controller.start()
    yield server
    controller.stop()
