"""Select: which papers a digest brings, once per distinct wish.

wishes → windows → percolator (each distinct query once) → ranked items → Selection rows
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from digest.matching import Number, Percolator, Query, parse_query
from digest.matching.explain import Explainer
from digest.matching.likeness import Likenesses
from digest.matching.ranking import Candidate, arrange, score
from digest.matching.taste import Taste
from digest.models import Edition, EditionEntry, Paper, Release, Revision, Selection, Source

_NUMBERS = frozenset(Number)


@dataclass(frozen=True, slots=True)
class Filter:
    """A named query: a topic with its colour, or a reader's own."""

    name: str
    query: str
    colour: str = "#59616b"
    own: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What readers who share a selection have in common.

    A digest covers the releases after `since` up to `until`; a reader's `first` digest also takes the
    newest edition of each source as of `since`. Papers that release `had` or an earlier one brought out
    are not new to them, unless a filter keeps one now and did not as of `since`; those that it goes
    `without` never are. The best `most` are shown in full, the rest by their titles. `taste` are the papers
    that readers voted on, ascending, each with True for more like it and False for less.
    """

    filters: tuple[Filter, ...]
    since: int
    until: int
    had: int
    first: bool = False
    language: str = "en"
    carried: tuple[int, ...] = ()
    most: int | None = None
    without: tuple[int, ...] = ()
    taste: tuple[tuple[int, bool], ...] = ()

    @property
    def key(self) -> str:
        """Equal for equal wishes, in any process."""
        content = {name: value for name, value in asdict(self).items() if name != "taste" or value}
        told = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(told.encode(), digest_size=24).hexdigest()


@dataclass(frozen=True)
class Window:
    """The papers that digests over the same releases are selected from.

    `revised` came out before, and the releases changed what is told of them in the fields `changed`;
    `before` has them as they were.
    """

    day: date | None
    papers: tuple[Paper, ...]
    had: frozenset[int]
    revised: tuple[Paper, ...] = ()
    before: tuple[Paper, ...] = ()
    changed: frozenset[str] = frozenset()

    @property
    def listed(self) -> frozenset[int]:
        return frozenset(paper.pk for paper in self.papers)

    @classmethod
    def load(cls, since: int, until: int, had: int, *, first: bool) -> "Window":
        """What the releases after `since` up to `until` listed; papers of release `had` or before are `had`.

        For a first digest also the newest editions as of `since`. Of the papers that were out by release
        `had`, those which the releases revised come along as they are and as they were.
        """
        covered = Q(release__gt=since, release__lte=until)
        if first:
            covered |= Q(edition__in=_newest_editions(since), release__lte=since)
        listed = EditionEntry.objects.filter(covered).select_related("paper")
        entries = list(listed.annotate(day=F("edition__day")).order_by("day", "edition_id", "position"))
        papers = {entry.paper_id: entry.paper for entry in entries}
        known = frozenset(pk for pk, paper in papers.items() if (paper.release_id or 0) <= had)
        changes: dict[int, dict[str, Any]] = defaultdict(dict)
        revisions = Revision.objects.filter(release__gt=since, release__lte=until, paper__release__lte=had)
        for paper_id, before in revisions.order_by("-release_id").values_list("paper_id", "before"):
            changes[paper_id] |= before
        revised = tuple(Paper.objects.filter(pk__in=changes).order_by("pk"))
        days = [entry.day for entry in entries[-1:]] or [paper.day for paper in revised]
        return cls(
            max(days, default=None),
            tuple(papers.values()),
            known,
            revised,
            tuple(_with(paper, changes[paper.pk]) for paper in revised),
            frozenset(name for before in changes.values() for name in before),
        )


def _with(paper: Paper, values: dict[str, Any]) -> Paper:
    """The paper with these values, to look at only."""
    other = copy(paper)
    for name, value in values.items():
        setattr(other, name, value)
    return other


def _newest_editions(until: int) -> list[int]:
    """The newest edition of each source as of release `until`; the demo's only while there is no other."""
    by_then = Exists(Release.objects.filter(edition=OuterRef("pk"), pk__lte=until))
    newest = dict(Edition.objects.filter(by_then).order_by("day").values_list("source_id", "pk"))
    real = Source.objects.filter(pk__in=newest, demo=False).values_list("pk", flat=True)
    return [newest[source] for source in real] or list(newest.values())


def select(wishes: Collection[Wish]) -> dict[Wish, Selection]:
    """The stored selection of each wish; those not yet known are made, each once."""
    known = Selection.objects.in_bulk([wish.key for wish in wishes], field_name="key")
    missing = [wish for wish in wishes if wish.key not in known]
    Selection.objects.bulk_create(made(missing), ignore_conflicts=True, batch_size=500)
    known |= Selection.objects.in_bulk([wish.key for wish in missing], field_name="key")
    return {wish: known[wish.key] for wish in wishes}


def made(wishes: Collection[Wish]) -> list[Selection]:
    """Unsaved selections, one per wish."""
    by_window: dict[tuple[int, int, int, bool], list[Wish]] = defaultdict(list)
    for wish in wishes:
        by_window[wish.since, wish.until, wish.had, wish.first].append(wish)
    judged = Paper.objects.in_bulk({paper for wish in wishes for paper, _ in wish.taste})
    selections = []
    for (since, until, had, first), group in by_window.items():
        window = Window.load(since, until, had, first=first)
        chooser = _Chooser(window, {filter_.query for wish in group for filter_ in wish.filters}, judged)
        selections += [chooser.selection(wish) for wish in group]
    return selections


def _crossed(queries: dict[str, Query], window: Window) -> dict[str, list[Paper]]:
    """For each query the papers of earlier releases that it keeps now and did not keep as of `since`.

    Only queries that look at what changed are asked: votes rise every hour, and few filters mind.
    """
    percolator: Percolator[str] = Percolator()
    for text, query in queries.items():
        if window.revised and (window.changed - _NUMBERS or query.numbers & window.changed):
            percolator.add(text, query)
    if not len(percolator):
        return {}
    now, then = percolator.match(window.revised), percolator.match(window.before)
    crossed = {}
    for text in now:
        kept = {match.paper.pk for match in then.get(text, ())}
        crossed[text] = [match.paper for match in now[text] if match.paper.pk not in kept]
    return crossed


class _Chooser:
    """Makes the selections over one window; a query is matched, and a match explained, once."""

    def __init__(self, window: Window, queries: set[str], judged: dict[int, Paper]) -> None:
        self.window = window
        self._judged = judged
        self.queries = {text: parse_query(text) for text in queries}
        percolator: Percolator[str] = Percolator()
        for text, query in self.queries.items():
            percolator.add(text, query)
        self.matches = percolator.match(window.papers)
        self.crossed = _crossed(self.queries, window)
        self._explainers: dict[str, Explainer] = {}
        self._strengths: dict[tuple[str, str], float] = {}
        known = (*window.papers, *window.revised)
        self._likenesses = Likenesses(judged | {paper.pk: paper for paper in known})

    def selection(self, wish: Wish) -> Selection:
        best: dict[int, tuple[float, int]] = {}
        papers: dict[int, Paper] = {}
        already_had: set[int] = set()
        crossed: set[int] = set()
        left_out = {*wish.carried, *wish.without}
        for number, filter_ in enumerate(wish.filters):
            listed = [match.paper for match in self.matches.get(filter_.query, ())]
            had = {paper.pk for paper in listed if paper.pk in self.window.had}
            late = [paper for paper in self.crossed.get(filter_.query, ()) if paper.pk not in left_out]
            already_had |= had
            crossed.update(paper.pk for paper in late)
            for paper in [*(p for p in listed if p.pk not in had and p.pk not in left_out), *late]:
                papers[paper.pk] = paper
                candidate = (self._strength(filter_.query, paper), -number)
                best[paper.pk] = max(candidate, best.get(paper.pk, candidate))
        items = self._items([(paper, *best[pk]) for pk, paper in papers.items()], wish)
        return Selection(
            key=wish.key,
            filters=[asdict(filter_) for filter_ in wish.filters],
            language=wish.language,
            since=wish.since,
            until=wish.until,
            had=wish.had,
            first=wish.first,
            day=self.window.day,
            scanned=len(self.window.listed | crossed),
            already_had=len(already_had - crossed),
            items=items[: wish.most],
            most=wish.most,
            more=items[wish.most :] if wish.most else [],
            crossed=sorted(crossed),
            carried=list(wish.carried),
        )

    def _strength(self, query: str, paper: Paper) -> float:
        if (query, paper.key) not in self._strengths:
            explainer = self._explainers.setdefault(paper.key, Explainer(paper))
            self._strengths[query, paper.key] = explainer.explain(self.queries[query]).strength
        return self._strengths[query, paper.key]

    def _items(self, placed: Iterable[tuple[Paper, float, int]], wish: Wish) -> list[dict[str, Any]]:
        """The papers with their strengths and filters, ranked, as they are stored."""
        candidates = [
            Candidate(paper.pk, paper.key, -filter_, score(strength, paper.upvotes, self._age(paper)))
            for paper, strength, filter_ in placed
        ]
        return [
            {"paper": candidate.number, "filter": candidate.section} | ({"note": note} if note else {})
            for candidate, note in arrange(candidates, self._likenesses, self._taste(wish))
        ]

    def _taste(self, wish: Wish) -> Taste[int] | None:
        """What the votes say, if there are any: papers that are gone say nothing."""
        if not wish.taste:
            return None
        votes = [(pk, more) for pk, more in wish.taste if pk in self._judged]
        vector = self._likenesses.vector
        return Taste(
            more={pk: vector(pk) for pk, more in votes if more},
            less={pk: vector(pk) for pk, more in votes if not more},
        )

    def _age(self, paper: Paper) -> int:
        return (self.window.day - paper.published).days if self.window.day and paper.published else 0
