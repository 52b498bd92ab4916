"""What arXiv's feeds say of one announcement, in whichever format they say it.

Each item is announced as new, as a cross-list (new in this category), or as a replacement of either. The text
of an item begins with its id and the kind of its announcement, which are no part of the abstract.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from digest.lib.records import PaperRecord, arxiv_id, clean_text, identify
from digest.sources.arxiv.authors import names_in
from digest.sources.errors import SourceRefused
from digest.sources.parsed_answer import ParsedAnswer, collect
from digest.sources.record_fields import FieldReader, build_record, edition_day

SITE = "https://rss.arxiv.org"
MOST_ITEMS = 2_000  # in one feed: what is more is left out of it without a word

_ERROR = "Feed error for query"
_BEFORE_ABSTRACT = re.compile(
    r"\s*arXiv:\S{1,40}\s+Announce\s+Type:\s*(?P<kind>[a-z-]{0,20})\s*(?:Abstract:\s*)?", re.IGNORECASE
)
_LONGEST_DOIS = 1_000  # characters
_REPLACEMENTS = frozenset({"replace", "replace-cross"})
_KINDS = _REPLACEMENTS | {"new", "cross"}


@dataclass(frozen=True, slots=True)
class Item:
    """One item as its feed has it. `day` is None where it has none that can be read."""

    id: str  # "oai:arXiv.org:2401.00001v2"
    link: str
    title: str
    text: str
    kind: str
    creators: str
    dois: str
    day: date | None

    @property
    def announced_as(self) -> str:
        """How it is announced, "" where that is not said: then it is new, or a later version."""
        match = _BEFORE_ABSTRACT.match(self.text)
        kind = (self.kind or (match["kind"] if match else "")).strip().casefold()
        return kind if kind in _KINDS else ""

    @property
    def abstract(self) -> str:
        """The text without what it begins with."""
        match = _BEFORE_ABSTRACT.match(self.text)
        return self.text[match.end() :] if match else self.text


@dataclass(frozen=True, slots=True)
class Announcement:
    """One feed. `day` is the one it is for, `issued` the one, in New York, on which it was made.

    Both are None where they cannot be read.
    """

    title: str
    description: str
    day: date | None
    issued: date | None
    items: Sequence[Item]


def read(
    found: Announcement, form: str, asked: date | None, expected: str, *, cross_lists: bool
) -> ParsedAnswer:
    """The papers of a feed: the new ones, with `cross_lists` those too; everything else are updates.

    A feed without items is an answer without papers: of a weekend or holiday. Raises SourceRefused for a feed
    about an error, WrongDay for one of another day than `asked`, SourceChanged for one that names no day.
    """
    if found.title.startswith(_ERROR):
        words = clean_text(found.description, 300)
        raise SourceRefused(f"Expected {expected}, found an error: {words}")
    named = [item.day for item in found.items]
    day = edition_day(named if any(named) else [found.day or found.issued], asked, expected)
    if not found.items:
        return ParsedAnswer(day, form, (), (), (), found.issued)
    return collect(
        form,
        day,
        found.items,
        read=lambda item: _paper(item, day),
        title_of=lambda item: item.title,
        is_update=lambda item: _is_update(item, cross_lists=cross_lists),
        issued=found.issued,
    )


def _is_update(item: Item, *, cross_lists: bool) -> bool:
    kind = item.announced_as
    if not kind:
        return bool(re.search(r"v(?!1$)\d+$", item.id))
    return kind in _REPLACEMENTS or (kind == "cross" and not cross_lists)


def _paper(item: Item, day: date) -> PaperRecord:
    fields = FieldReader({})
    if item.day is None:
        fields.cannot_read("pubDate", None)
    if not item.announced_as:
        fields.cannot_read("announce_type", None)
    arxiv = item.id if arxiv_id(item.id) else item.link
    if not arxiv_id(arxiv):
        fields.cannot_read("id", None)
    names = names_in(item.creators)
    return build_record(
        item.day or day,
        title=item.title,
        abstract=item.abstract,
        arxiv=arxiv,
        authors=len(names) or None,
        author_names=names,
        other_keys=doi_keys(item.dois),
        unreadable=fields.unreadable,
    )


def doi_keys(dois: str) -> list[str]:
    """The keys of the DOIs in a field of arXiv's, which may hold several, parted by spaces."""
    return [identify(title="", doi=doi) for doi in dois[:_LONGEST_DOIS].split()]
