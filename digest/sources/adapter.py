"""What an adapter is: how one kind of source is fetched, and the formats in which its papers come.

An adapter is pure: it gets bytes, days and a function that fetches, and knows no network, clock,
database or settings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Protocol

from digest.sources.parsed_answer import ParsedAnswer

Values = Mapping[str, str]  # what the operator chose for a source, by the name of the setting


class Get(Protocol):
    """Fetches: the body behind a URL; raises SourceUnavailable or SourceChanged."""

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Format:
    """One structure in which papers come.

    `name` is stored with each edition: unique among all formats, and never changed. Adapters may share one.

    `recognises` says, quickly and without raising, whether bytes are clearly of this format: by what only
    it has, never by its day or whether they are whole.

    `parse` gets bytes that were recognised, the day that was asked for (None: any day) and today's date.
    It raises WrongDay if they are of another day, SourceUnavailable for a bot challenge, and SourceChanged
    for whatever else it does not know: it never returns less than the bytes hold.
    """

    name: str
    recognises: Callable[[bytes], bool]
    parse: Callable[[bytes, date | None, date], ParsedAnswer]


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that an operator chooses for a source: a category, a query, an address.

    `check` returns the value as it is stored ("cs.lg, cs.CL" → "cs.LG+cs.CL"), or raises ValueError with one
    sentence for the operator. A `secret` is never shown again. With `choices` only these can be chosen.
    """

    name: str
    label: str
    help: str = ""
    required: bool = True
    initial: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    lines: bool = False  # a longer text
    secret: bool = False
    check: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Announcement:
    """When a source that announces all papers of a day in one go does so: at `hour` in `zone`, on `weekdays`.

    Monday is 0. A source that grows all day has no announcement.
    """

    hour: time
    zone: str  # of the IANA database, as "America/New_York"
    weekdays: frozenset[int] = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Adapter:
    """One kind of source. `name` is stored with each source that uses it, and never changed.

    What is fetched comes as the parts (pages) of an answer, each in one of the `formats`. `fetch_day` fetches
    all that the source lists on a day, which may be long past; `fetch_latest` what it lists now, of whatever
    days: for a feed. A source may have both: then past days are fetched where the feed was missed. Neither:
    files are only ingested by hand.

    With `settings`, `configured` returns this adapter for their values; before that it cannot be fetched.
    """

    name: str
    title: str
    formats: tuple[Format, ...]
    fetch_day: Callable[[date, Get], list[bytes]] | None = None
    fetch_latest: Callable[[Get], list[bytes]] | None = None
    settings: tuple[Setting, ...] = ()
    configured: Callable[[Values], "Adapter"] | None = None
    interval: float = 1  # seconds between two requests that the source's rules ask for
    patience: float = 15  # seconds that it may take until it begins to answer
    pause: float = 0  # seconds until today is asked for again: an index is not worth asking at each check
    growing_days: int = 3  # a day may list more until so many days after, itself included
    announcement: Announcement | None = None
    # Whose title, abstract and authors hold where several sources have a paper: 2 the archive or journal that
    # publishes it, 1 an index that takes them from there, 0 a list of papers.
    authority: int = 0
    votes: bool = False  # whether its papers have votes, which rise after they were listed
    about: str = field(default="", kw_only=True)  # one sentence for the operator who chooses it

    @property
    def can_be_fetched(self) -> bool:
        """Whether a source of this kind is fetched at all, once its settings are known."""
        return bool(self.fetch_day or self.fetch_latest or self.configured)
