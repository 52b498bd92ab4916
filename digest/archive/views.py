"""The archive for anybody: days, topics, papers, search. Nothing here differs from visitor to visitor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from digest.archive import queries
from digest.archive.feeds import Feed, atom, entries_of, feed_response, json_feed
from digest.archive.queries import Appearance, DayOfMonth, Line, Version
from digest.archive.search import find, visitors_query
from digest.compose.paper.view import PaperView
from digest.lib.records import pdf_url
from digest.library.reference import Reference, reference
from digest.matching import QuerySyntaxError
from digest.matching.percolator.title_search import sought
from digest.matching.query.abbreviation_offers import Offer, offers
from digest.models import Paper, Source, Topic
from digest.web.limits.search_budget import costly
from digest.web.page_language import url
from digest.web.rendering import public, show, topic_name

FEED_ENTRIES = 50
TOPIC_DAYS = 30


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """The days of one year that have papers, by month, and the years there are."""

    year: int
    years: Sequence[int]
    months: Mapping[date, Sequence[DayOfMonth]]


@dataclass(frozen=True, slots=True)
class DayPage:
    """A page of the papers of a day, or of one topic; `counts` says how many papers each topic has."""

    day: date
    total: int
    lines: Sequence[Line]
    topics: Sequence[Topic]
    counts: Mapping[str, int]
    chosen: Topic | None
    page_obj: Page[int]
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class TopicsPage:
    """The topics that readers can have by mail, and how many papers of `day` each keeps."""

    topics: Sequence[Topic]
    counts: Mapping[str, int]
    day: date | None


@dataclass(frozen=True, slots=True)
class TopicPage:
    """A topic's papers, newest day first; `recent` counts those of its last `days` days."""

    topic: Topic
    recent: int
    days: int
    by_day: Mapping[date, Sequence[Line]]
    page_obj: Page[int]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One paper in full, the topics that keep it, papers like it, where it appeared, and how it is cited.

    `summary` is its source's own, or empty; `versions` are its preprint and its printed form, if they have
    ids of their own. `like` is the query for more like it, empty if it has too few words for that.
    """

    key: str
    paper: PaperView
    abstract: str
    summary: str
    authors: Sequence[str]
    reference: Reference
    pdf_url: str | None
    topics: Sequence[Topic]
    appearances: Sequence[Appearance]
    similar: Sequence[Line]
    like: str
    versions: Sequence[Version] = ()


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was searched for and found, or why the query cannot be read; `offers` would widen it.

    Those most like a paper come first if it asks for such.
    """

    query: str
    lines: Sequence[Line] = ()
    page_obj: Page[int] | None = None
    problem: QuerySyntaxError | None = None
    offers: Sequence[Offer] = ()
    most_alike_first: bool = False


@require_safe
@public
def days(request: HttpRequest, year: int | None = None) -> HttpResponse:
    """The days of a year, by default the newest that has papers."""
    years = queries.years()
    if year is not None and year not in years:
        raise Http404
    year = year or (years[0] if years else 0)
    return show(
        request, "web/archive/days.html", ArchivePage(year, years, queries.days_of(year) if year else {})
    )


@require_safe
@costly
@public
def day(request: HttpRequest, day: date) -> HttpResponse:
    """What the editions of a day listed; `?topic=` shows one topic's share."""
    papers = queries.listed_on(day)
    if not papers:
        raise Http404
    topics = list(Topic.objects.filter(enabled=True))
    kept = queries.topics_of(day, papers)
    chosen = next((topic for topic in topics if topic.slug == request.GET.get("topic")), None)
    among = [pk for pk in papers if not chosen or pk in kept.get(chosen.slug, ())]
    page_obj = queries.paginate(among, request.GET.get("page", "1"), queries.DAY_SIZE)
    of_paper = {pk: tuple(t for t in topics if pk in kept.get(t.slug, ())) for pk in page_obj}
    before, after = queries.neighbours(day)
    page = DayPage(
        day=day,
        total=len(papers),
        lines=queries.lines(queries.in_order(page_obj), topics=of_paper),
        topics=topics,
        counts={topic.slug: len(kept.get(topic.slug, ())) for topic in topics},
        chosen=chosen,
        page_obj=page_obj,
        before=before,
        after=after,
    )
    return show(request, "web/archive/day.html", page)


@require_safe
@costly
@public
def topics(request: HttpRequest) -> HttpResponse:
    """What readers can tick, and what each is about."""
    newest, counts = queries.today_counts()
    page = TopicsPage(list(Topic.objects.filter(enabled=True)), counts, newest)
    return show(request, "web/archive/topics.html", page)


@require_safe
@costly
@public
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """A topic's papers, a page at a time."""
    found_topic = get_object_or_404(Topic, slug=slug, enabled=True)
    found = queries.search_topic(found_topic)
    page_obj = queries.paginate(found.papers, request.GET.get("page", "1"))
    newest = queries.newest_day()
    since = queries.days_ago(newest, TOPIC_DAYS) if newest else None
    page = TopicPage(
        topic=found_topic,
        recent=sum(count for day, count in found.per_day.items() if since and day >= since),
        days=TOPIC_DAYS,
        by_day=queries.by_day(queries.lines(queries.in_order(page_obj))),
        page_obj=page_obj,
    )
    return show(request, "web/archive/topic.html", page)


@require_safe
@costly
@public
def topic_atom(_request: HttpRequest, slug: str) -> HttpResponse:
    """A topic's newest papers, as Atom (RFC 4287)."""
    return feed_response(atom(_topic_feed(slug, "topic-atom")), "application/atom+xml")


@require_safe
@costly
@public
def topic_json(_request: HttpRequest, slug: str) -> HttpResponse:
    """A topic's newest papers, as JSON Feed 1.1."""
    return feed_response(json_feed(_topic_feed(slug, "topic-json")), "application/feed+json")


def _topic_feed(slug: str, name: str) -> Feed:
    found_topic = get_object_or_404(Topic, slug=slug, enabled=True)
    papers = queries.in_order(queries.search_topic(found_topic).papers[:FEED_ENTRIES])
    return Feed.of_site(
        title=topic_name(found_topic.name),
        subtitle=topic_name(found_topic.description),
        page=("topic", slug),
        address=(name, slug),
        entries=entries_of(papers),
    )


@require_safe
@costly
@public
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """One paper. A key that a better one has replaced leads to its page."""
    found = queries.paper_by_key(key)
    if found is None:
        raise Http404
    if found.key != key:
        return redirect(url("paper", found.key), permanent=True)
    return show(request, "web/archive/paper.html", paper_page(found))


def paper_page(found: Paper) -> PaperPage:
    """What the page of `found` shows."""
    return PaperPage(
        key=found.key,
        paper=queries.paper_view(found, Source.objects.titles()),
        abstract=found.abstract,
        summary=found.summary,
        authors=found.author_names,
        reference=reference(found.record()),
        pdf_url=pdf_url(found.key),
        topics=queries.topics_of_paper(found),
        appearances=queries.appearances(found),
        similar=queries.similar(found),
        like=queries.like(found),
        versions=queries.versions(found),
    )


@require_safe
@public
def search(request: HttpRequest) -> HttpResponse:
    """All papers that a query keeps, best titles first, with reasons; or where it stops being readable."""
    text = " ".join(request.GET.get("q", "").split())
    response = show(request, "web/archive/search.html", _search_page(text, request.GET.get("page", "1")))
    response["X-Robots-Tag"] = "noindex"
    return response


def _search_page(text: str, page_number: str) -> SearchPage:
    if not text:
        return SearchPage("")
    try:
        query = visitors_query(text)
    except QuerySyntaxError as error:
        return SearchPage(text, problem=error)
    page_obj = queries.paginate(find(query, titles_first=True).papers, page_number)
    listed = queries.lines(queries.in_order(page_obj), query)
    alike = any(sought(query.root))
    return SearchPage(text, listed, page_obj, offers=offers(text), most_alike_first=alike)
