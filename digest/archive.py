"""What is stored, as the plain values that mails and pages show. No person in here."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from digest.compose import DigestContent, Item, Mark, Section
from digest.matching import Field, Number, Percolator, Reason, parse_query
from digest.matching.explain import Explainer
from digest.models import Paper, Selection, Topic
from digest.presets import selecting
from digest.select import Filter

_MARKED = {Field.TITLE, Field.ABSTRACT}


class Reading:
    """Reads selections back; what one of them had explained is not explained again for the next."""

    def __init__(self) -> None:
        self._explainer = lru_cache(maxsize=2000)(Explainer)
        self._query = lru_cache(maxsize=2000)(parse_query)

    def content_of(self, selection: Selection) -> DigestContent:
        """The digest that `selection` holds, grouped by filter in the reader's order.

        Papers that no longer exist are left out. Reasons are read off the papers as they are now.
        """
        filters = [Filter(**filter_) for filter_ in selection.filters]
        papers = Paper.objects.in_bulk([*(item["paper"] for item in selection.items), *selection.carried])
        day = selection.day or timezone.now().date()
        chosen: dict[int, list[Item]] = {}
        for item in selection.items:
            if paper := papers.get(item["paper"]):
                chosen.setdefault(item["filter"], []).append(self._item(paper, [filters[item["filter"]]]))
        return DigestContent(
            day=day,
            scanned=selection.scanned,
            already_had=selection.already_had,
            sections=tuple(
                Section(filter_.name, filter_.colour, tuple(chosen[number]), own=filter_.own)
                for number, filter_ in enumerate(filters)
                if number in chosen
            ),
            carried=tuple(
                self._item(paper, filters) for pk in selection.carried if (paper := papers.get(pk))
            ),
            language=selection.language,
        )

    def _item(self, paper: Paper, filters: Sequence[Filter]) -> Item:
        """The paper with the reasons of the first of `filters` that keeps it."""
        explainer = self._explainer(paper.record())
        explained = (explainer.explain(self._query(filter_.query)) for filter_ in filters)
        reasons = next((explanation.reasons for explanation in explained if explanation.kept), ())
        return item_of(paper, reasons)


def item_of(paper: Paper, reasons: Sequence[Reason] = ()) -> Item:
    """The paper with `reasons`: words of title and abstract as marks, the others as facts."""
    marks = tuple(Mark(r.field, r.start, r.end) for r in reasons if r.field in _MARKED)
    facts = (r.text if isinstance(r.field, Number) else f"{r.field} {r.text}" for r in reasons)
    told = dict.fromkeys(fact for r, fact in zip(reasons, facts, strict=True) if r.field not in _MARKED)
    return Item(paper.record(), marks, f"{settings.SITE_URL}{paper.get_absolute_url()}", tuple(told))


def matches_of(topics: Iterable[Topic], papers: Iterable[Paper]) -> Mapping[str, list[Paper]]:
    """The papers that each topic keeps, by slug."""
    percolator: Percolator[str] = Percolator()
    slugs = []
    for topic in topics:
        percolator.add(topic.slug, parse_query(selecting(topic)))
        slugs.append(topic.slug)
    matches = percolator.match(list(papers))
    return {slug: [match.paper for match in matches.get(slug, ())] for slug in slugs}
