"""What the file of one letter declares: its name, what it says to a reader and when, and samples of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from digest.compose import Brand, Context, Letter, compose
from subscriptions.lib.signed_links import Holder
from subscriptions.models import Subscriber

C = TypeVar("C", bound=Context)
State = Subscriber.State
# For letters that a reader asks for themselves, also after leaving.
NOT_REFUSED = (State.PENDING, State.ACTIVE, State.PAUSED, State.UNSUBSCRIBED)


class ReaderLike(Holder, Protocol):
    """What a mail needs to know of its reader."""

    @property
    def new_email(self) -> str: ...
    @property
    def format(self) -> str: ...


class DeliveryLike(Protocol):
    """What a mail needs to know of its delivery."""

    @property
    def pk(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def selection_id(self) -> int | None: ...
    @property
    def priority(self) -> int: ...
    @property
    def subscriber(self) -> ReaderLike: ...


class NothingToSay(Exception):
    """What the mail was about no longer exists, such as all papers of a digest; its text is the reason."""


@dataclass(frozen=True, slots=True)
class LetterType(Generic[C]):
    """One letter.

    `name` is that of its templates and the kind of its deliveries, `label` what the admin calls those. It is
    sent to readers in the states `wanted_in`. `content` gives what it says to a reader, or raises
    `NothingToSay`; a letter that comes about in another way than by its name in the queue has none. `samples`
    are invented contents, by case, for previews and tests. A `listed` letter carries the headers of a mailing
    list; one with a `compose` of its own decides that there. `to_new_address`: it goes to the address that
    the reader wants to change to.
    """

    name: str
    label: str
    samples: Mapping[str, C]
    wanted_in: tuple[Subscriber.State, ...] = ()
    content: Callable[[Subscriber, DeliveryLike], C] | None = None
    listed: bool = False
    to_new_address: bool = False

    def compose(self, content: C, brand: Brand) -> Letter:
        """The letter with this content, from its templates."""
        return compose(self.name, content, brand, listed=self.listed)
