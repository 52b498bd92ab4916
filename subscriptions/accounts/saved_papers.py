"""A reader's saved papers: put there by one press, found again, annotated, taken off and put back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from digest.archive.search import find, visitors_query
from digest.lib.records import clean_text
from digest.matching import QuerySyntaxError
from digest.models import Paper
from subscriptions.models import SavedPaper, Subscriber

NOTE_LIMIT = 500
_RESTORED = ("key", "paper_id", "title", "origin", "note", "lookup")


def save(subscriber: Subscriber, paper: Paper, at: datetime) -> None:
    """Put the paper on the reader's list; one that is there stays as it is."""
    if saved(subscriber, paper) is None:
        SavedPaper.objects.get_or_create(
            subscriber=subscriber,
            key=paper.key,
            defaults={"paper": paper, "title": paper.title, "saved_at": at},
        )


def saved(subscriber: Subscriber, paper: Paper) -> SavedPaper | None:
    """Where the paper is on the reader's list; it may have had another key when it was saved."""
    return subscriber.saved_papers.filter(Q(key=paper.key) | Q(paper=paper)).order_by("pk").first()


def only_pressed(row: SavedPaper) -> bool:
    """Whether a press saved the paper and nothing was added since: then the digest's link may take it off.

    A digest can be forwarded: whoever has it must not undo a reader's work.
    """
    return row.origin == SavedPaper.Origin.SAVED and not row.note


def remove(row: SavedPaper) -> dict[str, Any]:
    """Take a paper off its reader's list; returns what `put_back` needs, as JSON can hold it."""
    before = {name: getattr(row, name) for name in _RESTORED} | {"saved_at": row.saved_at.isoformat()}
    row.delete()
    return before


def put_back(subscriber: Subscriber, before: dict[str, Any]) -> None:
    """Put on the list again what `remove` took off, with its note; once, however often it is asked for."""
    paper = Paper.objects.by_number([before["paper_id"]] if before["paper_id"] else [])
    SavedPaper.objects.get_or_create(
        subscriber=subscriber,
        key=before["key"],
        defaults={
            **{name: before[name] for name in _RESTORED if name != "paper_id"},
            "paper": paper.get(before["paper_id"]),
            "saved_at": datetime.fromisoformat(before["saved_at"]),
        },
    )


def annotate(row: SavedPaper, note: str) -> None:
    """Give a saved paper the reader's line, in place of the one it had."""
    row.note = clean_text(note, NOTE_LIMIT)
    row.save(update_fields=["note"])


def matching(subscriber: Subscriber, text: str) -> Sequence[int]:
    """The reader's saved papers that `text` finds, newest first: as a query, or by title and note."""
    rows = subscriber.saved_papers.values_list("pk", "paper", "title", "note")
    if not text:
        return [pk for pk, *_ in rows]
    try:
        found = frozenset(find(visitors_query(text)).papers)
    except QuerySyntaxError:  # half a query still finds words
        found = frozenset()
    words = text.casefold().split()
    return [
        pk
        for pk, paper, title, note in rows
        if paper in found or all(word in f"{title} {note}".casefold() for word in words)
    ]
