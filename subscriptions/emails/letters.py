"""A reader's mail: which letter a delivery is, and the few bytes that are theirs alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone, translation
from django.utils.http import int_to_base36

from digest.compose import (
    Brand,
    ConfirmContent,
    FreshLinkContent,
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
from digest.lib.locales import language_for
from digest.models import Selection
from digest.selection.content import Reading
from digest.selection.selector import of_last_days
from digest.web import branding
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import due_at
from subscriptions.planning import planner
from subscriptions.planning.selection_requests import filters_of

Kind = Delivery.Kind
WEEK = 7  # days that a welcome looks back
LETTERS = 500  # kept: some 35 KB each
# Part of every key: with another word, bounces of mails already sent are not known. It names no module.
_MAC = "subscriptions.letters"
_FRESH: Mapping[Delivery.Kind, signed_links.FreshPurpose] = {
    Kind.EXPORT: "export",
    Kind.ERASE: "erase",
    Kind.MOVE: "move",
    Kind.ADDRESS: "address",
}


class Reader(signed_links.Holder, Protocol):
    """What a mail needs to know of its reader."""

    @property
    def email(self) -> str: ...
    @property
    def new_email(self) -> str: ...
    @property
    def format(self) -> str: ...


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
    """What the mail was about is no more, such as all papers of a digest; its text is why."""


class Composer:
    """Composes the messages of one run; readers who share a selection share its letter."""

    def __init__(self) -> None:
        self._reading = Reading()
        self._brand = branding.current()
        self._selections: Mapping[int, Selection] = {}
        self._expected: Mapping[int, PreparedLetter | Exception] = {}
        self._digest = lru_cache(maxsize=LETTERS)(self._prepared)

    def expect(self, deliveries: Sequence[Addressed]) -> None:
        """Prepare the letters of `deliveries`; then `message` asks the database for nothing."""
        self._brand = branding.current()
        self._selections = Selection.objects.in_bulk({d.selection_id for d in deliveries if d.selection_id})
        self._expected = {delivery.pk: self._tried(delivery) for delivery in deliveries}

    def message(self, delivery: Addressed) -> tuple[bytes, str]:
        """The finished message of a delivery, and its envelope sender; raises `NothingToSay`."""
        prepared = self._expected.get(delivery.pk) or self._tried(delivery)
        if isinstance(prepared, Exception):
            raise prepared
        return prepared.message(personal(delivery)), envelope_sender(delivery)

    def _tried(self, delivery: Addressed) -> PreparedLetter | Exception:
        """The letter of a delivery, or why there is none."""
        format_ = delivery.subscriber.format
        try:
            if delivery.selection_id:
                return self._digest(delivery.selection_id, format_)
            return _finished(_letter(delivery, self._brand), Kind(delivery.kind), format_, self._brand)
        except (OperationalError, InterfaceError):  # no fault of this letter's
            raise
        except Exception as error:  # noqa: BLE001 - told when it is asked for
            return error.with_traceback(None)

    def _prepared(self, selection_id: int, format_: str) -> PreparedLetter:
        selection = self._selections.get(selection_id) or Selection.objects.get(pk=selection_id)
        content = self._reading.content_of(selection)
        if not (content.sections or content.more or content.carried):
            raise NothingToSay("its papers were removed meanwhile")
        return _finished(compose_digest(content, self._brand), Kind.DIGEST, format_, self._brand)


def _finished(letter: Letter, kind: Delivery.Kind, format_: str, brand: Brand) -> PreparedLetter:
    return prepare(letter.as_text() if format_ == Subscriber.Format.TEXT else letter, sender(kind, brand))


def digest_letter(selection: Selection) -> Letter:
    """The digest of a selection, finished but for its readers' links."""
    return compose_digest(Reading().content_of(selection), branding.current())


def _letter(delivery: Addressed, brand: Brand) -> Letter:
    """A letter about the subscription itself."""
    reader = Subscriber.objects.get(pk=delivery.subscriber.pk)
    match delivery.kind:
        case Kind.KNOWN:
            return compose(
                "known", KnownContent(signed_links.url("preferences", reader), reader.language), brand
            )
        case Kind.WELCOME:
            return compose_welcome(_welcome(reader, delivery.due_at), brand)
        case Kind.GOODBYE:
            return compose(
                "goodbye", GoodbyeContent(signed_links.url("return", reader), reader.language), brand
            )
    if delivery.kind == Kind.ADDRESS and reader.new_email != recipient(delivery):
        raise NothingToSay("another address was asked for meanwhile")  # whose link must not go to this one
    if purpose := _FRESH.get(Kind(delivery.kind)):
        url = signed_links.fresh_url(purpose, reader, timezone.now())
        minutes = int(signed_links.FRESH.total_seconds() // 60)
        return compose(purpose, FreshLinkContent(url, minutes, reader.language), brand)
    choices = preferences.choices_of(reader)
    with translation.override(reader.language):
        schedule = preferences.describe(choices.schedule)
    content = ConfirmContent(
        confirm_url=signed_links.url("confirm", reader),
        topics=tuple(language_for(reader.language).topic(topic.name) for topic in choices.topics),
        queries=len(choices.queries),
        schedule=schedule,
        language=reader.language,
    )
    return compose("confirm", content, brand)


def _welcome(reader: Subscriber, at: datetime) -> WelcomeContent:
    """The first digest's moment, and what the reader's filters would have brought last week."""
    choices = preferences.choices_of(reader)
    first = reader.next_digest_at or due_at(choices.schedule, after=at)
    filters = filters_of(choices.topics, choices.queries, choices.exclude, choices.least_upvotes)
    week = of_last_days(filters, WEEK, reader.language)
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
        head, _, _ = (
            prepare(letter, sender(Kind.DIGEST, branding.current())).message(theirs).partition(b"\r\n\r\n")
        )
        return head.decode().replace("\r\n", "\n")
    return letter.html_for(theirs) if part == "html" else letter.text_for(theirs)


def preview_html(choices: Choices) -> str:
    """The digest that these filters would have brought a new reader; its links lead to the sign-up page."""
    letter = compose_digest(Reading().content_of(planner.sample(choices)), branding.current(), votes=False)
    home = settings.SITE_URL + "/"
    nobody = Personal(
        *("reader@example.org", timezone.now(), "<preview@localhost>"), home, home, home, vote_url=f"{home}#"
    )
    return letter.html_for(nobody)


def read_html(delivery: Delivery) -> str:
    """A digest that was sent, as a page: every paper with its whole abstract."""
    assert delivery.selection is not None
    page = compose_page(Reading().content_of(delivery.selection), branding.current())
    return page.html_for(personal(delivery))


def personal(delivery: Addressed) -> Personal:
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


def recipient(delivery: Addressed) -> str:
    """The address a delivery goes to: the reader's, or the new one that is to be confirmed."""
    reader = delivery.subscriber
    return reader.new_email if delivery.kind == Kind.ADDRESS else reader.email


def sender(kind: Delivery.Kind, brand: Brand) -> Sender:
    """Who a mail comes from: the brand, if it has a sender's name, at the address of the settings."""
    address = settings.DEFAULT_FROM_EMAIL
    return Sender(
        from_=f"{brand.sender} <{_bare(address)}>" if brand.sender else address,
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
    return signed_links.keyed(f"{_MAC}.{purpose}", value).hex()
