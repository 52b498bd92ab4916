"""The letter to the operator about what stops mail; it is sent past the outbox, and is no delivery."""

from dataclasses import dataclass

from subscriptions.emails.letters.letter_type import LetterType


@dataclass(frozen=True, slots=True)
class AlarmContent:
    """What is wrong, what to do, and the words of whoever reported it; told `once`, or again if it lasts."""

    what: str
    hint: str
    detail: str
    admin_url: str
    once: bool
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
            once=False,
        ),
        "source": AlarmContent(
            what="arXiv cs.LG listed no paper on Friday 7 November 2025.",
            hint="A holiday at the source, or its answer was cut off. Fetch it again, or say it is right.",
            detail="About 20 are usual on such a day.",
            admin_url="https://digest.example.org/admin/digest/sourceproblem/7/change/",
            once=True,
        ),
    },
)
