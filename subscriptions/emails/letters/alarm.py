"""The letter to the operator about what stops mail; it is sent past the outbox, and is no delivery."""

from dataclasses import dataclass

from subscriptions.emails.letters.letter_type import LetterType


@dataclass(frozen=True, slots=True)
class AlarmContent:
    """What is wrong, what to do, and the words of whoever reported it."""

    what: str
    hint: str
    detail: str
    admin_url: str
    language: str = "en"


LETTER = LetterType(
    name="alarm",
    label="alarm",
    samples={
        "plain": AlarmContent(
            what="Mail is deferred: the relay accepts none from this service.",
            hint="Everything that waits is kept and tried again. Look at the relay's reply and at EMAIL_URL.",
            detail="554 5.7.1 <digest@example.org>: Sender address rejected: not logged in <script>",
            admin_url="https://digest.example.org/admin/",
        )
    },
)
