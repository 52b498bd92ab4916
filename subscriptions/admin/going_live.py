"""What a live service still lacks, in the order in which to mend it, for the operator's front page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from digest.admin.dashboard.attention import SILENT_AFTER
from digest.env import LOCAL_NAMES
from digest.models import Heartbeat, Source
from digest.web import branding
from subscriptions.relay.providers import catalogue


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is missing, how to mend it, and the page for that, if it is one of the admin's."""

    what: str
    cure: str
    url: str = ""


def missing(now: datetime, demo_readers: int) -> Iterator[Step]:
    """What is missing at `now`; nothing once readers can be invited. Three queries."""
    sources = list(Source.objects.values_list("enabled", "demo"))
    yield from _mail()
    yield from _address()
    if not any(enabled for enabled, _ in sources):
        yield Step(
            "A source that is fetched.",
            "No source is enabled, so no new paper comes in: choose one and enable it.",
            reverse("admin:digest_source_changelist"),
        )
    yield from _operator()
    if demo_readers or any(demo for _, demo in sources):
        yield Step(
            "A database without demo data.",
            "The invented readers and the sample day: a button on the page of readers takes them out.",
            reverse("admin:subscriptions_subscriber_changelist"),
        )
    yield from _processes(now)


def _mail() -> Iterator[Step]:
    if not settings.EMAIL_URL:
        relay = "smtp+tls://user:password@relay.example.org:587"
        yield Step(
            "A mail relay.", f"Set EMAIL_URL, for example to {relay}. Until then no mail leaves this machine."
        )
    for provider in catalogue.unconfirmed(settings.EMAIL_RELAYS, tracking_off=settings.EMAIL_TRACKING_OFF):
        yield Step(
            f"Readers whom {provider.title} does not follow.",
            f"Switch open and click tracking off in the account ({provider.tracking}), then set "
            "EMAIL_TRACKING_OFF=1. No call can do that.",
        )
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = sender.rpartition("@")[2]
    if domain in LOCAL_NAMES or "." not in domain:  # such as a machine's own name
        yield Step(
            f"A sender whose domain is yours, not {sender}.",
            "Set DEFAULT_FROM_EMAIL, for example to: Paper Digest <digest@example.org>.",
        )


def _address() -> Iterator[Step]:
    site = urlsplit(settings.SITE_URL)
    if site.hostname in LOCAL_NAMES:
        yield Step(
            "An address that readers can open.",
            f"Links in mails lead to {settings.SITE_URL}. Set SITE_URL, for example to https://digest.example.org.",
        )
    elif site.scheme != "https":
        yield Step(
            "An https address.",
            "Put a proxy with TLS before the service and set SITE_URL to the address with https://.",
        )


def _operator() -> Iterator[Step]:
    if not settings.OPERATOR_EMAIL:
        yield Step(
            "Your own address.",
            "Set OPERATOR_EMAIL: you get a mail when mail stops, a source fails or no paper comes in.",
        )
    brand = branding.current()
    if not brand.address and not brand.imprint:
        yield Step(
            "A postal address or an imprint.",
            "The law of many countries wants it in every mail: enter it in Branding.",
            reverse("admin:digest_branding_changelist"),
        )


def _processes(now: datetime) -> Iterator[Step]:
    if not Heartbeat.objects.filter(name="worker", at__gte=now - SILENT_AFTER).exists():
        yield Step(
            "A worker and a scheduler.",
            "Neither has shown life in the last minutes, so no mail is planned or sent: start both, or run "
            "“manage.py send_digests” by cron.",
        )
