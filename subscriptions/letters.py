"""A reader's mail: which letter a delivery is, and the few bytes that are theirs alone."""

from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.http import int_to_base36

from digest.archive import Reading
from digest.compose import (
    Brand,
    ConfirmContent,
    KnownContent,
    Letter,
    Personal,
    PreparedLetter,
    Sender,
    compose,
    compose_digest,
    prepare,
)
from digest.models import Selection
from subscriptions import links, plan, preferences
from subscriptions.models import Delivery, Subscriber
from subscriptions.preferences import Choices

Kind = Delivery.Kind


class Reader(links.Holder, Protocol):
    """What a mail needs to know of its reader."""

    @property
    def email(self) -> str: ...


class Addressed(Protocol):
    """What a mail needs to know of its delivery."""

    @property
    def pk(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def selection_id(self) -> int | None: ...
    @property
    def subscriber(self) -> Reader: ...


class NothingToSay(Exception):
    """A digest whose papers were all removed since it was planned: it must not go out empty."""


class Composer:
    """Composes the messages of one run; readers who share a selection share its letter."""

    def __init__(self) -> None:
        self._reading = Reading()
        self._digest = lru_cache(maxsize=500)(self._prepared)

    def _prepared(self, selection_id: int) -> PreparedLetter:
        content = self._reading.content_of(Selection.objects.get(pk=selection_id))
        if not (content.sections or content.more or content.carried):
            raise NothingToSay
        return prepare(compose_digest(content, brand()), sender(Kind.DIGEST))

    def message(self, delivery: Addressed) -> tuple[bytes, str]:
        """The finished message of a delivery, and its envelope sender; raises `NothingToSay`."""
        if delivery.selection_id:
            prepared = self._digest(delivery.selection_id)
        else:
            prepared = prepare(_letter(delivery), sender(Kind(delivery.kind)))
        return prepared.message(personal(delivery)), envelope_sender(delivery)


def digest_letter(selection: Selection) -> Letter:
    """The digest of a selection, finished but for its readers' links."""
    return compose_digest(Reading().content_of(selection), brand())


def _letter(delivery: Addressed) -> Letter:
    """A letter about the subscription itself."""
    reader = Subscriber.objects.get(pk=delivery.subscriber.pk)
    if delivery.kind == Kind.KNOWN:
        return compose("known", KnownContent(links.url("preferences", reader), reader.language), brand())
    choices = preferences.choices_of(reader)
    content = ConfirmContent(
        confirm_url=links.url("confirm", reader),
        topics=tuple(topic.name for topic in choices.topics),
        queries=len(choices.queries),
        schedule=preferences.describe(choices.schedule),
        language=reader.language,
    )
    return compose("confirm", content, brand())


def preview(subscriber: Subscriber, selection: Selection, part: str) -> str:
    """The `html`, `text` or `headers` of the digest that `selection` would be for this reader."""
    letter = digest_letter(selection)
    theirs = personal(Delivery(pk=0, subscriber=subscriber, due_at=timezone.now(), selection=selection))
    if part == "headers":
        head, _, _ = prepare(letter, sender(Kind.DIGEST)).message(theirs).partition(b"\r\n\r\n")
        return head.decode().replace("\r\n", "\n")
    return letter.html_for(theirs) if part == "html" else letter.text_for(theirs)


def preview_html(choices: Choices) -> str:
    """The digest that these filters would have brought a new reader; its links lead to the sign-up page."""
    letter = digest_letter(plan.sample(choices))
    home = settings.SITE_URL + "/"
    nobody = Personal("reader@example.org", timezone.now(), "<preview@localhost>", home, home, home)
    return letter.html_for(nobody)


def read_html(delivery: Delivery) -> str:
    """A digest that was sent, as a page."""
    assert delivery.selection is not None
    return digest_letter(delivery.selection).html_for(personal(delivery))


def personal(delivery: Addressed) -> Personal:
    """What differs from reader to reader. The Message-ID is the same at every attempt."""
    reader = delivery.subscriber
    identity = f"{reader.pk}:{delivery.kind}:{delivery.due_at.timestamp()}"
    return Personal(
        to=reader.email,
        date=timezone.now(),
        message_id=f"<{_keyed('message-id', identity)}@{settings.SITE_HOST}>",
        unsubscribe_url=links.url("unsubscribe", reader),
        preferences_url=links.url("preferences", reader),
        web_url=links.url("read", reader, delivery.pk),
    )


def brand() -> Brand:
    return Brand(name=settings.SITE_NAME, site_url=settings.SITE_URL, address=settings.POSTAL_ADDRESS)


def sender(kind: Delivery.Kind) -> Sender:
    return Sender(
        from_=settings.DEFAULT_FROM_EMAIL,
        list_id=f"digest.{settings.SITE_HOST}",
        feedback_id=f"{kind.value}:paper-digest",
    )


def envelope_sender(delivery: Addressed) -> str:
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
    return links.keyed(f"subscriptions.letters.{purpose}", value).hex()
