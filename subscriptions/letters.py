"""A reader's mail: which letter a delivery is, and the few bytes that are theirs alone."""

import base64
from email.utils import parseaddr
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.http import int_to_base36

from digest import branding
from digest.archive import COUNTED_DAYS, Reading
from digest.compose import (
    ConfirmContent,
    GoodbyeContent,
    KnownContent,
    Letter,
    Personal,
    PreparedLetter,
    Sender,
    WelcomeContent,
    compose,
    compose_digest,
    compose_page,
    compose_welcome,
    prepare,
)
from digest.models import Selection
from digest.select import of_last_days
from subscriptions import links, plan, preferences
from subscriptions.models import Delivery, Subscriber
from subscriptions.preferences import Choices
from subscriptions.schedule import due_at

Kind = Delivery.Kind
VOTES = False  # until readers have links to judge papers by: Personal.vote_url


class NothingToSay(Exception):
    """A digest whose papers were all removed since it was planned: it must not go out empty."""


class Composer:
    """Composes the messages of one run; readers who share a selection share its letter."""

    def __init__(self) -> None:
        self._reading = Reading()
        self._digest = lru_cache(maxsize=500)(self._prepared)

    def _prepared(self, selection: Selection) -> PreparedLetter:
        content = self._reading.content_of(selection)
        if not (content.sections or content.more or content.carried):
            raise NothingToSay
        return prepare(compose_digest(content, branding.current(), votes=VOTES), sender(Kind.DIGEST))

    def message(self, delivery: Delivery) -> tuple[bytes, str]:
        """The finished message of a delivery, and its envelope sender; raises `NothingToSay`."""
        if delivery.selection:
            prepared = self._digest(delivery.selection)
        else:
            prepared = prepare(_letter(delivery), sender(Kind(delivery.kind)))
        return prepared.message(personal(delivery)), envelope_sender(delivery)


def digest_letter(selection: Selection) -> Letter:
    """The digest of a selection, finished but for its readers' links."""
    return compose_digest(Reading().content_of(selection), branding.current(), votes=VOTES)


def _letter(delivery: Delivery) -> Letter:
    """A letter about the subscription itself."""
    reader = delivery.subscriber
    brand = branding.current()
    match delivery.kind:
        case Kind.KNOWN:
            return compose("known", KnownContent(links.url("preferences", reader), reader.language), brand)
        case Kind.WELCOME:
            return compose_welcome(_welcome(delivery), brand)
        case Kind.GOODBYE:
            return compose("goodbye", GoodbyeContent(links.url("return", reader), reader.language), brand)
    choices = preferences.choices_of(reader)
    with translation.override(reader.language):
        schedule = preferences.describe(choices.schedule)
    content = ConfirmContent(
        confirm_url=links.url("confirm", reader),
        topics=tuple(topic.name for topic in choices.topics),
        queries=len(choices.queries),
        schedule=schedule,
        language=reader.language,
    )
    return compose("confirm", content, brand)


def _welcome(delivery: Delivery) -> WelcomeContent:
    """The first digest's moment, and what the reader's filters would have brought last week."""
    reader = delivery.subscriber
    choices = preferences.choices_of(reader)
    first = reader.next_digest_at or due_at(choices.schedule, after=delivery.due_at)
    week = of_last_days(plan.filters_of(choices.topics, choices.queries), COUNTED_DAYS, reader.language)
    return WelcomeContent(
        first=first.astimezone(ZoneInfo(reader.time_zone)),
        zone=reader.time_zone,
        week=Reading().content_of(week),
        language=reader.language,
    )


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
    letter = compose_digest(Reading().content_of(plan.sample(choices)), branding.current(), votes=False)
    home = settings.SITE_URL + "/"
    nobody = Personal("reader@example.org", timezone.now(), "<preview@localhost>", home, home, home)
    return letter.html_for(nobody)


def read_html(delivery: Delivery) -> str:
    """A digest that was sent, as a page: every paper with its whole abstract."""
    assert delivery.selection is not None
    page = compose_page(Reading().content_of(delivery.selection), branding.current(), votes=VOTES)
    return page.html_for(personal(delivery))


def personal(delivery: Delivery) -> Personal:
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


def sender(kind: Delivery.Kind) -> Sender:
    return Sender(
        from_=settings.DEFAULT_FROM_EMAIL,
        list_id=f"digest.{settings.SITE_HOST}",
        feedback_id=f"{kind.value}:paper-digest",
    )


def envelope_sender(delivery: Delivery) -> str:
    """Where bounces go: a variable return path that names the delivery (VERP), or the plain sender.

    `digest@…` becomes `digest+7p-Zm9v…@…`; the keyed part tells a real bounce from a made-up one.
    """
    if not settings.BOUNCE_ADDRESS:
        return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    local, _, domain = settings.BOUNCE_ADDRESS.rpartition("@")
    return f"{local}+{int_to_base36(delivery.pk)}-{_keyed('bounce', str(delivery.pk))}@{domain}"


def _keyed(purpose: str, value: str) -> str:
    digest = salted_hmac(f"subscriptions.letters.{purpose}", value, algorithm="sha256").digest()
    return base64.b32encode(digest[:15]).decode().lower()
