"""English as the letters speak it: dates, counts, lists, the subject and the accounting line."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from digest.compose.content import DigestContent, Section
from digest.compose.printable import shortened

SUBJECT_ROOM = 78
NAMED_TOPICS = 3
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONGEST_TITLE = 80
_CAPITALISED = re.compile(r"[A-Z][a-z]+$")


def long_date(day: date) -> str:
    """For example "Wednesday, 5 November", whatever the process's locale."""
    return f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]}"


def short_date(day: date) -> str:
    """For example "5 Nov"."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """For example "1 paper", "1,204 papers", "2 queries"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """For example "a", "a and b", "a, b and c"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def kept(content: DigestContent) -> int:
    """How many papers the reader's filters kept, shown in full or not."""
    return sum(len(section.items) for section in content.sections) + len(content.more)


def headline(content: DigestContent) -> str:
    """What is inside, for example "6 papers on quantization and agents".

    Names as many topics as a subject line has room for. A mail that only repeats an earlier digest says so.
    """
    number = kept(content)
    if not number and content.carried:
        return f"{counted(len(content.carried), 'paper')} from your last digest"
    names = _topics(content.sections)
    room = SUBJECT_ROOM - len(f" · {short_date(content.day)}")
    # "1 more topic" says less than its name and is hardly shorter.
    for most in range(len(names) if len(names) <= NAMED_TOPICS + 1 else NAMED_TOPICS, 0, -1):
        rest = len(names) - most
        tail = [counted(rest, "more topic")] if rest else []
        line = f"{counted(number, 'paper')} on {listed([*names[:most], *tail])}"
        if len(line) <= room:
            return line
    return f"{counted(number, 'paper')} for you"


def place(cause: str, title: str) -> str:
    """Why a paper stands where it stands, if the paper called `title` is the `cause`."""
    other = f"“{shortened(title, _LONGEST_TITLE)}”"
    return {
        "raised": f"Ranked up because you liked {other}.",
        "lowered": f"Ranked down because you asked for less like {other}.",
        "alike": f"Much like {other} above.",
    }[cause]


def accounting(content: DigestContent) -> tuple[str, ...]:
    """For example ("87 papers scanned", "6 for you", "2 you already had"); odd parts are left out."""
    number = kept(content)
    parts = []
    if content.scanned >= number and content.scanned > 0:
        parts.append(f"{counted(content.scanned, 'paper')} scanned")
    if number:
        parts.append(f"{number:,} for you" if parts else f"{counted(number, 'paper')} for you")
    if content.already_had > 0:
        parts.append(f"{content.already_had:,} you already had")
    if content.carried:
        parts.append(f"{len(content.carried):,} from your last digest")
    return tuple(parts)


def _topics(sections: Iterable[Section]) -> list[str]:
    """Names for the middle of a sentence; own queries share one, at the end."""
    filled = [section for section in sections if section.items]
    names = [_within_sentence(section.name) for section in filled if not section.own]
    own = sum(section.own for section in filled)
    return names + ["your query" if own == 1 else "your queries"] * bool(own)


def _within_sentence(name: str) -> str:
    """`name` without the capital it opens with; names like "3D" or "LLM serving" keep theirs."""
    name = " ".join(name.split())
    first, space, rest = name.partition(" ")
    return (first.lower() if _CAPITALISED.match(first) else first) + space + rest
