"""The items of a feed, whatever it is written in, become papers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from digest.lib.records import PaperRecord
from digest.sources.author_names import names_in
from digest.sources.identifiers import arxiv_in, cleaned_link, doi_in
from digest.sources.markup import without_markup, without_page_markup
from digest.sources.parsed_answer import ParsedAnswer, collect, require_plausible
from digest.sources.record_fields import build_record

MAX_ITEMS = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    """What a feed says of one item. `identifiers` are all fields that may hold a DOI or an arXiv id.

    `day` is the day that it is of, in UTC; None where it names none. `unreadable` are fields that are there
    and could not be read.
    """

    title: str
    abstract: str
    authors: Sequence[str]
    identifiers: Sequence[str]
    link: str
    day: date | None
    unreadable: tuple[str, ...] = ()


def answer_of(
    form: str, items: Sequence[Item], issued: date | None, *, day: date | None, today: date
) -> ParsedAnswer:
    """The papers of a feed, each of its item's day; of those without one, of `day` or `today`.

    A feed without items is one on a day without news.
    """
    require_plausible(len(items), MAX_ITEMS, "items")
    if not items:
        return ParsedAnswer(day or issued or today, form, (), (), issued=issued)
    answer = collect(
        form,
        day or today,
        items,
        read=lambda item: _paper(item, seen=day or today, latest=today + timedelta(days=1)),
        title_of=lambda item: item.title,
    )
    return replace(answer, day=day or max(paper.day for paper in answer.papers), issued=issued)


def _paper(item: Item, *, seen: date, latest: date) -> PaperRecord:
    """The paper of one item. A day still to come, as of an issue that is printed later, is no day of it."""
    day, unreadable = item.day, item.unreadable
    if day and day > latest:
        day, unreadable = None, (*unreadable, "day")
    names = names_in(item.authors)
    return build_record(
        day or seen,
        title=without_markup(item.title),
        abstract=without_page_markup(item.abstract),
        arxiv=arxiv_in(item.identifiers),
        doi=doi_in(item.identifiers),
        authors=len(names) if names else None,
        author_names=names or (),
        published=day,
        url=cleaned_link(item.link),
        unreadable=unreadable if names is not None else (*unreadable, "authors"),
        undated=day is None,
    )
