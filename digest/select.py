"""Select: which papers a digest brings, once per distinct wish.

wishes → windows → percolator (each distinct query once) → ranked items → Selection rows
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from digest.matching import Index, Number, Percolator, Query, parse_query
from digest.matching.explain import Explainer
from digest.matching.ranking import rank
from digest.models import Paper, Selection
from digest.window import Window

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
    `without` never are. The best `most` are shown in full, the rest by their titles.
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

    @property
    def key(self) -> str:
        """Equal for equal wishes, in any process."""
        filters = [[one.name, one.query, one.colour, one.own] for one in self.filters]
        rest = {name: getattr(self, name) for name in self.__slots__ if name != "filters"}
        content = json.dumps([filters, rest], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(content.encode(), digest_size=24).hexdigest()


def select(wishes: Collection[Wish]) -> dict[Wish, Selection]:
    """The stored selection of each wish; those not yet known are made, each once."""
    return Selector().select(wishes)


def made(wishes: Iterable[Wish]) -> list[Selection]:
    """Unsaved selections, one per wish."""
    return list(Selector().made(wishes).values())


class Selector:
    """Selects again and again; what a call worked out about its last window serves the next one too."""

    def __init__(self) -> None:
        self._chooser: _Chooser | None = None

    def select(self, wishes: Collection[Wish]) -> dict[Wish, Selection]:
        """The stored selection of each wish; those not yet known are made, each once."""
        keys = {wish: wish.key for wish in wishes}
        known = Selection.objects.in_bulk(list(keys.values()), field_name="key")
        new = self.made([wish for wish, key in keys.items() if key not in known])
        Selection.objects.bulk_create(new.values(), ignore_conflicts=True, batch_size=500)
        stored = Selection.objects.filter(key__in=[selection.key for selection in new.values()])
        numbers = dict(stored.values_list("key", "pk"))
        for selection in new.values():
            selection.pk = numbers[selection.key]  # this one's row, or its equal that another planner stored
            known[selection.key] = selection
        return {wish: known[key] for wish, key in keys.items()}

    def made(self, wishes: Iterable[Wish]) -> dict[Wish, Selection]:
        """Unsaved selections, one per wish."""
        by_window: dict[_Span, list[Wish]] = defaultdict(list)
        for wish in wishes:
            by_window[wish.since, wish.until, wish.had, wish.first].append(wish)
        selections: dict[Wish, Selection] = {}
        for span, group in by_window.items():
            if self._chooser is None or self._chooser.span != span:
                self._chooser = _Chooser(span)
            self._chooser.learn({filter_.query for wish in group for filter_ in wish.filters})
            selections |= {wish: self._chooser.selection(wish) for wish in group}
        return selections


_Span = tuple[int, int, int, bool]


@dataclass(frozen=True, slots=True)
class _Found:
    """A paper that a query brings: how strongly, and where it stands among others."""

    paper: int
    strength: float
    rank: tuple[float, str]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a query finds: papers that it brings, those of them that crossed, and those had before."""

    brought: tuple[_Found, ...]
    crossed: frozenset[int]
    had: frozenset[int]


class _Chooser:
    """Makes the selections over one window; a query is matched, and a match explained, once."""

    def __init__(self, span: _Span) -> None:
        since, until, had, first = self.span = span
        self.window = Window.load(since, until, had, first=first)
        self.listed = {paper.pk for paper in self.window.papers}
        self._index = Index(self.window.papers)
        self._queries: dict[str, Query] = {}
        self._answers: dict[str, _Answer] = {}
        self._explainers: dict[int, Explainer] = {}

    def learn(self, texts: Collection[str]) -> None:
        """Match those queries of which nothing is known yet; others than these are forgotten."""
        self._explainers.clear()  # they remember every word they were asked for
        self._answers = {text: answer for text, answer in self._answers.items() if text in texts}
        self._queries = {text: parse_query(text) for text in texts if text not in self._answers}
        percolator: Percolator[str] = Percolator()
        for text, query in self._queries.items():
            percolator.add(text, query)
        matches = percolator.match(self.window.papers, self._index)
        crossed = _crossed(self._queries, self.window)
        for text in self._queries:
            listed = [match.paper for match in matches.get(text, ())]
            self._answers[text] = self._answer(text, listed, crossed.get(text, []))

    def _answer(self, text: str, listed: Sequence[Paper], late: Sequence[Paper]) -> _Answer:
        fresh = [paper for paper in listed if paper.pk not in self.window.had]
        return _Answer(
            brought=tuple(self._found(text, paper) for paper in [*fresh, *late]),
            crossed=frozenset(paper.pk for paper in late),
            had=frozenset(paper.pk for paper in listed if paper.pk in self.window.had),
        )

    def _found(self, text: str, paper: Paper) -> _Found:
        number = paper.pk
        if number not in self._explainers:
            self._explainers[number] = Explainer(paper)
        strength = self._explainers[number].explain(self._queries[text]).strength
        age = (self.window.day - paper.published).days if self.window.day and paper.published else 0
        return _Found(number, strength, rank(strength, paper.upvotes, age, paper.key))

    def selection(self, wish: Wish) -> Selection:
        """The selection of a wish, all of whose queries were learnt."""
        best: dict[int, tuple[float, int, tuple[float, str]]] = {}
        had: set[int] = set()
        crossed: set[int] = set()
        for number, filter_ in enumerate(wish.filters):
            answer = self._answers[filter_.query]
            had |= answer.had
            crossed |= answer.crossed
            for found in answer.brought:
                known = best.get(found.paper)
                if known is None or found.strength > known[0]:
                    best[found.paper] = (found.strength, number, found.rank)
        for paper in (*wish.carried, *wish.without):
            best.pop(paper, None)
        crossed &= best.keys()
        ranked = sorted(best, key=lambda paper: best[paper][2])
        items = [{"paper": paper, "filter": best[paper][1]} for paper in ranked]
        return Selection(
            key=wish.key,
            filters=[asdict(filter_) for filter_ in wish.filters],
            language=wish.language,
            since=wish.since,
            until=wish.until,
            had=wish.had,
            first=wish.first,
            day=self.window.day,
            scanned=len(self.listed | crossed),
            already_had=len(had - crossed),
            items=items[: wish.most],
            most=wish.most,
            more=items[wish.most :] if wish.most else [],
            crossed=sorted(crossed),
            carried=list(wish.carried),
        )


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
