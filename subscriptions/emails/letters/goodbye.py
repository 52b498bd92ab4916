"""The last letter, to a reader who unsubscribed: it holds the link that takes this back."""

from dataclasses import dataclass

from subscriptions.emails.letters.letter_type import DeliveryLike, LetterType
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber


@dataclass(frozen=True, slots=True)
class GoodbyeContent:
    back_url: str
    language: str = "en"


def _content(reader: Subscriber, _delivery: DeliveryLike) -> GoodbyeContent:
    return GoodbyeContent(signed_links.url("return", reader), reader.language)


LETTER = LetterType(
    name="goodbye",
    label="goodbye",
    wanted_in=(Subscriber.State.UNSUBSCRIBED,),
    content=_content,
    samples={"plain": GoodbyeContent("https://digest.example.org/c/preview")},
)
