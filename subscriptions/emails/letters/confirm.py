"""The letter that asks a new reader to confirm their address."""

from dataclasses import dataclass

from django.utils import translation

from digest.lib.locales import language_for
from subscriptions.accounts import preferences
from subscriptions.emails.letters.letter_type import DeliveryLike, LetterType, NothingToSay
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber


@dataclass(frozen=True, slots=True)
class ConfirmContent:
    """What an address is asked to confirm.

    Anyone can enter anyone's address, so nothing a visitor typed is repeated: `topics` are names of
    preset topics, and “Trending”, and of own queries and the papers of a library only their number is given.
    """

    confirm_url: str
    topics: tuple[str, ...]
    queries: int
    schedule: str
    language: str = "en"
    library: int = 0


def _content(reader: Subscriber, delivery: DeliveryLike) -> ConfirmContent:
    if reader.email != delivery.subscriber.email:  # whose link must not go to this spelling
        raise NothingToSay("another spelling of the address was signed up meanwhile")
    choices = preferences.choices_of(reader)
    names = [topic.name for topic in choices.topics] + ["Trending"] * bool(choices.trending)
    with translation.override(reader.language):
        schedule = preferences.describe(choices.schedule)
    return ConfirmContent(
        confirm_url=signed_links.url("confirm", reader),
        topics=tuple(map(language_for(reader.language).topic, names)),
        queries=len(choices.queries),
        schedule=schedule,
        language=reader.language,
        library=reader.saved_papers.count(),
    )


LETTER = LetterType(
    name="confirm",
    label="confirmation",
    wanted_in=(Subscriber.State.PENDING,),
    content=_content,
    samples={
        "plain": ConfirmContent(
            confirm_url="https://digest.example.org/confirm/preview",
            topics=("Quantization", "Agents", "3D", "Distributed training", "Trending"),
            queries=2,
            schedule="every weekday at 07:00, Europe/Berlin",
            library=23,
        )
    },
)
