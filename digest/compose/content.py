"""What a letter says, as plain values: the input of `compose`, free of wording and markup."""

from dataclasses import dataclass
from datetime import date, datetime

from digest.lib.records import PaperRecord


@dataclass(frozen=True, slots=True)
class Brand:
    """Who publishes: shown in every letter.

    `accent` is `#rrggbb`, `address` the postal address and `imprint` who is responsible, if any. A `logo`
    stands in place of the name where images are shown. `sender` is the name that mails come from, if it is
    another than that of the sending address.
    """

    name: str
    site_url: str
    accent: str = "#1f5fbf"
    address: str = ""
    imprint: str = ""
    logo: "Logo | None" = None
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Logo:
    """A PNG or JPEG, and the width and height in CSS pixels at which it is shown."""

    octets: bytes
    subtype: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters `start` to `end` of the paper's `field` ("title" or "abstract") that matched a query."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A reason that is no word of title or abstract: what a query's field or number found.

    `field` is the query language's, as in “author:” or “upvotes>=50”; `text` the words that matched, of a
    text field.
    """

    field: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Another paper, called `title`, decided on a paper's place; `cause` is a value of its enum `Cause`."""

    cause: str
    title: str


@dataclass(frozen=True, slots=True)
class Item:
    """A paper as one digest shows it; `page_url` is its page in the archive, or empty.

    `number` names the paper in the reader's links (0: it has none). `note` is a line about its place in
    this digest, such as why it ranks high.
    """

    record: PaperRecord
    marks: tuple[Mark, ...]
    page_url: str
    facts: tuple[Fact, ...] = ()
    number: int = 0
    note: "Note | None" = None


@dataclass(frozen=True, slots=True)
class Section:
    """The papers of one filter, best first: a preset topic, or a reader's `own` query under its text.

    `mute` is what the link to mute it ends in, a slug or a number; empty if it cannot be muted. `kind` is
    "library" for papers like those of the reader's library, "trending" for the most upvoted papers; those of
    the sources `aside` have no votes and did not compete.
    """

    name: str
    colour: str
    items: tuple[Item, ...]
    own: bool = False
    mute: str = ""
    kind: str = ""
    aside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A paper that fell one clause short of the reader's own `query`.

    It lacks `missing`; `add` is a query that keeps it.
    """

    record: PaperRecord
    page_url: str
    query: str
    missing: str
    add: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change that a digest offers its reader, on a page of its own.

    Adding `add`, a query or, if `topic`, the name of a topic, brings `papers` more a week, such as
    `examples`: titles and the addresses of their pages. Asking for `least_upvotes` leaves `papers` a digest
    instead of `papers_before`. `answer` is what the reader said by now, “taken”, “declined” or “undone”.
    """

    papers: float
    add: str = ""
    topic: bool = False
    examples: tuple[tuple[str, str], ...] = ()
    least_upvotes: int = 0
    papers_before: float = 0.0
    answer: str = ""


@dataclass(frozen=True, slots=True)
class DigestContent:
    """One selection: what every reader with the same filters and the same history gets on `day`.

    `scanned` counts the papers the editions listed, `already_had` the matching ones an earlier digest
    brought. `more` are papers beyond the reader's cap, by filter, `carried` those of an earlier digest that
    may not have arrived. `best` is the title of the best of all, of whatever filter; without it the first is.
    A `weekly` digest is about the week to `day`, a `monthly` one about the month. It goes out in `year`, by
    default that of `day`: dates of other years name theirs. A first digest, which welcomes its reader, says
    when the one `following` comes, a local time in `zone`. A `suggestion` is for those readers alone whose
    digest it is. The sources `lacking` had not announced the day's papers.
    """

    day: date
    scanned: int
    already_had: int
    sections: tuple[Section, ...]
    more: tuple[Section, ...] = ()
    carried: tuple[Item, ...] = ()
    near: tuple[NearMiss, ...] = ()
    weekly: bool = False
    monthly: bool = False
    language: str = "en"
    best: str = ""
    year: int = 0
    following: datetime | None = None
    zone: str = ""
    suggestion: Suggestion | None = None
    lacking: tuple[str, ...] = ()

    @property
    def of_another_year(self) -> bool:
        """Whether `day` is of another year than the digest."""
        return self.year not in {0, self.day.year}


@dataclass(frozen=True, slots=True)
class WelcomeContent:
    """The first letter after confirming: `first` is the reader's local time of the first digest.

    `zone` names that time's zone. `week` is what the same filters would have brought in the last seven
    days, as one digest.
    """

    first: datetime
    zone: str
    week: DigestContent
    language: str = "en"
