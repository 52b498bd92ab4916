"""A finished message as what anymail reads: Django's message, made of the parts of ours."""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.mime.nonmultipart import MIMENonMultipart
from typing import Any

from django.core.mail import EmailMultiAlternatives  # noqa: TID251 - for anymail, which sends nothing by Django

from subscriptions.relay.interface import Mail
from subscriptions.relay.providers.catalogue import Provider

# What a provider makes itself, of its own or of other fields of its call.
_NOT_HEADERS = frozenset(
    "from to subject date message-id mime-version content-type content-transfer-encoding".split()
)


class FinishedMessage(EmailMultiAlternatives):
    """A message whose bytes, for a provider that takes them, are those that were composed."""

    def __init__(self, mail: Mail, provider: Provider) -> None:
        parsed: Any = message_from_bytes(mail.content, policy=policy.default)
        text, html = (_text(parsed, kind) for kind in ("plain", "html"))
        headers = {name: str(value) for name, value in parsed.items() if name.lower() not in _NOT_HEADERS}
        super().__init__(
            subject=str(parsed["Subject"]),
            body=text,
            from_email=str(parsed["From"]),
            to=[mail.recipient],
            headers=headers,
        )
        if html:
            self.attach_alternative(html, "text/html")
        for part in parsed.walk():
            if part["Content-ID"]:
                self.attach(_image(part))
        self.content = mail.content
        if not provider.tracking:
            self.track_opens = self.track_clicks = False
        if provider.extra:
            self.esp_extra = provider.extra

    def message(self, *_args: Any, **_kwargs: Any) -> Any:
        """For anymail's SES."""
        return _Finished(self.content)


class _Finished(Message):
    """A message that is written as it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def as_bytes(self, *_args: Any, **_kwargs: Any) -> bytes:
        return self._content


def _text(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _image(part: EmailMessage) -> MIMENonMultipart:
    """The logo, with the name by which the HTML shows it."""
    image = MIMENonMultipart(part.get_content_maintype(), part.get_content_subtype())
    image.set_payload(part.get_payload())
    for name in ("Content-Transfer-Encoding", "Content-ID", "Content-Disposition"):
        image[name] = str(part[name])
    return image
