"""The letter to an address that signs up and is subscribed already."""

from dataclasses import dataclass

from subscriptions.emails.letters.letter_type import DeliveryLike, LetterType
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber


@dataclass(frozen=True, slots=True)
class KnownContent:
    preferences_url: str
    language: str = "en"


def _content(reader: Subscriber, _delivery: DeliveryLike) -> KnownContent:
    return KnownContent(signed_links.url("preferences", reader), reader.language)


LETTER = LetterType(
    name="known",
    label="already subscribed",
    wanted_in=(Subscriber.State.ACTIVE, Subscriber.State.PAUSED),
    content=_content,
    samples={"plain": KnownContent("https://digest.example.org/p/preview")},
)
