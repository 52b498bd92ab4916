"""The most upvoted papers of the archive's last days, for pages and feeds; and of each day, for backtests."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import Min

from digest.archive import queries
from digest.archive.queries import Line
from digest.compose.paper.view import view_paper
from digest.matching.ranking.trending import Contender, Place, places
from digest.models import EditionEntry, Paper, Release, Source
from digest.models.paper import LISTED
from digest.selection.content import item_of
from digest.selection.shown_reasons import ShownReasons
from digest.selection.trending import Contest
from digest.web.page_language import current_language, url

SPANS: Mapping[str, int] = {"day": 2, "week": 7, "month": 30}  # edition days; of two, as in a daily mail
SHOWN = 50
_KEPT = 300  # seconds for which a ranking is remembered


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best papers of a span, each with its reason, and the titles of sources whose papers had no votes.

    `among` papers competed.
    """

    best: tuple[tuple[int, ShownReasons], ...]
    among: int
    aside: tuple[str, ...]


def ranking(span: str) -> Ranking:
    """The best papers of the newest edition days; remembered until a release, or for some minutes."""
    through = Release.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    name = f"trending:{span}:{through}"
    found: Ranking | None = cache.get(name)
    if found is None:
        found = _ranking(span, through)
        cache.set(name, found, _KEPT)
    return found


def _ranking(span: str, through: int) -> Ranking:
    newest = queries.newest_day()
    if newest is None:
        return Ranking((), 0, ())
    papers = Paper.objects.filter(LISTED, day__gte=queries.days_ago(newest, SPANS[span]), day__lte=newest)
    compared = papers.only("key", "upvotes", "source_name", "listed_by", "told", "day", "release")
    contest = Contest(tuple(compared), through, span)
    best = tuple((place.number, contest.reason(place)) for place in contest.places[:SHOWN])
    return Ranking(best, len(contest.places), contest.aside)


def lines(found: Ranking) -> list[Line]:
    """The papers as a list shows them, with their reasons."""
    reasons, titles = dict(found.best), Source.objects.titles()
    return [
        Line(
            view_paper(item_of(paper, reasons[paper.pk], titles), current_language(), whole=False),
            url("paper", paper.key),
            paper.day,
        )
        for paper in queries.in_order(list(reasons))
    ]


def best_of_each_day(papers: Collection[int], most: int) -> set[int]:
    """Of these papers the `most` that are best on the day that listed them first, as their votes are now."""
    entries = EditionEntry.objects.filter(paper__in=papers).order_by()
    positions = dict(entries.values_list("paper").annotate(Min("position")))
    by_day: dict[date, list[Contender]] = defaultdict(list)
    rows = Paper.objects.filter(pk__in=papers).values_list("pk", "key", "day", "upvotes")
    for pk, key, day, upvotes in rows:
        by_day[day].append(Contender(pk, key, upvotes, None, positions.get(pk, 0)))
    ranked: list[list[Place]] = [places(contenders) for contenders in by_day.values()]
    return {place.number for day in ranked for place in day[:most]}
