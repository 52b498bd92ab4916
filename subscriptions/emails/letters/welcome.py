"""The letter after confirming that comes without a digest, with what the last week would have brought."""

from dataclasses import replace
from datetime import datetime

from digest.compose import Brand, Letter, WelcomeContent, compose_welcome
from digest.compose.samples import DIGESTS, WEEK
from digest.selection.content import Reading
from digest.selection.selector import of_last_days
from subscriptions.accounts import preferences
from subscriptions.emails.letters.letter_type import DeliveryLike, LetterType
from subscriptions.models import Subscriber
from subscriptions.models.schedule import due_at, zone
from subscriptions.planning.filters import filters_of

DAYS = 7  # that it looks back


class _Welcome(LetterType[WelcomeContent]):
    def compose(self, content: WelcomeContent, brand: Brand) -> Letter:
        return compose_welcome(content, brand)


def _content(reader: Subscriber, delivery: DeliveryLike) -> WelcomeContent:
    choices = preferences.choices_of(reader)
    filters = filters_of(choices.wanted)
    week = of_last_days(filters, DAYS, reader.language)
    return WelcomeContent(
        first=next_digest(reader, after=delivery.due_at),
        zone=choices.schedule.time_zone,
        week=Reading().content_of(week),
        language=reader.language,
    )


def next_digest(reader: Subscriber, after: datetime) -> datetime:
    """When the reader's next digest comes, by their clock."""
    moment = reader.next_digest_at or due_at(reader.schedule, after)
    return moment.astimezone(zone(reader.time_zone))


_PLAIN = WelcomeContent(
    first=datetime(2025, 11, 6, 7, 0),  # noqa: DTZ001  # a local time
    zone="Europe/Berlin",
    week=WEEK,
)
_EMPTY = replace(_PLAIN, week=replace(WEEK, sections=()))
_HOSTILE = replace(_PLAIN, week=replace(DIGESTS["hostile"], already_had=0))

LETTER = _Welcome(
    name="welcome",
    label="welcome",
    wanted_in=(Subscriber.State.ACTIVE,),
    content=_content,
    samples={"plain": _PLAIN, "empty": _EMPTY, "hostile": _HOSTILE},
)
