"""A reader's library: papers they bring, put onto their list; known here, or to be looked up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from digest.ingestion import looked_up
from digest.lib.records import title_key
from digest.library.reading import MOST_ENTRIES, Entry
from digest.models import Paper
from digest.models.paper import LISTED
from subscriptions.models import SavedPaper, Subscriber

Lookup = SavedPaper.Lookup
CONFIRMED = (Subscriber.State.ACTIVE, Subscriber.State.PAUSED)
ALL = "all"
DAILY = 10  # papers that a library brings at most in a day, unless the reader says otherwise


@dataclass(frozen=True, slots=True)
class Library:
    """Papers to put onto a reader's list; with `ask` arXiv is asked for those that are not known here."""

    entries: tuple[Entry, ...] = ()
    ask: bool = False


NO_LIBRARY = Library()


@dataclass(frozen=True, slots=True)
class Overview:
    """How many papers of a reader's list are known here, looked for, not found, or cannot be asked for.

    `imported` are those they brought, the latest first.
    """

    known: int
    waiting: int
    missing: int
    unknown: int
    imported: Sequence[SavedPaper]

    @property
    def all(self) -> int:
        return self.known + self.waiting + self.missing + self.unknown


def overview(subscriber: Subscriber) -> Overview:
    """The reader's library as it is now."""
    rows = list(subscriber.saved_papers.select_related("paper"))
    known = sum(row.paper is not None for row in rows)
    waiting = sum(row.paper is None and row.lookup == Lookup.WAITING for row in rows)
    missing = sum(row.paper is None and row.lookup == Lookup.MISSING for row in rows)
    imported = [row for row in rows if row.origin == SavedPaper.Origin.IMPORTED]
    return Overview(known, waiting, missing, len(rows) - known - waiting - missing, imported)


def bring(subscriber: Subscriber, library: Library, now: datetime) -> None:
    """Put the papers on the reader's list, each once; those there stay. At most `MOST_ENTRIES` are brought.

    Those known here are found at once. Others wait to be looked up if arXiv may be asked and has their ids.
    """
    if not library.entries:
        return
    papers = known(library.entries)
    there = set(subscriber.saved_papers.values_list("key", flat=True))
    mine = set(subscriber.saved_papers.exclude(paper=None).values_list("paper", flat=True))
    room = MOST_ENTRIES - subscriber.saved_papers.filter(origin=SavedPaper.Origin.IMPORTED).count()
    rows: dict[str, SavedPaper] = {}
    for entry in library.entries:
        paper = papers.get(entry.key)
        key = paper.key if paper else entry.key
        if key in there or (paper and paper.pk in mine):
            continue
        asked = library.ask and paper is None and entry.key.startswith("arxiv:")
        rows.setdefault(
            key,
            SavedPaper(
                subscriber=subscriber,
                key=key,
                paper=paper,
                title=paper.title if paper else entry.title,
                origin=SavedPaper.Origin.IMPORTED,
                lookup=Lookup.WAITING if asked else Lookup.NONE,
                saved_at=now,
            ),
        )
    SavedPaper.objects.bulk_create(list(rows.values())[: max(room, 0)], ignore_conflicts=True)


def replace_unconfirmed(subscriber: Subscriber, library: Library, now: datetime) -> None:
    """The library of a sign-up: in place of that of an earlier one that nobody confirmed.

    The database has the same to do for every address.
    """
    unconfirmed = SavedPaper.objects.filter(subscriber=subscriber, subscriber__consented_at=None)
    unconfirmed.filter(origin=SavedPaper.Origin.IMPORTED).delete()
    bring(subscriber, library, now)


def remove(subscriber: Subscriber, which: str) -> None:
    """Take the paper of this number that the reader brought off their list, or “all” of these.

    What they wrote a line about stays: whoever a digest was forwarded to must not undo a reader's work.
    """
    brought = subscriber.saved_papers.filter(origin=SavedPaper.Origin.IMPORTED, note="")
    if which == ALL:
        brought.delete()
    elif which.isdecimal() and len(which) < 19:
        brought.filter(pk=int(which)).delete()


def link_known() -> int:
    """Link papers on readers' lists that have come in meanwhile; how many. Safe to repeat."""
    linked = 0
    for name in ("key", "keys"):
        paper = Paper.objects.filter(**{name: OuterRef("key")})
        unlinked = SavedPaper.objects.filter(Exists(paper), paper=None)
        linked += unlinked.update(paper=Subquery(paper.values("pk")[:1]), lookup=Lookup.NONE)
    return linked


def wanted(most: int) -> list[str]:
    """The keys to look up next: of readers who have confirmed, who waits longest first."""
    waiting = SavedPaper.objects.filter(
        lookup=Lookup.WAITING, paper=None, subscriber__state__in=CONFIRMED
    ).order_by("saved_at", "pk")
    return list(dict.fromkeys(waiting.values_list("key", flat=True)[: 10 * most]))[:most]


def settle(keys: Collection[str], papers: dict[str, Paper]) -> None:
    """Note for all readers what came of looking up `keys`: these papers, and none for the others."""
    waiting = SavedPaper.objects.filter(lookup=Lookup.WAITING)
    for key, paper in papers.items():
        waiting.filter(key=key).update(paper=paper, title=paper.title, lookup=Lookup.NONE)
    waiting.filter(key__in=set(keys) - papers.keys()).update(lookup=Lookup.MISSING)


def forget_unheld(before: datetime) -> None:
    """Delete the papers looked up before then that are on nobody's list any more, and were listed nowhere."""
    held = SavedPaper.objects.filter(paper=OuterRef("pk"))
    Paper.objects.exclude(LISTED).filter(~Exists(held), created_at__lt=before, release=None).delete()


def known(entries: Collection[Entry]) -> dict[str, Paper]:
    """The papers of those entries that are known here, by the entries' keys."""
    titles = {title_key(entry.title): entry.key for entry in entries if entry.title}
    found = looked_up.known([entry.key for entry in entries], list(titles))
    by_title = {titles[key]: paper for key, paper in found.items() if key in titles}
    return by_title | {entry.key: found[entry.key] for entry in entries if entry.key in found}
