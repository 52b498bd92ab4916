"""Invented states of the archive's pages, for /previews/ and the tests. Papers and topics are hostile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial

from django.core.paginator import Page, Paginator

from digest.archive.queries import PAGE_SIZE, Appearance, DayOfMonth, Line
from digest.archive.trending_views import TrendingPage
from digest.archive.views import ArchivePage, DayPage, PaperPage, SearchPage, TopicPage, TopicsPage
from digest.compose import Item
from digest.compose.paper.view import view_paper
from digest.compose.samples import DIGESTS
from digest.lib.records import ABSTRACT_LIMIT, NAME_LIMIT, TITLE_LIMIT, clean_text, pdf_url
from digest.library.reference import reference
from digest.matching import QuerySyntaxError, parse_query
from digest.matching.query.abbreviation_offers import offers
from digest.models import Topic
from digest.web.page_language import current_language
from digest.web.views import Privacy

DAY = date(2026, 3, 29)
MOMENT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PageCase:
    """A template and what it is shown with."""

    title: str
    template: str
    page: Callable[[], object] | None = None


TOPICS = (
    Topic(
        slug="quantization",
        name="Quantization",
        description="Fewer bits for weights, activations and caches.",
        colour="#7a4fbf",
    ),
    Topic(
        slug="agents",
        name="Agents",
        description="Models that plan, use tools and act over many steps.",
        colour="#c2571a",
    ),
    Topic(
        slug="hostile",
        name="<script>alert('topic')</script> & {{ 7*7 }}",
        description="“><img src=x onerror=alert(1)> \u202eesrever\u202c " + "long" * 36,
        colour='red"/><b>',
    ),
    Topic(slug="gone", name="Retired topic", description="Not shown.", colour="#1a7f5a", enabled=False),
)
COUNTS = {"quantization": 41, "agents": 1204, "hostile": 0}


def lines(*cases: str) -> list[Line]:
    """The papers of invented digests, as a list shows them."""
    items = [item for case in cases for section in DIGESTS[case].sections for item in section.items]
    return [line(item) for item in items]


def line(item: Item) -> Line:
    return Line(
        view_paper(as_stored(item), current_language(), whole=False),
        "/previews/page/paper/",
        item.record.day,
        TOPICS[:3],
    )


def as_stored(item: Item) -> Item:
    """The paper as ingesting lets it in: a database holds no half characters. Marks follow their words."""
    record = item.record
    clean = replace(
        record,
        title=clean_text(record.title, TITLE_LIMIT),
        abstract=clean_text(record.abstract, ABSTRACT_LIMIT),
        organization=clean_text(record.organization or "", NAME_LIMIT),
    )
    texts = {"title": (record.title, clean.title), "abstract": (record.abstract, clean.abstract)}
    marks = (
        replace(mark, start=start, end=start + mark.end - mark.start)
        for mark in item.marks
        for before, after in [texts[mark.field]]
        if (start := after.find(before[mark.start : mark.end], max(mark.start - len(before) + len(after), 0)))
        >= 0
    )
    return replace(item, record=clean, marks=tuple(marks))


def _day(chosen: Topic | None = None) -> DayPage:
    shown = [] if chosen else lines("many", "hostile")
    return DayPage(DAY, 87, shown, TOPICS[:3], COUNTS, chosen, _page(1, 20), date(2026, 3, 28), None)


def _page(number: int, papers: int) -> Page[int]:
    return Paginator(range(papers), PAGE_SIZE).page(number)


def _topic(page_obj: Page[int]) -> TopicPage:
    listed = lines("many", "hostile") if page_obj else []
    return TopicPage(TOPICS[2], len(listed), 30, {DAY: listed} if listed else {}, page_obj)


def _paper(number: int) -> PaperPage:
    item = as_stored(DIGESTS["hostile"].sections[0].items[number])
    names = (
        "Ada <script>alert(1)</script>",
        "B. " + "Long" * 60,
        *("{{ 7*7 }}, Jr.", "\\input{x}") * 4 * number,
    )
    return PaperPage(
        key="doi:10.1234/<b>?#%20",
        paper=view_paper(item, current_language(), whole=False),
        abstract=item.record.abstract,
        summary=item.record.summary or "",
        authors=names,
        reference=reference(replace(item.record, author_names=names)),
        pdf_url=pdf_url(item.record.key),
        topics=TOPICS[:3],
        appearances=[Appearance("<b>Source</b> {{ 7*7 }}", DAY)] if number else [],
        similar=lines("hostile") if number else [],
        like='like:"10.1234/<b>?#(%20)"' if number else "",
    )


def _trending() -> TrendingPage:
    listed = lines("many", "hostile")
    return TrendingPage("month", listed, 1304, "<b>Source</b> {{ 7*7 }}")


def _search(query: str) -> SearchPage:
    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return SearchPage(query, problem=error)
    return SearchPage(query, lines("hostile"), _page(2, 1304), offers=offers(query))


def _archive() -> ArchivePage:
    days = [DayOfMonth(date(2026, 3, day), day * 3) for day in range(29, 0, -1)]
    return ArchivePage(2026, [2026, 2025], {date(2026, 3, 1): days})


PAGES: Mapping[str, PageCase] = {
    "archive": PageCase("Archive", "web/archive/days.html", _archive),
    "archive-empty": PageCase("Archive, empty", "web/archive/days.html", partial(ArchivePage, 0, [], {})),
    "day": PageCase("A day", "web/archive/day.html", _day),
    "day-none": PageCase("A day, nothing of a topic", "web/archive/day.html", partial(_day, TOPICS[2])),
    "trending": PageCase("Trending", "web/archive/trending.html", _trending),
    "trending-empty": PageCase(
        "Trending, empty", "web/archive/trending.html", partial(TrendingPage, "week", [], 0, "")
    ),
    "topics": PageCase("Topics", "web/archive/topics.html", partial(TopicsPage, TOPICS[:3], COUNTS, DAY)),
    "topic": PageCase("A topic", "web/archive/topic.html", partial(_topic, _page(2, 60))),
    "topic-empty": PageCase("A topic, empty", "web/archive/topic.html", partial(_topic, _page(1, 0))),
    "paper": PageCase("A paper", "web/archive/paper.html", partial(_paper, 0)),
    "paper-long": PageCase("A paper, hardly to be broken", "web/archive/paper.html", partial(_paper, 5)),
    "search": PageCase("Search", "web/archive/search.html", partial(SearchPage, "")),
    "search-found": PageCase(
        "Search, found", "web/archive/search.html", partial(_search, '"<b>bold</b>" OR TTS')
    ),
    "search-none": PageCase(
        "Search, nothing found", "web/archive/search.html", partial(SearchPage, "x" * 300, (), _page(1, 0))
    ),
    "search-wrong": PageCase(
        "Search, unreadable", "web/archive/search.html", partial(_search, '"><script>(' + "w " * 90)
    ),
    "privacy": PageCase("Privacy", "web/privacy.html", partial(Privacy, contact="digest@<b>example.org")),
    **{
        f"error-{code}": PageCase(f"Error {code}", f"web/errors/{code}.html") for code in (400, 403, 404, 500)
    },
    "error-csrf": PageCase("Error 403, sent from elsewhere", "web/errors/403_csrf.html"),
}
