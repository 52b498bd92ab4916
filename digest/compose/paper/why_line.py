"""The line that says why a paper is in the mail: the words that matched, as the paper spells them."""

from collections.abc import Iterable

from digest.compose.content import Fact, Mark
from digest.compose.paper.highlight import runs
from digest.lib.locales import Language
from digest.lib.records import PaperRecord
from digest.lib.safe_text import shortened

MOST = 4
LONGEST = 60


def why(
    language: Language,
    record: PaperRecord,
    marks: Iterable[Mark],
    facts: Iterable[Fact] = (),
    year: int = 0,
) -> str:
    """For example `title has “FP4 quantization”; abstract has “MXFP4”; 48 upvotes`; empty without reasons.

    At most `MOST` different spellings (case aside), title first, each shown once; then `facts`. A
    day of another year than `year` names its own.
    """
    marks = tuple(marks)
    shown: set[str] = set()
    clauses = []
    for field, text in (("title", record.title), ("abstract", record.abstract)):
        found = []
        for run in runs(text, field, marks):
            surface = shortened(text[run.start : run.end], LONGEST)
            if surface and surface.casefold() not in shown and len(shown) < MOST:
                shown.add(surface.casefold())
                found.append(language.gettext("“%(words)s”", words=surface))
        if found and field == "title":
            clauses.append(language.gettext("title has %(words)s", words=", ".join(found)))
        elif found:
            clauses.append(language.gettext("abstract has %(words)s", words=", ".join(found)))
    clauses += [clause for fact in facts if (clause := _fact(language, record, fact, year))]
    return "; ".join(clauses)


def _fact(language: Language, record: PaperRecord, fact: Fact, year: int) -> str:
    """What one fact adds to the line; empty for a field that this build does not know."""
    name = shortened(fact.text, LONGEST)
    match fact.field:
        case "author":
            return language.gettext("author %(name)s", name=name)
        case "org":
            return language.gettext("organisation %(name)s", name=name)
        case "source":
            return language.gettext("source %(name)s", name=name)
        case "upvotes":
            return language.ngettext("%(num)s upvote", "%(num)s upvotes", record.upvotes or 0)
        case "comments":
            return language.ngettext("%(num)s comment", "%(num)s comments", record.comments or 0)
        case "authors":
            return language.ngettext("%(num)s author", "%(num)s authors", record.authors or 0)
        case "library":
            title = language.gettext("“%(words)s”", words=name)
            return language.gettext("like %(title)s from your library", title=title)
        case "day":
            date = language.short_date(record.day, year=year not in {0, record.day.year})
            return language.gettext("of %(date)s", date=date)
        case "trending":
            return _place(language, record, fact.text)
    return ""


def _place(language: Language, record: PaperRecord, text: str) -> str:
    """For example “94 upvotes, 41 of them in the last 24 hours, third of 87 today”.

    `text` is the place, of how many, in what time, and what was gained: “3/87/day/41”.
    """
    place, among, period, gained = text.split("/")
    clauses = []
    if record.upvotes is not None:
        clauses.append(language.ngettext("%(num)s upvote", "%(num)s upvotes", record.upvotes))
        if gained and int(gained):
            clauses.append(
                language.ngettext(
                    "%(num)s of them in the last 24 hours",
                    "%(num)s of them in the last 24 hours",
                    int(gained),
                )
            )
    words = {"place": _ordinal(language, int(place)), "number": language.number(int(among))}
    match period:
        case "week":
            clauses.append(language.gettext("%(place)s of %(number)s this week", **words))
        case "month":
            clauses.append(language.gettext("%(place)s of %(number)s this month", **words))
        case _:
            clauses.append(language.gettext("%(place)s of %(number)s today", **words))
    if record.upvotes is None:
        clauses.append(language.gettext("by the order of its source, which counts no votes"))
    return ", ".join(clauses)


def _ordinal(language: Language, number: int) -> str:
    """A place in words: “third”; from the eleventh on “number 11”."""
    words = (
        language.gettext("first"),
        language.gettext("second"),
        language.gettext("third"),
        language.gettext("fourth"),
        language.gettext("fifth"),
        language.gettext("sixth"),
        language.gettext("seventh"),
        language.gettext("eighth"),
        language.gettext("ninth"),
        language.gettext("tenth"),
    )
    if number <= len(words):
        return words[number - 1]
    return language.gettext("number %(number)s", number=language.number(number))
