"""The raw answers of sources: kept as they came, to parse any day again; deleted when old."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import Coalesce, Rank, TruncDate

from digest.models import AnswerBody, RawAnswer, Source, release_lock

_BATCH = 500  # rows deleted at once


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it came, in its parts. `day` was asked for; `format` is empty if unreadable."""

    day: date | None
    fetched_at: datetime
    format: str
    parts: tuple[bytes, ...]


def keep(source: Source, day: date | None, parts: Sequence[bytes], form: str, now: datetime) -> None:
    """Keep what `source` answered at `now` when it was asked for `day` (None: for what it lists now).

    The same answer again only notes that it was seen, and in which format it is read now.
    """
    with transaction.atomic():
        Source.objects.select_for_update().get(pk=source.pk)  # `prune` waits: no body goes meanwhile
        asked = RawAnswer.objects.filter(source=source, day=day)
        newest = asked.order_by("-fetched_at").values("fetched_at")[:1]
        last = list(asked.filter(fetched_at=newest).order_by("part"))
        bodies = [keep_body(part) for part in parts]
        if [answer.body_id for answer in last] == [body.pk for body in bodies]:
            asked.filter(fetched_at=newest).update(seen_at=now, format=form)
            return
        asked.filter(fetched_at=now).delete()  # another answer of the same moment: they would be one
        RawAnswer.objects.bulk_create(
            RawAnswer(
                source=source, day=day, part=number, body=body, format=form, fetched_at=now, seen_at=now
            )
            for number, body in enumerate(bodies)
        )


def keep_body(raw: bytes) -> AnswerBody:
    """The stored body with these bytes. Call it under a lock of a source's row: see `prune`."""
    body, _ = AnswerBody.objects.get_or_create(
        sha256=hashlib.sha256(raw).hexdigest(),
        defaults={"compressed": zlib.compress(raw), "size": len(raw)},
    )
    return body


def bytes_of(body: AnswerBody) -> bytes:
    """What `keep_body` was given."""
    return zlib.decompress(body.compressed)


def answers(source: Source, since: date, until: date) -> Iterator[KeptAnswer]:
    """The kept answers about these days, both included, in the order in which they came.

    Where a source is asked for no day, these are the answers that it gave on these days (UTC).
    """
    given = Q(day=None, fetched_at__date__range=(since, until))
    about = Q(day__range=(since, until))
    return _read(RawAnswer.objects.filter(given | about, source=source))


def latest(source: Source, day: date | None) -> KeptAnswer | None:
    """The newest kept answer about `day` (None: to the question what is listed now), readable or not."""
    asked = RawAnswer.objects.filter(source=source, day=day)
    newest = asked.order_by("-fetched_at").values("fetched_at")[:1]
    return next(_read(asked.filter(fetched_at=newest)), None)


def answer_of(part: RawAnswer) -> KeptAnswer:
    """The whole answer that `part` belongs to."""
    parts = RawAnswer.objects.filter(source=part.source_id, day=part.day, fetched_at=part.fetched_at)
    return next(_read(parts))


def _read(rows: QuerySet[RawAnswer]) -> Iterator[KeptAnswer]:
    ordered = rows.select_related("body").order_by("fetched_at", "day", "part")
    for (fetched_at, day), parts in groupby(ordered.iterator(100), lambda row: (row.fetched_at, row.day)):
        read = list(parts)
        yield KeptAnswer(day, fetched_at, read[0].format, tuple(bytes_of(part.body) for part in read))


def outdated(now: datetime) -> list[int]:
    """The answers last given RAW_ANSWERS_DAYS ago, but for the last readable one about each day.

    That stays for good, so that every day can be parsed again. Where a source is asked for no day, it is the
    last one of the day on which it was given.
    """
    last = _last_of_each_day()
    return [answer for answer in _old(now).values_list("pk", flat=True) if answer not in last]


def _old(now: datetime) -> QuerySet[RawAnswer]:
    return RawAnswer.objects.filter(seen_at__lt=now - timedelta(days=settings.RAW_ANSWERS_DAYS))


def prune(now: datetime) -> int:
    """Delete the outdated answers, and bodies that no answer has any more; how many answers."""
    goes = outdated(now)
    for start in range(0, len(goes), _BATCH):
        with release_lock():  # all sources' rows: nobody keeps an answer meanwhile
            _old(now).filter(
                pk__in=goes[start : start + _BATCH]
            ).delete()  # unless it was given again just now
    unheld = AnswerBody.objects.filter(raw_answers=None, known_answers=None)
    bodies = list(unheld.values_list("pk", flat=True))
    for start in range(0, len(bodies), _BATCH):
        with release_lock():
            unheld.filter(pk__in=bodies[start : start + _BATCH]).only("pk").delete()
    return len(goes)


def _last_of_each_day() -> set[int]:
    """The rows of the last readable answer about each day of each source."""
    about = Coalesce("day", TruncDate("fetched_at"))
    order = Window(Rank(), partition_by=["source", "day", about], order_by=F("fetched_at").desc())
    readable = RawAnswer.objects.exclude(format="").annotate(order=order)
    return set(readable.filter(order=1).values_list("pk", flat=True))
