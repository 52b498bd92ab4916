"""What the letters say about a digest: the subject, the accounting line, dates."""

import re
from collections.abc import Iterable

from digest.compose.content import DigestContent, Note, Section, Suggestion
from digest.lib.languages import ENGLISH
from digest.lib.locales import Language
from digest.lib.safe_text import shortened

SUBJECT_ROOM = 78
NAMED_TOPICS = 3
TRENDING = "trending"  # the kind of a section
_LONGEST_TITLE = 80
_SHORTEST_TITLE = 20
_CAPITALISED = re.compile(r"[A-Z][a-z]+$")


def period(language: Language, content: DigestContent, *, year: bool = False) -> str:
    """What the digest is about, after its name: “Wednesday, 5 November”, “The week to 7 November”.

    With `year` it is named even if the digest goes out in it: a page may be opened in another one.
    """
    year = year or content.of_another_year
    if not (content.weekly or content.monthly):
        return language.long_date(content.day, year=year)
    date = language.day(content.day, year=year)
    if content.monthly:
        span = language.gettext("the month to %(date)s", date=date)
    else:
        span = language.gettext("the week to %(date)s", date=date)
    return span[:1].upper() + span[1:]


def short_period(language: Language, content: DigestContent) -> str:
    """The same for a subject: “5 Nov”, “week to 7 Nov”, “month to 7 Nov”."""
    day = language.short_date(content.day, year=content.of_another_year)
    if content.monthly:
        return language.gettext("month to %(date)s", date=day)
    return language.gettext("week to %(date)s", date=day) if content.weekly else day


def also(language: Language, content: DigestContent) -> str:
    """The heading of papers beyond those in full: “Also today”, “Also this week”, “Also this month”."""
    if content.monthly:
        return language.gettext("Also this month")
    return language.gettext("Also this week") if content.weekly else language.gettext("Also today")


def kept(content: DigestContent) -> int:
    """How many papers the reader's filters kept, shown in full or not."""
    return sum(len(section.items) for section in (*content.sections, *content.more))


def subject(language: Language, content: DigestContent, title: str) -> str:
    """The best paper's `title`, cut where there is no room for it: “A title and 5 more · 5 Nov”.

    A mail that only repeats an earlier digest, or shows no paper, says what is inside instead.
    """
    number, period = kept(content), short_period(language, content)
    if not number or not title:
        return f"{headline(language, content)} · {period}"

    def line(title: str) -> str:
        if number == 1:
            return f"{title} · {period}"
        more = language.ngettext(
            "%(title)s and %(num)s more", "%(title)s and %(num)s more", number - 1, title=title
        )
        return f"{more} · {period}"

    return line(shortened(title, max(SUBJECT_ROOM - len(line("")), _SHORTEST_TITLE)))


def headline(language: Language, content: DigestContent) -> str:
    """What is inside, for example "6 papers on quantization and agents".

    Names as many topics as there is room for. A mail that only repeats an earlier digest says so.
    """
    number = kept(content)
    if not number and content.carried:
        return language.ngettext(
            "%(num)s paper from your last digest",
            "%(num)s papers from your last digest",
            len(content.carried),
        )
    filled = [section for section in content.sections if section.items]
    if filled and all(section.kind == TRENDING for section in filled):
        return language.ngettext("%(num)s trending paper", "%(num)s trending papers", number)
    names = _topics(language, content.sections)
    room = SUBJECT_ROOM - len(f" · {short_period(language, content)}")
    # "1 more topic" is hardly shorter than the name of that topic.
    for most in range(len(names) if len(names) <= NAMED_TOPICS + 1 else NAMED_TOPICS, 0, -1):
        rest = len(names) - most
        tail = [language.ngettext("%(num)s more topic", "%(num)s more topics", rest)] if rest else []
        topics = language.listed([*names[:most], *tail])
        line = language.ngettext(
            "%(num)s paper on %(topics)s", "%(num)s papers on %(topics)s", number, topics=topics
        )
        if len(line) <= room:
            return line
    return language.ngettext("%(num)s paper for you", "%(num)s papers for you", number)


def aside(language: Language, section: Section) -> str:
    """Which sources' papers could not be among the most upvoted; empty if all could."""
    if not section.aside:
        return ""
    return language.gettext(
        "The papers of %(sources)s have no votes, so they are not compared.",
        sources=language.listed(section.aside),
    )


def lacking(language: Language, content: DigestContent) -> str:
    """Which sources' papers of the day are not in the digest because they came too late; empty if none."""
    if not content.lacking:
        return ""
    return language.gettext(
        "Today’s papers of %(sources)s had not come in when this digest was made. They will be in the "
        "next one.",
        sources=language.listed(content.lacking),
    )


def welcome(language: Language, content: DigestContent) -> str:
    """What a reader's first digest begins with; empty for any other."""
    if content.following is None:
        return ""
    return language.gettext(
        "Your subscription is confirmed. This is your first digest; the next one comes on %(day)s at "
        "%(time)s (%(zone)s), if a paper matches.",
        day=language.long_date(content.following.date()),
        time=language.time(content.following),
        zone=content.zone,
    )


def ranking_note(language: Language, note: Note) -> str:
    """Why a paper ranks where it does."""
    title = shortened(note.title, _LONGEST_TITLE)
    match note.cause:
        case "raised":
            return language.gettext("Ranked up because you liked “%(title)s”.", title=title)
        case "library":
            return language.gettext("Ranked up because of your library: “%(title)s”.", title=title)
        case "lowered":
            return language.gettext("Ranked down because you asked for less like “%(title)s”.", title=title)
        case _:
            return language.gettext("Much like “%(title)s” above.", title=title)


def accounting(language: Language, content: DigestContent) -> tuple[str, ...]:
    """For example ("87 papers scanned", "6 for you", "2 you already had"); odd parts are left out."""
    number = kept(content)
    parts = []
    if content.scanned >= number and content.scanned > 0:
        parts.append(language.ngettext("%(num)s paper scanned", "%(num)s papers scanned", content.scanned))
    if number and parts:
        parts.append(language.ngettext("%(num)s for you", "%(num)s for you", number))
    elif number:
        parts.append(language.ngettext("%(num)s paper for you", "%(num)s papers for you", number))
    if content.already_had > 0:
        parts.append(
            language.ngettext("%(num)s you already had", "%(num)s you already had", content.already_had)
        )
    if carried := len(content.carried):
        parts.append(
            language.ngettext("%(num)s from your last digest", "%(num)s from your last digest", carried)
        )
    return tuple(parts)


def _topics(language: Language, sections: Iterable[Section]) -> list[str]:
    """Names for the middle of a sentence; own queries share one, at the end."""
    filled = [section for section in sections if section.items]
    topics = [section for section in filled if not section.own and not section.kind]
    names = [_within_sentence(language, section.name) for section in topics]
    if any(section.kind == TRENDING for section in filled):
        names.append(language.gettext("what is trending"))
    own = sum(section.own for section in filled)
    if own:
        names.append(language.gettext("your query") if own == 1 else language.gettext("your queries"))
    return names


def _within_sentence(language: Language, name: str) -> str:
    """In English, `name` without the capital it opens with; names like "3D" or "LLM serving" keep theirs."""
    name = " ".join(name.split())
    first, space, rest = name.partition(" ")
    lowered = language.code == ENGLISH and _CAPITALISED.match(first)
    return (first.lower() if lowered else first) + space + rest


def suggestion(language: Language, change: Suggestion) -> str:
    """What a change does: “Adding “moe” would bring about 3 more papers a week”."""
    if change.least_upvotes:
        return language.gettext(
            "Your last digests were mostly longer than you asked for. With at least %(upvotes)s upvotes they "
            "would have had about %(after)s papers instead of %(before)s.",
            upvotes=language.number(change.least_upvotes),
            after=_about(language, change.papers),
            before=_about(language, change.papers_before),
        )
    name = language.topic(change.add) if change.topic else shortened(change.add, _LONGEST_TITLE)
    if '"' not in name:  # a phrase brings quotation marks of its own
        name = language.gettext("“%(name)s”", name=name)
    return language.ngettext(
        "Your last digests were mostly empty. Adding %(name)s would bring about %(num)s more paper a "
        "week, such as:",
        "Your last digests were mostly empty. Adding %(name)s would bring about %(num)s more papers a "
        "week, such as:",
        max(1, round(change.papers)),
        name=name,
    )


def answer(language: Language, change: Suggestion) -> str:
    """What the reader answered to a suggestion; empty before they did."""
    if change.answer == "taken":
        return language.gettext("You accepted it.")
    if change.answer == "undone":
        return language.gettext("You accepted it, and undid that.")
    return language.gettext("You declined it.") if change.answer else ""


def _about(language: Language, papers: float) -> str:
    """“4”; “1.5” where half a paper counts."""
    return language.number(papers, 0 if papers >= 9.95 or papers == round(papers) else 1)
