"""What an adapter is: how one kind of source is fetched, and the formats in which its papers come.

An adapter is pure: it gets bytes, days and a function that fetches, and knows no network, clock,
database or settings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from digest.sources.parsed_edition import ParsedEdition

Get = Callable[[str], bytes]  # the body behind a URL; raises SourceUnavailable or SourceChanged


@dataclass(frozen=True, slots=True)
class Format:
    """One structure in which papers come.

    `name` is stored with each edition: unique among all formats, and never changed.

    `recognises` says, quickly and without raising, whether bytes are clearly of this format: by what only
    it has, never by its day or whether they are whole.

    `parse` gets bytes that were recognised, the day that was asked for (None: any day) and today's date.
    It raises WrongDay if they are of another day, SourceUnavailable for a bot challenge, and SourceChanged
    for whatever else it does not know: it never returns less than the bytes hold.
    """

    name: str
    recognises: Callable[[bytes], bool]
    parse: Callable[[bytes, date | None, date], ParsedEdition]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One kind of source. `name` is stored with each source that uses it, and never changed.

    `fetch_day` fetches all that the source lists on a day, in one of the `formats`; None where files are
    only ingested by hand.
    """

    name: str
    title: str
    formats: tuple[Format, ...]
    fetch_day: Callable[[date, Get], bytes] | None = None
