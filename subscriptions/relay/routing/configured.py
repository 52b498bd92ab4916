"""The relays that mail may go by: those of EMAIL_URL, then those of the admin's page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from digest import env
from subscriptions.models import MailRelay
from subscriptions.models.mail_relay import Encryption
from subscriptions.relay.routing.limits import Limits


@dataclass(frozen=True, slots=True)
class Configured:
    """One relay: its name, `config` as django-environ reads it from a URL, and its limits."""

    name: str
    config: Mapping[str, Any]
    limits: Limits
    enabled: bool = True


def configured() -> list[Configured]:
    """All that are not switched off, in one query."""
    return [one for one in all_configured() if one.enabled]


def all_configured() -> list[Configured]:
    """Those that are switched off too."""
    rows = list(MailRelay.objects.all())
    off = {row.name for row in rows if not row.enabled}
    from_page = [_of_row(row) for row in rows if not row.from_url]
    return [replace(one, enabled=one.name not in off) for one in (*of_urls(), *from_page)]


def of_urls() -> list[Configured]:
    """Those of EMAIL_URL, by host and port; who has two accounts at one host, has a second name for it."""
    found: dict[str, Configured] = {}
    for config in settings.EMAIL_RELAYS:
        host = f"{config['EMAIL_HOST']}:{config['EMAIL_PORT'] or 25}"
        same = sum(name.partition(" ")[0] == host for name in found)
        name = f"{host} ({same + 1})" if same else host
        limits = Limits(**{"connections": settings.SMTP_CONNECTIONS} | config.get("LIMITS", {}))
        found[name] = Configured(name, config, limits)
    return list(found.values())


def is_counted(relays: Iterable[Configured]) -> bool:
    """Whether what each is given has to be counted: if there are several, or a limit."""
    relays = list(relays)
    return len(relays) > 1 or any(one.limits.any for one in relays)


def _of_row(row: MailRelay) -> Configured:
    config = {
        "EMAIL_HOST": row.host,
        "EMAIL_PORT": row.port,
        "EMAIL_HOST_USER": row.user,
        "EMAIL_HOST_PASSWORD": row.password,
        "EMAIL_USE_TLS": row.encryption == Encryption.STARTTLS,
        "EMAIL_USE_SSL": row.encryption == Encryption.TLS,
    }
    limits = Limits(
        env.rate("rate", row.rate),
        row.connections,
        row.per_session,
        row.per_day,
        row.share,
        row.failover,
        row.warm_up,
    )
    return Configured(row.name, config, limits)
