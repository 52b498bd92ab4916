"""Select: which papers a digest brings, once per distinct wish.

wishes → windows → percolator (each distinct query once) → ranked items → Selection rows
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from digest.models import EditionEntry, Paper, Selection
from digest.selection.candidates import Chooser, Votes
from digest.selection.near_misses import find_near
from digest.selection.window import Window


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
    taste: Votes = ()
    weekly: bool = False

    @property
    def key(self) -> str:
        """Equal for equal wishes, in any process."""
        filters = [[one.name, one.query, one.colour, one.own] for one in self.filters]
        rest = {name: getattr(self, name) for name in self.__slots__ if name != "filters"}
        content = json.dumps([filters, rest], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(content.encode(), digest_size=24).hexdigest()


def selections_of(wishes: Collection[Wish]) -> dict[Wish, Selection]:
    """The selection of each wish, as it is stored, or unsaved."""
    return Selector().selections_of(wishes)


def made(wishes: Iterable[Wish]) -> list[Selection]:
    """Unsaved selections, one per wish."""
    return list(Selector().made(wishes).values())


def store(selections: Iterable[Selection]) -> None:
    """Save those of `selections` that are unsaved, or give them the numbers of their stored equals.

    Planners store the same ones at the same moment, and wait for each other's: all do so in the order of the
    keys, and once in a transaction, else two could wait for each other for ever.
    """
    unsaved = {selection.key: selection for selection in selections if selection.pk is None}
    rows = [unsaved[key] for key in sorted(unsaved)]
    Selection.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    for key, pk in Selection.objects.filter(key__in=unsaved).values_list("key", "pk"):
        unsaved[key].pk = pk


def of_last_days(filters: tuple[Filter, ...], days: int, language: str) -> Selection:
    """What the filters keep of the last edition days, for a look back; nothing is stored."""
    newest = EditionEntry.objects.order_by("-edition__day").values_list("edition__day", flat=True).first()
    since = newest - timedelta(days=days) if newest else date.min
    papers = tuple(Paper.objects.filter(entries__edition__day__gt=since).distinct())
    chooser = Chooser(Window(newest, papers, had=frozenset()))
    chooser.learn({filter_.query for filter_ in filters})
    return _selection(Wish(filters, since=0, until=0, had=0, language=language), chooser)


_Span = tuple[int, int, int, bool]


class Selector:
    """Selects again and again; what a call worked out about its last window serves the next one too."""

    def __init__(self) -> None:
        self._span: _Span | None = None
        self._chooser = Chooser(Window(None, (), frozenset()))

    def select(self, wishes: Collection[Wish]) -> dict[Wish, Selection]:
        """The stored selection of each wish; those not yet known are made, each once."""
        selections = self.selections_of(wishes)
        store(selections.values())
        return selections

    def selections_of(self, wishes: Collection[Wish]) -> dict[Wish, Selection]:
        """The selection of each wish, as it is stored, or unsaved."""
        keys = {wish: wish.key for wish in wishes}
        known = Selection.objects.in_bulk(list(keys.values()), field_name="key")
        new = self.made([wish for wish, key in keys.items() if key not in known])
        return new | {wish: known[key] for wish, key in keys.items() if key in known}

    def made(self, wishes: Iterable[Wish]) -> dict[Wish, Selection]:
        """Unsaved selections, one per wish."""
        by_window: dict[_Span, list[Wish]] = defaultdict(list)
        for wish in wishes:
            by_window[wish.since, wish.until, wish.had, wish.first].append(wish)
        selections: dict[Wish, Selection] = {}
        for span, group in by_window.items():
            if self._span != span:
                since, until, had, first = self._span = span
                self._chooser = Chooser(Window.load(since, until, had, first=first))
            self._chooser.learn({filter_.query for wish in group for filter_ in wish.filters})
            self._chooser.judge({paper for wish in group for paper, _ in wish.taste})
            chosen = {wish: _selection(wish, self._chooser) for wish in group}
            find_near(self._chooser, chosen.values())
            selections |= chosen
        return selections


def _selection(wish: Wish, chooser: Chooser) -> Selection:
    chosen = chooser.choose(
        [filter_.query for filter_ in wish.filters], {*wish.carried, *wish.without}, wish.taste
    )
    return Selection(
        key=wish.key,
        filters=[asdict(filter_) for filter_ in wish.filters],
        language=wish.language,
        weekly=wish.weekly,
        since=wish.since,
        until=wish.until,
        had=wish.had,
        first=wish.first,
        day=chooser.window.day,
        scanned=chosen.scanned,
        already_had=chosen.already_had,
        items=chosen.items[: wish.most],
        most=wish.most,
        more=chosen.items[wish.most :] if wish.most else [],
        crossed=chosen.crossed,
        carried=list(wish.carried),
    )
