"""What is stored, as the plain values that mails and pages show. No person in here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from digest.compose import DigestContent, Fact, Item, Mark, NearMiss, Note, Section
from digest.ingestion.shipped_topics import selecting
from digest.lib.locales import language_for
from digest.matching import Field, Number, Percolator, Reason, parse_query
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper, Selection, Topic
from digest.selection.selector import Filter

_REMEMBERED = 2000  # papers, and queries
_MARKED = {Field.TITLE, Field.ABSTRACT}


class Reading:
    """Reads selections back, as the papers are now: each is read and explained once, however many show it."""

    def __init__(self) -> None:
        self._papers: dict[int, Paper] = {}
        self._explainer = lru_cache(maxsize=_REMEMBERED)(Explainer)
        self._query = lru_cache(maxsize=_REMEMBERED)(parse_query)
        self._found = lru_cache(maxsize=_REMEMBERED)(self._explained)

    def content_of(self, selection: Selection) -> DigestContent:
        """The digest that `selection` holds, grouped by filter in the reader's order.

        Papers that no longer exist are left out.
        """
        filters = [Filter(**filter_) for filter_ in selection.filters]
        listed = [item["paper"] for item in [*selection.items, *selection.more, *selection.near]]
        noted = [item["note"][1] for item in selection.items if "note" in item]
        papers = self._read([*listed, *selection.carried, *noted])
        day = selection.day or timezone.now().date()
        topic = language_for(selection.language).topic
        chosen: dict[int, list[Item]] = {}
        for item in selection.items:
            if paper := papers.get(item["paper"]):
                shown = self._item(paper, [filters[item["filter"]]])
                chosen.setdefault(item["filter"], []).append(replace(shown, note=_note(item, papers)))
        return DigestContent(
            day=day,
            scanned=selection.scanned,
            already_had=selection.already_had,
            sections=tuple(
                Section(
                    filter_.name if filter_.own else topic(filter_.name),
                    filter_.colour,
                    tuple(chosen[number]),
                    filter_.own,
                    str(number),
                )
                for number, filter_ in enumerate(filters)
                if number in chosen
            ),
            more=tuple(
                self._item(paper, [filters[item["filter"]]])
                for item in selection.more
                if (paper := papers.get(item["paper"]))
            ),
            carried=tuple(
                self._item(paper, filters) for pk in selection.carried if (paper := papers.get(pk))
            ),
            near=tuple(
                NearMiss(
                    record=paper.record(),
                    page_url=page_of(paper),
                    query=filters[near["filter"]].name,
                    missing=near["missing"],
                    add=near["add"],
                )
                for near in selection.near
                if (paper := papers.get(near["paper"]))
            ),
            weekly=selection.weekly,
            language=selection.language,
        )

    def _read(self, pks: Collection[int]) -> Mapping[int, Paper]:
        if len(self._papers) > _REMEMBERED:
            self._papers.clear()
            self._explainer.cache_clear()
            self._found.cache_clear()
        self._papers |= Paper.objects.in_bulk([pk for pk in pks if pk not in self._papers])
        return self._papers

    def _item(self, paper: Paper, filters: Sequence[Filter]) -> Item:
        """The paper with the reasons of the first of `filters` that keeps it."""
        return self._found(paper.pk, tuple(filter_.query for filter_ in filters))

    def _explained(self, number: int, queries: tuple[str, ...]) -> Item:
        paper = self._papers[number]
        explainer = self._explainer(paper)
        explained = (explainer.explain(self._query(query)) for query in queries)
        reasons = next((explanation.reasons for explanation in explained if explanation.kept), ())
        return item_of(paper, reasons)


def _note(item: Mapping[str, Any], papers: Mapping[int, Paper]) -> Note | None:
    """Why the paper stands where it stands, if another one that still exists is the cause."""
    cause, other = item.get("note", ("", 0))
    return Note(cause, papers[other].title) if other in papers else None


def item_of(paper: Paper, reasons: Sequence[Reason] = ()) -> Item:
    """The paper with `reasons`: words of title and abstract as marks, the others as facts."""
    marks = tuple(Mark(r.field, r.start, r.end) for r in reasons if r.field in _MARKED)
    facts = (Fact(r.field, "" if isinstance(r.field, Number) else r.text) for r in reasons)
    told = dict.fromkeys(fact for fact in facts if fact.field not in _MARKED)
    return Item(paper.record(), marks, page_of(paper), tuple(told), number=paper.pk)


def page_of(paper: Paper) -> str:
    """The address of the paper's page in the archive, where mails lead."""
    return f"{settings.SITE_URL}{paper.get_absolute_url()}"


def matches_of(topics: Iterable[Topic], papers: Iterable[Paper]) -> Mapping[str, list[Paper]]:
    """The papers that each topic keeps, by slug."""
    queries = {topic.slug: parse_query(selecting(topic)) for topic in topics}
    matches = Percolator.of(queries).match(list(papers))
    return {slug: [match.paper for match in matches.get(slug, ())] for slug in queries}
