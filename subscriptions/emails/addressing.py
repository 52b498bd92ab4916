"""Whom one mail goes to and comes from, in its headers and on its envelope, and the links of its reader."""

from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from django.utils.http import int_to_base36

from digest.compose import Brand, Personal, Sender
from subscriptions.emails.letters import LETTER_OF
from subscriptions.emails.letters.letter_type import DeliveryLike
from subscriptions.lib import signed_links

# Part of every key: with another word, bounces of mails already sent are not known. It names no module.
_MAC = "subscriptions.letters"


def personal(delivery: DeliveryLike) -> Personal:
    """What differs from reader to reader. The Message-ID is the same at every attempt."""
    reader = delivery.subscriber
    identity = f"{reader.pk}:{delivery.kind}:{delivery.due_at.timestamp()}"
    return Personal(
        to=recipient(delivery),
        date=timezone.now(),
        message_id=f"<{_keyed('message-id', identity)}@{settings.SITE_HOST}>",
        unsubscribe_url=signed_links.url("unsubscribe", reader),
        preferences_url=signed_links.url("preferences", reader),
        web_url=signed_links.url("read", reader, delivery.pk),
        vote_url=signed_links.vote_url(reader, delivery.pk),
    )


def recipient(delivery: DeliveryLike) -> str:
    """The address a delivery goes to: the reader's, or the new one that is to be confirmed."""
    reader = delivery.subscriber
    return reader.new_email if LETTER_OF[delivery.kind].to_new_address else reader.email


def sender(kind: str, brand: Brand) -> Sender:
    """Who a mail comes from: the brand, if it has a sender's name, at the address of the settings."""
    address = settings.DEFAULT_FROM_EMAIL
    return Sender(
        from_=f"{brand.sender} <{_bare(address)}>" if brand.sender else address,
        list_id=f"digest.{settings.SITE_HOST}",
        list_name=brand.name,
        feedback_id=f"{kind}:paper-digest",
    )


def envelope_sender(delivery: DeliveryLike) -> str:
    """Where bounces go: a variable return path that names the delivery (VERP), or the plain sender.

    `digest@…` becomes `digest+7p-Zm9v…@…`; the keyed part tells a real bounce from a made-up one.
    """
    if not settings.BOUNCE_ADDRESS:
        return _bare(settings.DEFAULT_FROM_EMAIL)
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{int_to_base36(delivery.pk)}-{_keyed('bounce', str(delivery.pk))}@{domain}"


@lru_cache(maxsize=8)  # reading an address takes longer than all the rest of a message
def _bare(address: str) -> str:
    return parseaddr(address)[1]


def _keyed(purpose: str, value: str) -> str:
    return signed_links.keyed(f"{_MAC}.{purpose}", value).hex()
