"""What a letter says, as plain values: the input of `compose`, free of wording and markup."""

from dataclasses import dataclass
from datetime import date

from digest.papers import PaperRecord


@dataclass(frozen=True, slots=True)
class Brand:
    """Who publishes: shown in every letter. `accent` is `#rrggbb`, `address` the postal address, if any."""

    name: str
    site_url: str
    accent: str = "#1f5fbf"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start` to `end` of the paper's `field` ("title" or "abstract") that matched a query."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Item:
    """A paper as one digest shows it; `page_url` is its page in the archive, or empty.

    `facts` are the reasons that are no words of title or abstract: “48 upvotes”, “author Ada Lovelace”.
    """

    record: PaperRecord
    marks: tuple[Mark, ...]
    page_url: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """The papers of one filter, best first: a preset topic, or a reader's `own` query under its text."""

    name: str
    colour: str
    items: tuple[Item, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class DigestContent:
    """One selection: what every reader with the same filters and the same history gets on `day`.

    `scanned` counts the papers the editions listed, `already_had` the matching ones an earlier digest
    brought. `more` are papers beyond the reader's cap, `carried` those of an earlier digest that may
    not have arrived.
    """

    day: date
    scanned: int
    already_had: int
    sections: tuple[Section, ...]
    more: tuple[Item, ...] = ()
    carried: tuple[Item, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class ConfirmContent:
    """What an address is asked to confirm.

    Anyone can enter anyone's address, so nothing a visitor typed is repeated: `topics` are names of
    preset topics, and of own queries only their number is told.
    """

    confirm_url: str
    topics: tuple[str, ...]
    queries: int
    schedule: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class KnownContent:
    """The answer to a sign-up with an address that is subscribed already."""

    preferences_url: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class FreshLinkContent:
    """A link that a reader asked for, and how long it works."""

    url: str
    minutes: int
    language: str = "en"
