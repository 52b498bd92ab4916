"""How mail leaves, as environment variables say it: relays and their limits, domains, DKIM keys; checked."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from digest.env import number, rate

_MAIL_SCHEMES = ("smtp://", "smtps://", "smtp+tls://", "smtp+ssl://")
_SELECTOR = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
# What the query of a relay's URL may say beside its rate: the highest and the lowest value.
_RELAY_NUMBERS = {
    "connections": (64, 1),
    "per_session": (1_000_000, 1),
    "per_day": (1_000_000_000, 1),
    "share": (100, 1),
    "failover": (9, 0),
    "warm_up": (1_000_000, 1),
}
# The providers of subscriptions/relay/providers/catalogue.py, and what stands behind the scheme.
_PROVIDERS = {
    "ses": "KEY:SECRET@REGION, or ses://REGION",
    "mailgun": "KEY@SENDING.DOMAIN",
    "postmark": "TOKEN",
    "sendgrid": "KEY",
    "brevo": "KEY",
    "resend": "KEY",
}
_PROVIDERS_WITH_HOST = {"ses", "mailgun"}
_NEXT_RELAY = re.compile(rf"[\s,]+(?=(?:smtps?(?:\+tls|\+ssl)?|{'|'.join(_PROVIDERS)})://)")


def email_relay(url: str) -> dict[str, Any]:
    """The relay that a URL of EMAIL_URL names, as django-environ reads it; empty for the local mailbox.

    What its query says is under LIMITS. The URL may hold a password, so it is never repeated.
    """
    if not url:
        return {}
    if url.partition("://")[0] in _PROVIDERS:
        return _provider(url)
    try:
        query = urlsplit(url).query
        config: dict[str, Any] = dict(environ.Env.email_url_config(url))
        usable = url.startswith(_MAIL_SCHEMES) and re.fullmatch(r"[^\s,]+", config["EMAIL_HOST"] or "")
    except (ValueError, ImproperlyConfigured):
        usable = None
    if not usable:
        raise ImproperlyConfigured(
            "EMAIL_URL is smtp://, smtp+tls:// or smtp+ssl:// with user:password@host:port (special "
            "characters percent-encoded), or a provider's, such as postmark://TOKEN; this one cannot be read."
        )
    return config | {"LIMITS": _relay_limits(query)} if query else config


def email_relays(text: str) -> list[dict[str, Any]]:
    """The relays of EMAIL_URL: one URL, or several with commas or spaces between them."""
    return [email_relay(url) for url in _NEXT_RELAY.split(text.strip())] if text.strip() else []


def _relay_limits(query: str) -> dict[str, float]:
    limits: dict[str, float] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "rate":
            limits[name] = rate(f"{name} in EMAIL_URL", value)
        elif name in _RELAY_NUMBERS:
            limits[name] = number(f"{name} in EMAIL_URL", value, *_RELAY_NUMBERS[name])
        elif name.upper() not in {"EMAIL_USE_TLS", "EMAIL_USE_SSL"}:  # django-environ's
            known = ", ".join(("rate", *_RELAY_NUMBERS))
            raise ImproperlyConfigured(f"What EMAIL_URL says after “?” is one of {known}; not “{name}”.")
    return limits


def domain_rates(text: str) -> dict[str, float]:
    """Mails a second by domain, as in DOMAIN_RATES: “gmail.com=1000/h, example.org=5/m”."""
    rates: dict[str, float] = {}
    for part in text.replace(",", " ").split():
        domain, _, value = part.partition("=")
        rates[domain.lower()] = rate("DOMAIN_RATES: each domain’s rate", value or "?")
    return rates


def _provider(url: str) -> dict[str, Any]:
    """A provider whose API is called: its key, the host where it needs one, and options for its backend."""
    parts = urlsplit(url)
    account, _, host = parts.netloc.rpartition("@")
    if not account and parts.scheme not in _PROVIDERS_WITH_HOST:
        account, host = host, ""  # scheme://KEY
    key, _, secret = account.partition(":")
    needs_key = parts.scheme != "ses"  # there boto3 can find it elsewhere
    if (needs_key and not key) or (parts.scheme in _PROVIDERS_WITH_HOST and not host):
        raise ImproperlyConfigured(
            f"EMAIL_URL is {parts.scheme}://{_PROVIDERS[parts.scheme]}; this one lacks a part of that."
        )
    options = dict(parse_qsl(parts.query))
    own = {name: options.pop(name) for name in ("rate", *_RELAY_NUMBERS) if name in options}
    limits = _relay_limits(urlencode(own))
    return {
        "EMAIL_PROVIDER": parts.scheme,
        "EMAIL_HOST": parts.scheme,  # the names of any relay
        "EMAIL_PORT": 443,
        "EMAIL_API_KEY": unquote(key),
        "EMAIL_API_SECRET": unquote(secret),
        "EMAIL_API_HOST": host,
        "EMAIL_API_OPTIONS": options,
    } | ({"LIMITS": limits} if limits else {})


def is_selector(text: str) -> bool:
    """Whether `text` can be a DKIM selector (RFC 6376, 3.1): labels of a domain name."""
    return bool(_SELECTOR.fullmatch(text))


def dkim_keys(text: str, data_dir: Path) -> dict[str, Path]:
    """The files of DKIM_KEYS by their selectors, in its order; a path may begin at `data_dir`."""
    pairs = [entry.strip().partition("=") for entry in text.split(",") if entry.strip()]
    if not all(is_selector(selector) and path for selector, _, path in pairs):
        raise ImproperlyConfigured(
            "DKIM_KEYS is selector=file, or several with commas between, as manage.py dkim_key prints it; "
            f"not “{text}”."
        )
    return {selector: data_dir / path for selector, _, path in pairs}
