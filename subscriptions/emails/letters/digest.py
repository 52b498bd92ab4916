"""The digest itself; the composer makes it from a selection, once for all readers who share that."""

from digest.compose import Brand, DigestContent, Letter, compose_digest
from digest.compose.samples import DIGESTS
from subscriptions.emails.letters.letter_type import LetterType
from subscriptions.models import Delivery, Subscriber


class _Digest(LetterType[DigestContent]):
    def compose(self, content: DigestContent, brand: Brand) -> Letter:
        return compose_digest(content, brand)


LETTER = _Digest(
    name=Delivery.DIGEST,
    label="digest",
    wanted_in=(Subscriber.State.ACTIVE,),
    samples=DIGESTS,
)
