"""The backtest and the sample: what filters would have brought, for those who are still choosing.

filters → find (each over the last 30 days) → their union → how many, how often, the latest five
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from digest.archive import queries
from digest.archive.alike import best_like
from digest.archive.queries import Line
from digest.archive.search import find
from digest.archive.trending import best_of_each_day
from digest.matching import parse_query
from digest.matching.ranking.likeness import Likeness
from digest.models import Paper
from digest.selection.liked_papers import looked_up, remembered_vector
from digest.selection.requests import EVERY, LIBRARY, TRENDING, Filter
from digest.web.page_language import LANGUAGE_PARAMETER, current_language
from subscriptions.accounts.preferences import Choices
from subscriptions.models.schedule import Schedule
from subscriptions.planning.filters import narrowing
from subscriptions.planning.personal_requests import like_library
from subscriptions.web.filters_form import UNCHOSEN_TOP, FiltersForm, shared
from subscriptions.web.library_sample import NO_LIBRARY, LibrarySample

DAYS = 30
LATEST = 5
BROAD = 12  # papers a day: nobody reads that many
NOTHING_CHOSEN = gettext_lazy(
    "Without a topic, a query or a library you get the 5 most upvoted papers of each day."
)
NONE_KNOWN = gettext_lazy(
    "No paper of your library is known here yet: papers like them come once they are found."
)


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

    `example` names what a mail brings that is shown before anything is chosen. Of the `library` more may come
    to be known here.
    """

    sentence: str
    backtest: Backtest | None = None
    src: str = ""
    day: date | None = None
    example: str = ""
    library: LibrarySample = NO_LIBRARY


def sample_of(filters: FiltersForm, today: date) -> Sample:
    """The sample for what is chosen in `filters`, whatever state the choice is in."""
    unreadable = filters.has_unreadable_filters
    library = filters.sampled_library
    if filters.is_empty and not library.is_there:
        return _example()
    if unreadable:
        return Sample(_("Your choice cannot be read yet. What is wrong is written beside it."))
    if filters.is_empty and not library.papers:
        return Sample(str(NONE_KNOWN), library=library)
    chosen = filters.sampled()
    found = backtest(filters.filters(), library, narrowing(chosen.wanted))
    if found is None:
        return Sample(_("No papers have come in yet. Your first digest follows the first edition."))
    if not found.newest:
        return Sample(sentence(found, today), found, library=library)
    mail = _mail_of(chosen, library)
    return Sample(sentence(found, today), found, mail, found.until, library=library)


def _example() -> Sample:
    """The mail of the newest day that comes to who chooses nothing."""
    day = queries.newest_day()
    if day is None:
        return Sample(str(NOTHING_CHOSEN))
    language = current_language()
    choices = Choices((), (), Schedule("UTC", 7), language=language.code, trending=UNCHOSEN_TOP)
    return Sample(str(NOTHING_CHOSEN), src=_mail_of(choices), day=day, example=language.topic("Trending"))


def _mail_of(choices: Choices, library: LibrarySample = NO_LIBRARY) -> str:
    fields = {LANGUAGE_PARAMETER: choices.language}
    if library.papers and library.most:
        fields = {"brought": library.signed(), "library_daily": str(library.most)} | fields
    return f"{reverse('sample')}?{'&'.join(filter(None, [shared(choices), urlencode(fields)]))}"


def backtest(
    filters: Collection[Filter], library: LibrarySample = NO_LIBRARY, narrowing: str = EVERY
) -> Backtest | None:
    """What `filters` keep of the last 30 days that have papers to look at; None before the first.

    With a library also what is like it, of what the query `narrowing` keeps.
    """
    until = queries.newest_day()
    if until is None:
        return None
    since = max(queries.days_ago(until, DAYS), queries.oldest_day() or until)
    if library.papers and library.most:
        # Before trending papers, which are those that nothing else brings.
        first = [filter_ for filter_ in filters if not filter_.kind]
        like = like_library(narrowing, library.most)
        filters = [*first, like, *(filter_ for filter_ in filters if filter_.kind)]
    asked = looked_up({filter_: parse_query(filter_.query) for filter_ in filters})
    found: list[tuple[Filter, Collection[int]]] = []
    union: set[int] = set()
    for filter_, query in asked.items():
        papers: Collection[int] = find(query, since, until).papers
        if filter_.kind == TRENDING:
            papers = best_of_each_day(set(papers) - union, filter_.most)
        elif filter_.kind == LIBRARY:
            papers = best_like(_likeness(library), set(papers) - union, since, filter_.most)
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


def _likeness(library: LibrarySample) -> Likeness[int]:
    papers = Paper.objects.by_number(library.papers)
    return Likeness({pk: remembered_vector(paper.title, paper.abstract) for pk, paper in papers.items()})


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
