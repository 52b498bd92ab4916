"""Papers that somebody brings as a file or as text, and sources for them."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.text import slugify

from digest import sources
from digest.models import Source
from digest.sources import ParsedAnswer, registry

MOST_BYTES = 900_000  # the web server takes requests of 1 MB


@dataclass(frozen=True, slots=True)
class Brought:
    """What was brought, and what it holds. `day` is the one that was named for it, if any."""

    raw: bytes
    day: date | None
    parsed: ParsedAnswer


def read(raw: bytes, now: datetime, day: date | None) -> Brought:
    """Recognise the format and read the papers, of `day` where one is named.

    Raises what `sources.parse` raises.
    """
    return Brought(raw, day, sources.parse(raw, today=now.date(), day=day))


def new_source(title: str, form: str) -> Source:
    """A new source with this title that is fed by hand, with papers in the format `form` for a start."""
    by_hand = registry.fed_by_hand()
    reads = registry.adapter_reading(form).name
    return Source.objects.create(
        title=title, name=free_name(title), adapter=reads if reads in by_hand else by_hand[0]
    )


def free_name(title: str) -> str:
    """A name made of `title` that no source has: “arxiv-cs-lg”, else “arxiv-cs-lg-2”."""
    base = slugify(re.sub(r"\W+", "-", title))[:46].strip("-") or "source"
    taken = set(Source.objects.filter(name__startswith=base).values_list("name", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)
