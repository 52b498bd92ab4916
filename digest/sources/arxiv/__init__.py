"""arXiv: what it announces in categories that an operator chooses, and what answers a query of theirs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from digest.sources.adapter import Adapter, Format, Get, Setting, Values
from digest.sources.arxiv import api, atom, categories, oai, rss
from digest.sources.arxiv.announced import MOST_ITEMS, SITE
from digest.sources.arxiv.announcement_days import ANNOUNCEMENT
from digest.sources.errors import SourceChanged


def _by_categories(values: Values) -> Adapter:
    """The adapter for the categories in the values of a source."""
    chosen = tuple(name for name in values.get("categories", "").split("+") if name)
    if not chosen:
        raise SourceChanged("Expected categories of arXiv in the source’s settings, found none.")
    return replace(
        ARXIV,
        formats=_formats(chosen, cross_lists=values.get("cross_lists") != "no"),
        fetch_day=partial(_fetch_day, chosen=chosen),
        fetch_latest=partial(_fetch_latest, chosen=chosen),
    )


def _formats(chosen: tuple[str, ...], *, cross_lists: bool) -> tuple[Format, ...]:
    return (
        Format(rss.NAME, rss.recognises, partial(rss.parse, cross_lists=cross_lists)),
        Format(atom.NAME, atom.recognises, partial(atom.parse, cross_lists=cross_lists)),
        Format(oai.NAME, oai.recognises, partial(oai.parse, chosen=chosen, cross_lists=cross_lists)),
        Format(api.NAME, api.recognises, partial(api.parse, chosen=chosen, cross_lists=cross_lists)),
    )


def _fetch_day(day: date, get: Get, *, chosen: Sequence[str]) -> list[bytes]:
    """What was announced on a past day: the records of that day, and the papers submitted for it.

    The records lack those that were revised since, and the papers submitted for it those that were held back.
    """
    query = categories.query_for(chosen)
    return [*oai.fetch_day(day, get, chosen=chosen), *api.fetch_day(day, get, query=query)]


def _fetch_latest(get: Get, *, chosen: Sequence[str]) -> list[bytes]:
    """The feed of the chosen categories, and, where that is full, the day's records by OAI-PMH behind it.

    Raises SourceChanged if a full feed cannot be completed.
    """
    feed = get(f"{SITE}/rss/{'+'.join(chosen)}")
    items = feed.count(b"<item>")
    if items < MOST_ITEMS:
        return [feed]
    day = rss.parse(feed, None, date.min).day
    pages = oai.fetch_day(day, get, chosen=chosen)
    if not any(b"<record>" in page for page in pages):
        raise SourceChanged(
            f"Expected all that arXiv announced on {day}, found its feed full with {items:,} items "
            "and nothing by OAI-PMH."
        )
    return [feed, *pages]


ARXIV = Adapter(
    name="arxiv",
    title="arXiv",
    about="What arXiv announces in the categories that you choose, Monday to Friday.",
    formats=_formats((), cross_lists=True),
    settings=(
        Setting(
            "categories",
            "Categories",
            help="As arXiv names them, such as cs.LG, cs.CL or a whole archive: hep-th.",
            check=categories.check,
        ),
        Setting(
            "cross_lists",
            "Cross-lists",
            help="Papers of other categories that are listed in yours too.",
            required=False,
            initial="yes",
            choices=(("yes", "List them"), ("no", "Leave them out")),
        ),
    ),
    configured=_by_categories,
    interval=3,
    patience=100,  # OAI-PMH may take a minute and more for the first byte of a large set
    growing_days=1,
    announcement=ANNOUNCEMENT,
    authority=2,
)


def _by_query(values: Values) -> Adapter:
    """The adapter for the query in the values of a source."""
    query = values.get("query", "")
    if not query:
        raise SourceChanged("Expected a query in the source’s settings, found none.")
    return replace(ARXIV_QUERY, fetch_day=partial(api.fetch_day, query=query))


ARXIV_QUERY = Adapter(
    name="arxiv-query",
    title="arXiv, by query",
    about="What arXiv’s search finds among the papers that it announces, Monday to Friday.",
    formats=(api.FORMAT,),
    settings=(
        Setting(
            "query",
            "Query",
            help='In the language of arXiv’s API: cat:cs.LG AND (abs:"state space" OR ti:mamba).',
            lines=True,
            check=api.check_query,
        ),
    ),
    configured=_by_query,
    interval=api.INTERVAL,
    pause=3_600,
    growing_days=7,  # moderators may hold a paper back for days: then it is found among those of its day
    authority=2,
)
