"""The providers that EMAIL_URL may name, and how each differs. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# The name of the backend's argument that a part of EMAIL_URL is for.
_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, by the scheme of EMAIL_URL.

    `tracking`: where the account says whether readers are followed, if a call cannot switch that off; then
    the operator has to confirm it. `options` may stand in EMAIL_URL, each an argument of the backend. A call
    with the header `idempotency` may be repeated: the provider sends the mails of one value once.
    """

    scheme: str
    title: str
    backend: str
    key: str = _KEY
    host: str = ""
    tracking: str = ""
    options: frozenset[str] = frozenset({"api_url"})
    idempotency: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)  # anymail's esp_extra: what it has no name for


_ALL = (
    Provider(
        "ses",
        "Amazon SES",
        "anymail.backends.amazon_ses.EmailBackend",
        tracking="event destinations of the configuration set",
        options=frozenset({"api_url", "configuration_set_name"}),
    ),
    Provider(
        "mailgun",
        "Mailgun",
        "subscriptions.relay.providers.mailgun.MimeBackend",
        host="sender_domain",
    ),
    Provider(
        "postmark",
        "Postmark",
        "anymail.backends.postmark.EmailBackend",
        key="server_token",
        options=frozenset({"api_url", "message_stream"}),
    ),
    Provider(
        "sendgrid",
        "SendGrid",
        "anymail.backends.sendgrid.EmailBackend",
        extra={
            "tracking_settings": {"subscription_tracking": {"enable": False}, "ganalytics": {"enable": False}}
        },
    ),
    Provider(
        "brevo", "Brevo", "anymail.backends.brevo.EmailBackend", tracking="settings of transactional mail"
    ),
    Provider(
        "resend",
        "Resend",
        "anymail.backends.resend.EmailBackend",
        tracking="settings of the domain",
        idempotency="Idempotency-Key",
    ),
)
PROVIDERS: Mapping[str, Provider] = {provider.scheme: provider for provider in _ALL}


def unconfirmed(configs: Iterable[Mapping[str, Any]], *, tracking_off: bool) -> list[Provider]:
    """The providers in EMAIL_URL whose accounts may follow readers, as far as the operator has said."""
    found = (PROVIDERS.get(config.get("EMAIL_PROVIDER", "")) for config in configs)
    return [provider for provider in found if provider and provider.tracking and not tracking_off]
