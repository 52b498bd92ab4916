"""Whether refusals are about mails and readers, or about our relay."""

from dataclasses import dataclass

from subscriptions.relay import MessageRefused, RelayUnavailable, Verdict

REFUSED_MAILS = 3  # so many in a row are no accident of the mails
REFUSED_READERS = 20  # so many and nobody else are no accident of the readers


class EveryReaderRefused(RelayUnavailable):
    """The relay knows none of the readers: it must be the relay."""


@dataclass(slots=True)
class Suspicion:
    """What one run saw of its relay: enough to tell bad mails and bad addresses from a bad relay."""

    mails: int = 0
    readers: int = 0
    trusted: bool = False

    def mail_refused(self, error: RelayUnavailable) -> None:
        """Take note; raises unless this is about one mail, and few of its kind came in a row."""
        self.mails += 1
        if not isinstance(error, MessageRefused) or self.mails >= REFUSED_MAILS:
            raise error

    def settled(self, state: str) -> None:
        """Take note; raises `EveryReaderRefused` once many were refused and none taken."""
        if state in (Verdict.ACCEPTED, Verdict.UNKNOWN):  # hashing takes longer than comparing
            self.trusted, self.mails = True, 0
        self.readers += state == Verdict.REFUSED
        if self.readers >= REFUSED_READERS and not self.trusted:
            raise EveryReaderRefused(
                f"every reader refused: this looks like our relay, not like {self.readers} readers"
            )
