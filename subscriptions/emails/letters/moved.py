"""The first letter to a reader's new address: its links are those that work from now on."""

from dataclasses import dataclass

from subscriptions.emails.letters.letter_type import DeliveryLike, LetterType
from subscriptions.models import Subscriber


@dataclass(frozen=True, slots=True)
class MovedContent:
    language: str = "en"


def _content(reader: Subscriber, _delivery: DeliveryLike) -> MovedContent:
    return MovedContent(reader.language)


LETTER = LetterType(
    name="moved",
    label="new address",
    wanted_in=(Subscriber.State.ACTIVE, Subscriber.State.PAUSED),
    content=_content,
    listed=True,
    samples={"plain": MovedContent()},
)
