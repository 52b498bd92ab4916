"""The archive's data: days, topics and papers as plain values for pages and feeds; no subscriber data."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, QuerySet
from django.utils import timezone

from digest.archive.alike import most_alike
from digest.archive.search import SearchResult, find, kept_among
from digest.compose.paper.view import PaperView, view_paper
from digest.ingestion.shipped_topics import selecting
from digest.lib.records import paper_url
from digest.matching import Like, Query, parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.ranking.explainer import explain
from digest.matching.ranking.similarity import LEAST_STEMS, vector
from digest.models import Edition, EditionEntry, Paper, Source, Topic
from digest.models.paper import LISTED
from digest.selection.content import item_of
from digest.selection.liked_papers import looked_up
from digest.selection.shown_reasons import ShownReasons
from digest.web.page_language import current_language, url

PAGE_SIZE = 25  # papers
DAY_SIZE = 200  # papers on a page of a day: one page, unless a source lists very many
_SIMILAR = 5  # papers beside one
_LOOKED_AT = 500  # papers, for what is usual of late
_KEPT = 300  # seconds for which the topics of a day, and papers like one, are remembered
_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Line:
    """A paper in a list: its words, where its page is, when it came out, the topics that keep it."""

    paper: PaperView
    path: str
    day: date
    topics: tuple[Topic, ...] = ()


@dataclass(frozen=True, slots=True)
class Appearance:
    """One edition that listed a paper."""

    source: str
    day: date


@dataclass(frozen=True, slots=True)
class Version:
    """Another form of a paper: the id of its preprint or of its printed form, and where that leads."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class DayOfMonth:
    """A day in the archive, and how many papers it listed."""

    day: date
    papers: int


def newest_day() -> date | None:
    """The newest edition day."""
    return _days().order_by("-day").first()


def oldest_day() -> date | None:
    """The first edition day."""
    return _days().order_by("day").first()


def _days() -> QuerySet[Edition, date]:
    """The days of the editions that list papers, once for each edition."""
    has_papers = Exists(EditionEntry.objects.filter(edition=OuterRef("pk")))
    return Edition.objects.filter(has_papers).order_by().values_list("day", flat=True)


def all_days() -> list[date]:
    """Every day that has papers, newest first."""
    return list(_days().distinct().order_by("-day"))


def days_of(year: int) -> dict[date, list[DayOfMonth]]:
    """The days of a year that have papers, newest first, under the first of their months."""
    counts = (
        EditionEntry.objects.filter(edition__day__year=year)
        .order_by()
        .values(day=F("edition__day"))
        .annotate(papers=Count("paper", distinct=True))
    )
    months: dict[date, list[DayOfMonth]] = {}
    for row in sorted(counts, key=lambda row: row["day"], reverse=True):
        months.setdefault(row["day"].replace(day=1), []).append(DayOfMonth(row["day"], row["papers"]))
    return months


def years() -> list[int]:
    """The years that have papers, newest first."""
    return sorted({day.year for day in _days().distinct()}, reverse=True)


def neighbours(day: date) -> tuple[date | None, date | None]:
    """The nearest days with papers before and after `day`."""
    before, after = _days().filter(day__lt=day), _days().filter(day__gt=day)
    return before.order_by("-day").first(), after.order_by("day").first()


def listed_on(day: date) -> list[int]:
    """The papers that the editions of `day` listed, primary keys, each once, in their order."""
    entries = EditionEntry.objects.filter(edition__day=day)
    listed = entries.order_by("edition__source__name", "position")
    return list(dict.fromkeys(listed.values_list("paper", flat=True)))


def topics_of(day: date, papers: Collection[int]) -> Mapping[str, frozenset[int]]:
    """For each offered topic the papers of `day` that it keeps; remembered, for matching a day takes time."""
    name = f"topics-of:{day}:{len(papers)}"
    kept: Mapping[str, frozenset[int]] | None = cache.get(name)
    if kept is None:
        queries = _topic_queries(Topic.objects.filter(enabled=True))
        kept = dict(zip(queries, kept_among([*queries.values()], papers), strict=True))
        cache.set(name, kept, _KEPT)
    return kept


def topics_of_paper(paper: Paper) -> tuple[Topic, ...]:
    """The offered topics that keep `paper`."""
    topics = Topic.objects.filter(enabled=True)
    matches = matches_of(topics, [paper])
    return tuple(topic for topic in topics if matches[topic.slug])


def matches_of(topics: Iterable[Topic], papers: Iterable[Paper]) -> Mapping[str, list[Paper]]:
    """The papers that each topic keeps, by slug."""
    queries = _topic_queries(topics)
    matches = Percolator.of(queries).match(list(papers))
    return {slug: [match.paper for match in matches.get(slug, ())] for slug in queries}


def _topic_queries(topics: Iterable[Topic]) -> Mapping[str, Query]:
    return looked_up({topic.slug: parse_query(selecting(topic)) for topic in topics})


def lines(
    papers: Iterable[Paper], query: Query | None = None, topics: Mapping[int, tuple[Topic, ...]] | None = None
) -> list[Line]:
    """The papers as a list shows them; with the reasons of `query` if there is one."""
    titles = Source.objects.titles()
    return [
        Line(
            paper_view(paper, titles, query),
            url("paper", paper.key),
            paper.day,
            (topics or {}).get(paper.pk, ()),
        )
        for paper in papers
    ]


def paper_view(paper: Paper, titles: Mapping[str, str], query: Query | None = None) -> PaperView:
    """The paper's words, marked where `query` found it; `titles` are what its sources are called."""
    reasons = explain(query, paper).reasons if query else ()
    item = item_of(paper, ShownReasons.of(reasons), titles)
    return view_paper(item, current_language(), whole=False, year=timezone.now().year)


def similar(paper: Paper) -> list[Line]:
    """The papers most like this one, best first, each with the words that carried it; remembered."""
    name = f"similar:{paper.pk}:{paper.updated_at.timestamp()}"
    liked = vector(paper)
    found: list[int] | None = cache.get(name)
    if found is None:
        found = [pk for pk in most_alike(liked, _SIMILAR + 1) if pk != paper.pk][:_SIMILAR]
        cache.set(name, found, _KEPT)
    return lines(in_order(found), Query(Like(paper.key, liked)))


def like(paper: Paper) -> str:
    """The query for papers like this one; empty if it has too few words to be compared."""
    return str(Like(paper.key)) if len(vector(paper)) >= LEAST_STEMS else ""


def paper_by_key(key: str) -> Paper | None:
    """The paper that is known by this key, be it that of its title, or one that it had before."""
    papers = Paper.objects.filter(LISTED)
    return (
        papers.filter(key=key).first()
        or papers.filter(keys=key).first()
        or papers.filter(title_key=key).order_by("pk").first()
    )


def versions(paper: Paper) -> list[Version]:
    """The other forms in which the paper is out, by their ids: a preprint, the version of a journal."""
    keys = paper.keys.exclude(key__startswith="title:").order_by("key").values_list("key", flat=True)
    return [Version(key.partition(":")[2], paper_url(key, paper.title)) for key in keys]


def appearances(paper: Paper) -> list[Appearance]:
    """The editions that listed the paper, newest first."""
    entries = paper.entries.select_related("edition__source")
    entries = entries.order_by("-edition__day", "edition__source__name")
    return [Appearance(entry.edition.source.title, entry.edition.day) for entry in entries]


def search_topic(topic: Topic, since: date | None = None) -> SearchResult:
    """The papers that `topic` keeps."""
    return find(looked_up({"": _query(selecting(topic))})[""], since)


@lru_cache(maxsize=200)
def _query(text: str) -> Query:
    return parse_query(text)


def paginate(found: Sequence[int], asked: str, size: int = PAGE_SIZE) -> Page[int]:
    """The page of primary keys that a visitor asked for, or the last if there are not so many.

    What is no number of up to nine digits asks for the first page.
    """
    return Paginator(found, size).get_page(asked if _PAGE_NUMBER.fullmatch(asked) else 1)


def in_order(pks: Sequence[int]) -> list[Paper]:
    """The stored papers of these primary keys, in the same order."""
    papers = Paper.objects.by_number(pks)
    return [papers[pk] for pk in pks if pk in papers]


def by_day(listed: Iterable[Line]) -> dict[date, list[Line]]:
    """The lines under their days, in their order."""
    days: dict[date, list[Line]] = {}
    for line in listed:
        days.setdefault(line.day, []).append(line)
    return days


def today_counts() -> tuple[date | None, dict[str, int]]:
    """The newest edition day, and how many of its papers each offered topic keeps."""
    day = newest_day()
    if day is None:
        return None, {}
    return day, {slug: len(found) for slug, found in topics_of(day, listed_on(day)).items()}


def days_ago(day: date, days: int) -> date:
    """The first day of the `days` that end with `day`."""
    return day - timedelta(days=days - 1)


def organizations(most: int = 4) -> tuple[str, ...]:
    """The organisations with most papers of late, as the sources write them."""
    recent = Paper.objects.exclude(organization="").order_by("-pk").values_list("organization", flat=True)
    return tuple(name for name, _ in Counter(recent[:_LOOKED_AT]).most_common(most))


def names_authors() -> bool:
    """Whether the sources say of late who wrote a paper."""
    recent = Paper.objects.filter(LISTED).order_by("-pk").values_list("author_names", flat=True)
    return any(recent[:_LOOKED_AT])
