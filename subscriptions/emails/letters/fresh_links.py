"""The letters with one link that works for half an hour: to what a reader saved, or to all their data."""

from dataclasses import dataclass

from django.utils import timezone

from subscriptions.emails.letters.letter_type import NOT_REFUSED, DeliveryLike, LetterType, NothingToSay
from subscriptions.lib import signed_links
from subscriptions.lib.signed_links import FreshPurpose
from subscriptions.models import Subscriber


@dataclass(frozen=True, slots=True)
class FreshLinkContent:
    """A link that a reader asked for, and how long it works."""

    url: str
    minutes: int
    language: str = "en"


def _link(purpose: FreshPurpose, reader: Subscriber) -> FreshLinkContent:
    url = signed_links.fresh_url(purpose, reader, timezone.now())
    return FreshLinkContent(url, int(signed_links.FRESH.total_seconds() // 60), reader.language)


def _to_new_address(reader: Subscriber, delivery: DeliveryLike) -> FreshLinkContent:
    if reader.new_email != delivery.subscriber.new_email:  # whose link must not go to this address
        raise NothingToSay("another address was asked for meanwhile")
    return _link("address", reader)


_SAMPLES = {"plain": FreshLinkContent("https://digest.example.org/a/preview/1a-Zm9v/", minutes=30)}
EXPORT = LetterType(
    name="export",
    label="link to the reader's data",
    wanted_in=NOT_REFUSED,
    content=lambda reader, _delivery: _link("export", reader),
    samples=_SAMPLES,
)
ERASE = LetterType(
    name="erase",
    label="link to erase everything",
    wanted_in=NOT_REFUSED,
    content=lambda reader, _delivery: _link("erase", reader),
    samples=_SAMPLES,
)
MOVE = LetterType(
    name="move",
    label="link to change the address",
    wanted_in=NOT_REFUSED,
    content=lambda reader, _delivery: _link("move", reader),
    samples=_SAMPLES,
)
SAVED = LetterType(
    name="saved",
    label="link to the saved papers",
    wanted_in=NOT_REFUSED,
    content=lambda reader, _delivery: _link("saved", reader),
    samples=_SAMPLES,
)
ADDRESS = LetterType(
    name="address",
    label="confirmation of a new address",
    wanted_in=NOT_REFUSED,
    content=_to_new_address,
    samples=_SAMPLES,
    to_new_address=True,
)
