"""Mailgun by its endpoint for finished messages, which anymail does not use: all else is anymail's."""

from typing import Any

from anymail.backends.mailgun import EmailBackend, MailgunPayload


class MimeBackend(EmailBackend):  # type: ignore[misc]  # anymail has no types
    """anymail's Mailgun, that sends `message.content` as it is."""

    def build_message_payload(self, message: Any, defaults: Any) -> Any:
        return _MimePayload(message, defaults, self)


class _MimePayload(MailgunPayload):  # type: ignore[misc]  # likewise
    def get_api_endpoint(self) -> str:
        return f"{super().get_api_endpoint()}.mime"

    def get_request_params(self, api_url: str) -> dict[str, Any]:
        params: dict[str, Any] = super().get_request_params(api_url)
        options = {name: value for name, value in self.data.items() if name == "to" or name.startswith("o:")}
        message = "message", ("message.eml", self.message.content, "message/rfc822")
        return params | {"data": options | {"o:tracking": "no"}, "files": [message]}
