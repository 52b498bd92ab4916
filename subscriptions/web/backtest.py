"""The backtest and the sample: what filters would have brought, for those who are still choosing.

filters → find (each over the last 30 days) → their union → how many, how often, the latest five
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from digest.archive import queries
from digest.archive.queries import Line
from digest.archive.search import find
from digest.archive.trending import best_of_each_day
from digest.matching import parse_query
from digest.models import Paper
from digest.selection.liked_papers import looked_up
from digest.selection.requests import TRENDING, Filter
from digest.web.page_language import LANGUAGE_PARAMETER, current_language
from subscriptions.accounts.preferences import Choices
from subscriptions.models.schedule import Schedule
from subscriptions.web.filters_form import UNCHOSEN_TOP, FiltersForm, shared

DAYS = 30
LATEST = 5
BROAD = 12  # papers a day: nobody reads that many
NOTHING_CHOSEN = gettext_lazy(
    "Without a topic, a query or a library you get the 5 most upvoted papers of each day."
)
ONLY_LIBRARY = gettext_lazy("Only papers like those of your library come. Tick topics to get theirs too.")


@dataclass(frozen=True, slots=True)
class Part:
    """One filter's share: how many papers it keeps, others' too counted."""

    name: str
    colour: str
    papers: int


@dataclass(frozen=True, slots=True)
class Backtest:
    """What filters would have brought over the `days` days that end with `until`."""

    total: int
    days: int
    until: date
    newest: int
    parts: tuple[Part, ...]
    latest: tuple[Line, ...]

    @property
    def verdict(self) -> Literal["empty", "broad", "fine"]:
        """Whether nothing would have come, more than anybody reads, or neither."""
        if not self.total:
            return "empty"
        return "broad" if self.total > BROAD * self.days else "fine"


@dataclass(frozen=True, slots=True)
class Sample:
    """What to say of the choice; the backtest; the address of the mail of `day`, the newest, if there is one.

    `example` names what a mail brings that is shown before anything is chosen.
    """

    sentence: str
    backtest: Backtest | None = None
    src: str = ""
    day: date | None = None
    example: str = ""


def sample_of(filters: FiltersForm, today: date, *, library: bool = False) -> Sample:
    """The sample for what is chosen in `filters`, whatever state the choice is in.

    A `library` that brings papers is not part of it, but says that something is chosen.
    """
    if filters.is_empty:
        return Sample(str(ONLY_LIBRARY)) if library else _example()
    if filters.has_unreadable_filters:
        return Sample(_("Your choice cannot be read yet. What is wrong is written beside it."))
    found = backtest(filters.filters())
    if found is None:
        return Sample(_("No papers have come in yet. Your first digest follows the first edition."))
    if not found.newest:
        return Sample(sentence(found, today), found)
    return Sample(sentence(found, today), found, _mail_of(filters.sampled()), found.until)


def _example() -> Sample:
    """The mail of the newest day that comes to who chooses nothing."""
    day = queries.newest_day()
    if day is None:
        return Sample(str(NOTHING_CHOSEN))
    language = current_language()
    choices = Choices((), (), Schedule("UTC", 7), language=language.code, trending=UNCHOSEN_TOP)
    return Sample(str(NOTHING_CHOSEN), src=_mail_of(choices), day=day, example=language.topic("Trending"))


def _mail_of(choices: Choices) -> str:
    return f"{reverse('sample')}?{shared(choices)}&{LANGUAGE_PARAMETER}={choices.language}"


def backtest(filters: Collection[Filter]) -> Backtest | None:
    """What `filters` keep of the last 30 days that have papers to look at; None before the first."""
    until = queries.newest_day()
    if until is None:
        return None
    since = max(queries.days_ago(until, DAYS), queries.oldest_day() or until)
    asked = looked_up({filter_: parse_query(filter_.query) for filter_ in filters})
    found: list[tuple[Filter, Collection[int]]] = []
    union: set[int] = set()
    for filter_, query in asked.items():
        papers: Collection[int] = find(query, since, until).papers
        if filter_.kind == TRENDING:
            papers = best_of_each_day(set(papers) - union, filter_.most)
        found.append((filter_, papers))
        union |= set(papers)
    kept = Paper.objects.filter(pk__in=union)
    return Backtest(
        total=len(union),
        days=(until - since).days + 1,
        until=until,
        newest=kept.filter(day=until).count(),
        parts=tuple(Part(_name(filter_), filter_.colour, len(papers)) for filter_, papers in found),
        latest=tuple(queries.lines(kept.order_by("-day", "-upvotes", "-pk")[:LATEST])),
    )


def _name(filter_: Filter) -> str:
    return filter_.name if filter_.own else current_language().topic(filter_.name)


def sentence(found: Backtest, today: date) -> str:
    """For example “Last 30 days: 41 papers, about 1.4 a day.”"""
    number = current_language().number
    if found.days == 1:
        when = current_language().long_date(found.until, year=True)
    elif (today - found.until).days <= 3:  # over a weekend nothing comes out
        when = _("Last %(days)s days") % {"days": number(found.days)}
    else:
        day = current_language().day(found.until, year=True)
        when = _("The %(days)s days to %(day)s") % {"days": number(found.days), "day": day}
    if not found.total:
        return _("%(when)s: no paper matched.") % {"when": when}
    papers = ngettext("%(num)s paper", "%(num)s papers", found.total) % {"num": number(found.total)}
    if found.days == 1:
        return f"{when}: {papers}."
    return f"{when}: {papers}, {pace(found.total, found.days)}."


def pace(papers: int, days: int) -> str:
    """“about 12 a day”, “about 1.4 a day”, “about 3 a week”, “less than one a week”."""
    a_day = papers / days
    if a_day >= 0.95:
        places = 0 if a_day >= 9.95 or round(a_day, 1).is_integer() else 1
        number = current_language().number(a_day, places)
        return _("about %(number)s a day") % {"number": number}
    a_week = round(a_day * 7)
    return _("about %(number)s a week") % {"number": a_week} if a_week else _("less than one a week")
