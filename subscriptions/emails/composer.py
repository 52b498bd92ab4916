"""Composes the messages of one sender: readers who share a selection, and a suggestion, share its letter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.db import InterfaceError, OperationalError

from digest.compose import DigestContent, Letter, PreparedLetter, Suggestion, assemble_digest, prepare
from digest.models import Selection
from digest.selection.content import Reading
from digest.web import branding
from subscriptions.emails.addressing import envelope_sender, personal, sender
from subscriptions.emails.kept_letters import KeptLetters
from subscriptions.emails.letters import LETTER_OF
from subscriptions.emails.letters.letter_type import DeliveryLike, NothingToSay
from subscriptions.emails.letters.welcome import next_digest
from subscriptions.emails.suggested import suggested_in
from subscriptions.models import Delivery, Subscriber


class Composer:
    """Composes messages, and keeps the digests it composed."""

    def __init__(self) -> None:
        self._reading = Reading()
        self._brand = branding.current()
        self._selections: Mapping[int, Selection] = {}
        self._suggested: Mapping[int, Suggestion] = {}
        self._expected: Mapping[int, PreparedLetter | Exception] = {}
        self._kept = KeptLetters()

    def expect(self, deliveries: Sequence[DeliveryLike]) -> None:
        """Prepare the letters of `deliveries`; then `message` asks the database for nothing."""
        self._brand = branding.current()
        self._selections = Selection.objects.in_bulk({d.selection_id for d in deliveries if d.selection_id})
        self._suggested = suggested_in([d.pk for d in deliveries if d.selection_id])
        self._expected = {delivery.pk: self._prepared_or_error(delivery) for delivery in deliveries}

    def message(self, delivery: DeliveryLike) -> tuple[bytes, str]:
        """The finished message of a delivery, and its envelope sender; raises `NothingToSay`."""
        prepared = self._expected.get(delivery.pk) or self._prepared_or_error(delivery)
        if isinstance(prepared, Exception):
            raise prepared
        return prepared.message(personal(delivery)), envelope_sender(delivery)

    def _prepared_or_error(self, delivery: DeliveryLike) -> PreparedLetter | Exception:
        """The letter of a delivery, or why there is none."""
        format_ = delivery.subscriber.format
        try:
            if delivery.selection_id and delivery.priority == Delivery.WAITED_FOR:
                return self._digest(self._first_content(delivery, delivery.selection_id), format_)
            if delivery.selection_id:
                shared = delivery.selection_id, format_, self._suggested.get(delivery.pk)
                return self._kept.get(shared, partial(self._shared_digest, *shared))
            letter = self._letter(delivery)
            shown = letter.as_text() if format_ == Subscriber.Format.TEXT else letter
            return prepare(shown, sender(delivery.kind, self._brand))
        except (OperationalError, InterfaceError):  # no fault of this letter's
            raise
        except Exception as error:  # noqa: BLE001 - raised when the message is asked for
            return error.with_traceback(None)

    def _letter(self, delivery: DeliveryLike) -> Letter:
        """A letter about the subscription itself."""
        letter = LETTER_OF[delivery.kind]
        if letter.content is None:
            raise NothingToSay("no selection is stored for it")
        reader = Subscriber.objects.get(pk=delivery.subscriber.pk)
        return letter.compose(letter.content(reader, delivery), self._brand)

    def _first_content(self, delivery: DeliveryLike, selection_id: int) -> DigestContent:
        """The digest that welcomes a reader: nobody shares it, for it says when the next one comes."""
        reader = Subscriber.objects.get(pk=delivery.subscriber.pk)
        following = next_digest(reader, after=delivery.due_at)
        return replace(self._content(selection_id), following=following, zone=reader.schedule.time_zone)

    def _shared_digest(
        self, selection_id: int, format_: str, suggestion: Suggestion | None
    ) -> PreparedLetter:
        return self._digest(replace(self._content(selection_id), suggestion=suggestion), format_)

    def _digest(self, content: DigestContent, format_: str) -> PreparedLetter:
        text_alone = format_ == Subscriber.Format.TEXT
        letter = assemble_digest(content, self._brand, text_alone=text_alone)
        return prepare(letter, sender(Delivery.DIGEST, self._brand))

    def _content(self, selection_id: int) -> DigestContent:
        selection = self._selections.get(selection_id) or Selection.objects.get(pk=selection_id)
        content = self._reading.content_of(selection)
        if not (content.sections or content.more or content.carried):
            raise NothingToSay("its papers were removed meanwhile")
        return content
