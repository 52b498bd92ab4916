"""Selections read back, with their papers, as the plain values that mails and pages show.

Nothing is matched again, save where reasons are not stored or are not true of a paper as it is now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from digest.compose import DigestContent, Item, NearMiss, Note, Section
from digest.lib.locales import language_for
from digest.matching import Query
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper, Release, Selection, Source
from digest.selection import stored_queries
from digest.selection.liked_papers import with_titles
from digest.selection.rankings import MOST_REASONS
from digest.selection.requests import TRENDING, Filter
from digest.selection.shown_reasons import ShownReasons, explained, unpack

_REMEMBERED = 2000  # queries, and what explains papers
_PAPERS = 10_000  # remembered; of fewer than readers of one day are shown, each letter would read most anew
_LINES = 8192  # of reasons; as many papers are kept worded
_NO_REASONS = ShownReasons()


class Reading:
    """Reads selections back, as the papers are now: each is read once, however many show it."""

    def __init__(self) -> None:
        self._papers: dict[int, Paper] = {}
        self._with_notes: dict[tuple[int, Note], tuple[Item, Item]] = {}
        self._stored = lru_cache(maxsize=_LINES)(self._stored_item)
        self._anew = lru_cache(maxsize=_REMEMBERED)(self._item_anew)
        self._explainer = lru_cache(maxsize=_REMEMBERED)(Explainer)
        self._year = lru_cache(maxsize=_REMEMBERED)(_year_of)
        self._query = lru_cache(maxsize=_REMEMBERED)(_read_query)

    def content_of(self, selection: Selection, *, in_mail: bool = False) -> DigestContent:
        """The digest that `selection` holds, grouped by filter in the reader's order.

        Papers that no longer exist are left out. Those that a mail has no room for come without reasons.
        """
        filters = [Filter(**filter_) for filter_ in selection.filters]
        papers = self._read(selection)
        items = _each_once(self._items(selection, filters, in_mail=in_mail), selection.papers)
        shown = [
            (entry["filter"], self._noted(item, note) if (note := _note(entry, papers)) else item)
            for entry in selection.items
            if (item := items.get(entry["paper"]))
        ]
        more = [(entry["filter"], item) for entry in selection.more if (item := items.get(entry["paper"]))]
        return DigestContent(
            day=selection.day or timezone.now().date(),
            scanned=selection.scanned,
            lacking=tuple(selection.lacking.splitlines()),
            already_had=selection.already_had,
            sections=_sections(filters, shown, selection),
            best=shown[0][1].record.title if shown else "",
            more=_sections(filters, more, selection),
            carried=tuple(item for pk in selection.carried if (item := items.get(pk))),
            near=tuple(
                NearMiss(
                    record=paper.record(self._titles),
                    page_url=page_of(paper),
                    query=filters[near["filter"]].name,
                    missing=near["missing"],
                    add=near["add"],
                )
                for near in selection.near
                if (paper := papers.get(near["paper"]))
            ),
            weekly=selection.weekly,
            monthly=selection.monthly,
            language=selection.language,
            year=self._year(selection.through_release),
        )

    def _read(self, selection: Selection) -> Mapping[int, Paper]:
        """The papers that the selection names and that still exist, among others."""
        near = [entry["paper"] for entry in selection.near]
        noted = [entry["note"][1] for entry in selection.items if "note" in entry]
        if len(self._papers) > _PAPERS:
            self._papers.clear()
            for remembered in (self._stored, self._anew, self._explainer):
                remembered.cache_clear()
        new = [pk for pk in (*selection.papers, *near, *noted) if pk not in self._papers]
        self._papers |= Paper.objects.by_number(new)
        return self._papers

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return Source.objects.titles()

    def _items(self, selection: Selection, filters: Sequence[Filter], *, in_mail: bool) -> Mapping[int, Item]:
        """Each paper of the selection, with the reasons of the filter that brought it."""
        stored = dict(self._stored(line) for line in selection.reasons.split("\n") if line)
        queries = tuple(filter_.query for filter_ in filters if not filter_.kind)
        brought_by = dict.fromkeys(selection.carried, queries)  # the first of them that keeps it
        for entry in (*selection.items, *selection.more):
            brought = filters[entry["filter"]]
            brought_by[entry["paper"]] = () if brought.kind else (brought.query,)
        spared = in_mail and len(stored) >= MOST_REASONS
        return {
            pk: stored.get(pk) or self._anew(pk, () if spared and pk not in stored else keeping)
            for pk, keeping in brought_by.items()
            if pk in self._papers
        }

    def _stored_item(self, line: str) -> tuple[int, Item | None]:
        """The paper that a stored line is about, with what of its reasons is true of it as it is now."""
        packed = unpack(line)
        paper = self._papers.get(packed.paper)
        if paper is None:
            return packed.paper, None
        reasons = packed.reasons if packed.are_true_of(paper) else packed.of_then
        return packed.paper, item_of(paper, reasons, self._titles) if reasons else None

    def _noted(self, item: Item, note: Note) -> Item:
        """The paper with a line about its place: the same item for all who are shown both."""
        key = id(item), note  # the item is kept beside, for no other may have its number meanwhile
        found = self._with_notes.get(key)
        if found is None:
            if len(self._with_notes) >= _LINES:
                self._with_notes.clear()
            found = self._with_notes[key] = item, replace(item, note=note)
        return found[1]

    def _item_anew(self, pk: int, queries: tuple[str, ...]) -> Item:
        """The paper with the reasons of the first of `queries` that keeps it."""
        paper = self._papers[pk]
        reasons = explained(self._explainer(paper), map(self._query, queries))
        return item_of(paper, reasons or _NO_REASONS, self._titles)


def _each_once(items: Mapping[int, Item], numbers: Sequence[int]) -> Mapping[int, Item]:
    """The items of papers that were merged since are one: the first of them."""
    first: dict[int, int] = {}
    return {
        number: items[number]
        for number in numbers
        if number in items and first.setdefault(items[number].number, number) == number
    }


def _read_query(text: str) -> Query:
    return stored_queries.read([text])[text]


def _year_of(release: int) -> int:
    """The year in which this release was brought out; 0 if it is not kept."""
    moment = Release.objects.filter(pk=release).values_list("released_at", flat=True).first()
    return moment.year if moment else 0


def _sections(
    filters: Sequence[Filter], items: Sequence[tuple[int, Item]], selection: Selection
) -> tuple[Section, ...]:
    """The items, each with the number of its filter, by filter. All that a reader has cannot be muted."""
    topic = language_for(selection.language).topic
    aside = tuple(selection.aside.splitlines())
    by_filter: dict[int, list[Item]] = {}
    for number, item in items:
        by_filter.setdefault(number, []).append(item)
    return tuple(
        Section(
            with_titles(filter_.name) if filter_.own else topic(filter_.name),
            filter_.colour,
            tuple(by_filter[number]),
            filter_.own,
            str(number) if len(filters) > 1 else "",
            kind=filter_.kind,
            aside=aside if filter_.kind == TRENDING else (),
        )
        for number, filter_ in enumerate(filters)
        if number in by_filter
    )


def _note(item: Mapping[str, Any], papers: Mapping[int, Paper]) -> Note | None:
    """Why the paper stands where it stands, if another one that still exists is the cause."""
    cause, other = item.get("note", ("", 0))
    return Note(cause, papers[other].title) if other in papers else None


def item_of(paper: Paper, reasons: ShownReasons, titles: Mapping[str, str]) -> Item:
    """The paper with `reasons`, and the `titles` of its sources."""
    return Item(paper.record(titles), reasons.marks, page_of(paper), reasons.facts, number=paper.pk)


def page_of(paper: Paper) -> str:
    """The address of the paper's page in the archive, where mails lead."""
    return f"{settings.SITE_URL}{paper.get_absolute_url()}"
