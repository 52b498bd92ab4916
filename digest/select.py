"""Select: which papers a digest brings, once per distinct wish.

wishes → windows → percolator (each distinct query once) → ranked items → Selection rows
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db.models import F, Q

from digest.matching import Percolator, parse_query
from digest.matching.explain import Explainer
from digest.matching.ranking import rank
from digest.models import EditionEntry, Paper, Selection, Source
from digest.near import find_near


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
    are not new to them.
    """

    filters: tuple[Filter, ...]
    since: int
    until: int
    had: int
    first: bool = False
    language: str = "en"
    carried: tuple[int, ...] = ()
    weekly: bool = False

    @property
    def key(self) -> str:
        """Equal for equal wishes, in any process."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(content.encode(), digest_size=24).hexdigest()


@dataclass(frozen=True)
class Window:
    """The papers that digests over the same releases are selected from."""

    day: date | None
    papers: tuple[Paper, ...]
    had: frozenset[int]

    @classmethod
    def load(cls, since: int, until: int, had: int, *, first: bool) -> "Window":
        """What the releases after `since` up to `until` listed; papers of release `had` or before are `had`.

        For a first digest also the newest editions as of `since`.
        """
        covered = Q(release__gt=since, release__lte=until)
        if first:
            covered |= Q(edition__in=_newest_editions(since), release__lte=since)
        listed = EditionEntry.objects.filter(covered).select_related("paper")
        entries = list(listed.annotate(day=F("edition__day")).order_by("day", "edition_id", "position"))
        papers = {entry.paper_id: entry.paper for entry in entries}
        known = frozenset(pk for pk, paper in papers.items() if paper.release_id <= had)
        return cls(entries[-1].day if entries else None, tuple(papers.values()), known)


def _newest_editions(until: int) -> list[int]:
    """The newest edition of each source as of release `until`; the demo's only while there is no other."""
    released = Source.objects.filter(editions__releases__lte=until).distinct()
    sources = [source for source in released if not source.demo] or list(released)
    return [
        edition.pk
        for source in sources
        for edition in source.editions.filter(releases__lte=until).order_by("-day").defer("raw")[:1]
    ]


def select(wishes: Collection[Wish]) -> dict[Wish, Selection]:
    """The stored selection of each wish; those not yet known are made, each once."""
    known = Selection.objects.in_bulk([wish.key for wish in wishes], field_name="key")
    missing = [wish for wish in wishes if wish.key not in known]
    Selection.objects.bulk_create(made(missing), ignore_conflicts=True, batch_size=500)
    known |= Selection.objects.in_bulk([wish.key for wish in missing], field_name="key")
    return {wish: known[wish.key] for wish in wishes}


def made(wishes: Iterable[Wish]) -> list[Selection]:
    """Unsaved selections, one per wish."""
    by_window: dict[tuple[int, int, int, bool], list[Wish]] = defaultdict(list)
    for wish in wishes:
        by_window[wish.since, wish.until, wish.had, wish.first].append(wish)
    selections = []
    for (since, until, had, first), group in by_window.items():
        window = Window.load(since, until, had, first=first)
        chooser = _Chooser(window, {filter_.query for wish in group for filter_ in wish.filters})
        chosen = [chooser.selection(wish) for wish in group]
        find_near(window.papers, window.had, chosen)
        selections += chosen
    return selections


def of_last_days(filters: tuple[Filter, ...], days: int, language: str) -> Selection:
    """What the filters keep of the last edition days, for a look back; nothing is stored."""
    newest = EditionEntry.objects.order_by("-edition__day").values_list("edition__day", flat=True).first()
    since = newest - timedelta(days=days) if newest else date.min
    papers = tuple(Paper.objects.filter(entries__edition__day__gt=since).distinct())
    window = Window(newest, papers, had=frozenset())
    wish = Wish(filters, since=0, until=0, had=0, language=language)
    return _Chooser(window, {filter_.query for filter_ in filters}).selection(wish)


class _Chooser:
    """Makes the selections over one window; a query is matched, and a match explained, once."""

    def __init__(self, window: Window, queries: set[str]) -> None:
        self.window = window
        self.queries = {text: parse_query(text) for text in queries}
        percolator: Percolator[str] = Percolator()
        for text, query in self.queries.items():
            percolator.add(text, query)
        self.matches = percolator.match(window.papers)
        self._explainers: dict[str, Explainer] = {}
        self._strengths: dict[tuple[str, str], float] = {}

    def selection(self, wish: Wish) -> Selection:
        best: dict[int, tuple[float, int]] = {}
        papers: dict[int, Paper] = {}
        for number, filter_ in enumerate(wish.filters):
            for match in self.matches.get(filter_.query, ()):
                paper = match.paper
                papers[paper.pk] = paper
                candidate = (self._strength(filter_.query, paper), -number)
                best[paper.pk] = max(candidate, best.get(paper.pk, candidate))
        fresh = [papers[pk] for pk in best if pk not in self.window.had and pk not in wish.carried]
        return Selection(
            key=wish.key,
            filters=[asdict(filter_) for filter_ in wish.filters],
            language=wish.language,
            weekly=wish.weekly,
            since=wish.since,
            until=wish.until,
            had=wish.had,
            first=wish.first,
            day=self.window.day,
            scanned=len(self.window.papers),
            already_had=sum(pk in self.window.had for pk in best),
            items=[
                {"paper": paper.pk, "filter": -best[paper.pk][1]}
                for paper in sorted(fresh, key=lambda paper: self._rank(paper, best[paper.pk][0]))
            ],
            carried=list(wish.carried),
        )

    def _strength(self, query: str, paper: Paper) -> float:
        if (query, paper.key) not in self._strengths:
            explainer = self._explainers.setdefault(paper.key, Explainer(paper))
            self._strengths[query, paper.key] = explainer.explain(self.queries[query]).strength
        return self._strengths[query, paper.key]

    def _rank(self, paper: Paper, strength: float) -> tuple[float, str]:
        age = (self.window.day - paper.published).days if self.window.day and paper.published else 0
        return rank(strength, paper.upvotes, age, paper.key)
