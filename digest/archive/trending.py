"""The most upvoted papers of the archive's last days, for pages and feeds; and of each day, for backtests."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import Min, QuerySet
from django.db.models.functions import Coalesce

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
_READ = ("key", "upvotes", "source_name", "listed_by", "told", "day", "release")
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
    voted = papers.filter(upvotes__isnull=False)
    among = voted.count() or papers.count()
    contest = Contest(tuple(_foremost(papers, voted).only(*_READ)), through, span)
    places = [place._replace(among=among) for place in contest.places[:SHOWN]]
    return Ranking(
        tuple((place.number, contest.reason(place)) for place in places), among, _aside(papers, voted)
    )


def _foremost(papers: QuerySet[Paper], voted: QuerySet[Paper]) -> QuerySet[Paper]:
    """Of the papers that compete all that may be among the best: of a month, most cannot.

    A paper gains no more votes than it has, and these count twice.
    """
    last = voted.order_by("-upvotes").values_list("upvotes", flat=True)[SHOWN - 1 : SHOWN].first()
    if last is not None:
        return voted.filter(upvotes__gte=-(-last // 2))
    if voted.exists():
        return voted
    placed = papers.annotate(position=Coalesce(Min("entries__position"), 0))
    positions = placed.order_by("position").values_list("position", flat=True)[SHOWN - 1 : SHOWN]
    furthest = next(iter(positions), None)
    return placed if furthest is None else placed.filter(position__lte=furthest)


def _aside(papers: QuerySet[Paper], voted: QuerySet[Paper]) -> tuple[str, ...]:
    """The titles of the sources whose papers do not compete; one paper for all that the same listed."""
    silent = papers.filter(upvotes=None).order_by().values_list("source_name", "listed_by").distinct()
    without = [Paper(source_name=name, listed_by=listed_by) for name, listed_by in silent]
    if not without or not voted.exists():
        return ()
    return Contest((*without, *voted.only(*_READ)), 0).aside


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
