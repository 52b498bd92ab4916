"""Signed links: short, revocable per reader, each good for one purpose.

A token is the row's number and a 96-bit MAC over purpose, number and the reader's link version:
`1a-Zm9v…`, about 20 characters, so that a List-Unsubscribe URI stays below 70. Raising the reader's
`link_version` revokes all of theirs, but for those to unsubscribe, which must work for ever. Nothing
expires here. Only what a forwarded digest must not open needs a fresh link, whose token also holds the
moment it was made.
"""

import base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Literal, Protocol

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import base36_to_int, int_to_base36

from subscriptions.models import Delivery, Subscriber

Purpose = Literal["confirm", "preferences", "unsubscribe", "read", "vote", "return", "feed-atom", "feed-json"]
OfDelivery = Literal["read", "vote"]
FreshPurpose = Literal["export", "erase", "move", "address", "saved"]
FRESH = timedelta(minutes=30)
# Part of every key: with another word all links in mails already sent are dead. It names no module.
_MAC = "subscriptions.links"


class Holder(Protocol):
    """Who may hold links: a reader, or what is known of one."""

    @property
    def pk(self) -> int: ...
    @property
    def link_version(self) -> int: ...
    @property
    def email(self) -> str: ...


def token(purpose: Purpose, subscriber: Holder, number: int | None = None) -> str:
    """The token that lets its holder do `purpose` for `subscriber`.

    `number` is the delivery to `read`, or to `vote` on.
    """
    number = subscriber.pk if number is None else number
    return f"{_base36(number)}-{_mac(purpose, number, subscriber)}"


def url(purpose: Purpose, subscriber: Holder, number: int | None = None) -> str:
    """The absolute link of `token`."""
    before, after = _around(settings.SITE_URL, purpose)
    return f"{before}{token(purpose, subscriber, number)}{after}"


@lru_cache(maxsize=64)  # looking a path up takes longer than signing it
def _around(site_url: str, purpose: Purpose, *others: int | str) -> tuple[str, str]:
    """The parts of a link before and after its token; `others` follow the token in the path."""
    before, _, after = reverse(purpose, args=["TOKEN", *others]).partition("TOKEN")
    return site_url + before, after


def vote_url(subscriber: Holder, number: int) -> str:
    """The common beginning of the links to vote on the papers of delivery `number`."""
    before, after = _around(settings.SITE_URL, "vote", 0, "more")
    return f"{before}{token('vote', subscriber, number)}{after.removesuffix('0/more/')}"


def subscriber_for(token: str, purpose: Purpose) -> Subscriber | None:
    """The reader whom `token` entitles to `purpose`, or None for any token that does not.

    A link to unsubscribe works for ever, also one of before the reader's links were revoked.
    """
    number, mac = _split(token)
    subscriber = Subscriber.objects.select_related("filter_set").filter(pk=number).first()
    if subscriber is None:
        return None
    latest = subscriber.link_version
    versions = range(latest, -1, -1) if purpose == "unsubscribe" else (latest,)
    good = (constant_time_compare(mac, _mac(purpose, number, subscriber, version)) for version in versions)
    return subscriber if any(good) else None


def delivery_for(token: str, purpose: OfDelivery = "read") -> Delivery | None:
    """The digest that `token` entitles to read, or to vote on."""
    number, mac = _split(token)
    delivery = Delivery.objects.select_related("subscriber", "selection").filter(pk=number).first()
    valid = delivery and constant_time_compare(mac, _mac(purpose, number, delivery.subscriber))
    return delivery if valid else None


def fresh_url(purpose: FreshPurpose, subscriber: Subscriber, now: datetime) -> str:
    """The absolute link that lets its holder do `purpose` for half an hour from `now`."""
    return f"{settings.SITE_URL}{reverse(purpose, args=[fresh_token(purpose, subscriber, now)])}"


def fresh_token(purpose: FreshPurpose, subscriber: Subscriber, now: datetime) -> str:
    """The token of `fresh_url`. One for a new address is good for no other address asked for since."""
    made = int_to_base36(int(now.timestamp()))
    mac = _mac(_stamped(purpose, made, subscriber), subscriber.pk, subscriber)
    return f"{int_to_base36(subscriber.pk)}-{made}-{mac}"


def fresh_subscriber_for(token: str, purpose: FreshPurpose, now: datetime) -> Subscriber | None:
    """The reader whom `token` entitles to `purpose` at `now`; None for any other, and for an old one."""
    number, rest = _split(token)
    made, _, mac = rest.partition("-")
    try:
        age = now - datetime.fromtimestamp(base36_to_int(made), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    subscriber = Subscriber.objects.select_related("filter_set").filter(pk=number).first()
    if subscriber is None or not timedelta(minutes=-1) <= age <= FRESH:
        return None
    expected = _mac(_stamped(purpose, made, subscriber), number, subscriber)
    return subscriber if constant_time_compare(mac, expected) else None


def _stamped(purpose: FreshPurpose, made: str, subscriber: Subscriber) -> str:
    return f"{purpose}@{made}" + (f":{subscriber.new_email}" if purpose == "address" else "")


_base36 = lru_cache(maxsize=8)(int_to_base36)  # a mail has several links of each number


def _split(token: str) -> tuple[int, str]:
    number, _, mac = token.partition("-")
    try:
        return min(base36_to_int(number), 2**63 - 1), mac
    except ValueError:
        return 0, mac


def _mac(purpose: str, number: int, subscriber: Holder, version: int | None = None) -> str:
    version = subscriber.link_version if version is None else version
    value = f"{purpose}:{number}:{subscriber.pk}:{version}"
    # A server may tell Ada@ from ada@: who got the letter confirms the spelling that it was mailed to.
    if purpose == "confirm" and subscriber.email != subscriber.email.lower():
        value += f":{subscriber.email}"
    return base64.urlsafe_b64encode(keyed(_MAC, value)).decode("ascii")


def keyed(purpose: str, value: str) -> bytes:
    """The MAC of `value`, 96 bits, under a key of this purpose's own (BLAKE2, RFC 7693, is quick at it)."""
    mac = _keyed(purpose, settings.SECRET_KEY).copy()
    mac.update(value.encode())
    return mac.digest()


@lru_cache(maxsize=64)  # taking up the key takes longer than all the rest
def _keyed(purpose: str, secret: str) -> blake2b:
    return blake2b(digest_size=12, key=blake2b(f"{purpose}\0{secret}".encode()).digest())
