"""Select: which papers a digest brings, once per distinct request.

requests → windows → percolator (each distinct query once) → ranked items, their reasons → Selection rows
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from operator import itemgetter

from digest.models import EditionEntry, Paper, Selection
from digest.selection.candidates import WindowMatcher
from digest.selection.near_misses import find_near
from digest.selection.pool import Pool
from digest.selection.rankings import Ranker, Ranking
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.window import Window


def make(request: SelectionRequest) -> Selection:
    """The selection of a request, unsaved."""
    return Selector().make([request])[request]


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
    pool = Pool(0)
    pool.add(papers)
    matcher = WindowMatcher(Window(newest, papers, seen_papers=frozenset()), pool)
    matcher.match(queries_of(filters))
    request = SelectionRequest(filters, after_release=0, through_release=0, seen_through=0, language=language)
    ranker = Ranker(matcher)
    return _selections({request: ranker.rank(request)}, matcher)[request]


def queries_of(filters: Iterable[Filter]) -> set[str]:
    """The queries that a paper is matched with alone."""
    return {filter_.query for filter_ in filters if not filter_.kind}


LIBRARIES = 50  # are read at a time, each of up to 500 papers
PAPERS = 10_000  # of libraries, with their vectors, stay in memory: 100 MB
_Span = tuple[int, int, bool]


class Selector:
    """Selects again and again; what a call worked out about papers serves the next one too."""

    def __init__(self) -> None:
        self._pool = Pool(0)
        self._span: _Span | None = None
        self._ranker = Ranker(WindowMatcher(Window(None, (), frozenset()), self._pool))

    def select(self, requests: Collection[SelectionRequest]) -> dict[SelectionRequest, Selection]:
        """The stored selection of each request; those that are not stored yet are made, each once."""
        selections = self.find_or_make(requests)
        store(selections.values())
        return selections

    def find_or_make(self, requests: Collection[SelectionRequest]) -> dict[SelectionRequest, Selection]:
        """The selection of each request, as it is stored, or unsaved.

        Stored ones come without their reasons, which are long and only composing needs.
        """
        keys = {request: request.key for request in requests}
        stored = Selection.objects.defer("reasons").in_bulk(list(keys.values()), field_name="key")
        made = self.make([request for request, key in keys.items() if key not in stored])
        return made | {request: stored[key] for request, key in keys.items() if key in stored}

    def make(self, requests: Iterable[SelectionRequest]) -> dict[SelectionRequest, Selection]:
        """Unsaved selections, one per request."""
        by_window: dict[tuple[int, _Span], list[SelectionRequest]] = defaultdict(list)
        for request in requests:
            span = request.after_release, request.seen_through, request.first
            by_window[request.through_release, span].append(request)
        selections: dict[SelectionRequest, Selection] = {}
        for (through, span), group in sorted(by_window.items(), key=itemgetter(0)):
            self._turn_to(through, span)
            matcher = self._ranker.matcher
            matcher.match(queries_of(filter_ for request in group for filter_ in request.filters))
            matcher.load({paper for request in group for paper, _ in request.votes})
            matcher.load({paper for request in group for paper in request.carried})
            rankings = {request: self._ranker.rank(request) for request in group if not request.library}
            rankings |= self._by_libraries([request for request in group if request.library])
            made = _selections(rankings, matcher)
            find_near(matcher, made.values())
            selections |= made
        return selections

    def _turn_to(self, through: int, span: _Span) -> None:
        """Look at another window, unless it is the one of before."""
        if self._pool.through != through:
            self._pool, self._span = Pool(through), None
        if self._span != span:
            after, seen_through, first = self._span = span
            window = Window.load(self._pool, after, seen_through, first=first)
            self._ranker = Ranker(WindowMatcher(window, self._pool))

    def _by_libraries(self, requests: Sequence[SelectionRequest]) -> dict[SelectionRequest, Ranking]:
        """The rankings of requests with a library: some at a time, for the papers of all may be too many."""
        made: dict[SelectionRequest, Ranking] = {}
        loaded: set[int] = set()
        matcher = self._ranker.matcher
        for first in range(0, len(requests), LIBRARIES):
            some = requests[first : first + LIBRARIES]
            loaded |= matcher.load({paper for request in some for paper in request.library})
            made |= {request: self._ranker.rank(request) for request in some}
            if len(loaded) > PAPERS:
                matcher.forget(loaded)
                loaded.clear()
        matcher.forget(loaded)
        return made


def _selections(
    rankings: Mapping[SelectionRequest, Ranking], matcher: WindowMatcher
) -> dict[SelectionRequest, Selection]:
    """The selections of ranked requests; each reason is put into words once."""
    shown = {request: ranking.stored_reasons(request.full_limit) for request, ranking in rankings.items()}
    lines = matcher.worded({one for each in shown.values() for one in each if not isinstance(one, str)})
    return {
        request: _selection(
            request,
            ranking,
            [one if isinstance(one, str) else lines[one] for one in shown[request]],
            matcher.window.day,
        )
        for request, ranking in rankings.items()
    }


def _selection(
    request: SelectionRequest, ranking: Ranking, reasons: Sequence[str], day: date | None
) -> Selection:
    full = request.full_limit
    return Selection(
        key=request.key,
        filters=[filter_.stored() for filter_ in request.filters],
        language=request.language,
        weekly=request.weekly,
        monthly=request.monthly,
        after_release=request.after_release,
        through_release=request.through_release,
        seen_through=request.seen_through,
        first=request.first,
        day=day,
        scanned=ranking.scanned,
        already_had=ranking.already_seen,
        items=ranking.items[:full],
        full_limit=full,
        more=ranking.items[full:] if full else [],
        crossed=ranking.crossed,
        aside=ranking.aside,
        lacking="\n".join(request.lacking),
        carried=list(request.carried),
        reasons="\n".join(reasons),
    )
