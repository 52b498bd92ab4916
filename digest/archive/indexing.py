"""The search index is kept up to date: changed papers make new segments, and small segments larger ones.

papers changed since the newest segment → segments of 1,024 → eight of a size → one (a log-structured merge)
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from numpy.typing import NDArray

from digest.archive.segments import Current, Segment, current
from digest.matching.index.storing import Stored, merged, stored
from digest.matching.percolator.topic_assignment import index_of, topics_of
from digest.matching.topics.model_version import version
from digest.matching.topics.stored_matches import packed
from digest.models import IndexBlock, IndexSegment, Paper, release_lock
from digest.models.paper import LISTED

SIZE = 1024  # papers of a new segment
_MERGED = 8  # segments of a size
_LARGEST = 8 * SIZE  # papers of a segment that is merged with no other
_OVERLAP = timedelta(hours=1)  # a change may be seen only after later ones: its transaction took longer
_READ_FOR = timedelta(minutes=10)  # a replaced segment, by what began with it
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 50  # blocks written by one statement


def catch_up() -> None:
    """Index papers that changed since the newest segment; quick if there are none."""
    newest = Paper.objects.filter(LISTED).order_by("-updated_at").values_list("updated_at", flat=True).first()
    stamp = _newest_stamp()
    if newest and (stamp is None or newest > stamp):
        _index_changed(since=stamp)


def refresh(*, thorough: bool = False) -> None:
    """Bring the index up to date with the papers: changed, new and removed ones; merge small segments.

    Changes are looked for from an hour before the newest that is known; if `thorough`, in all papers.
    """
    stamp = _newest_stamp()
    _index_changed(since=None if thorough else stamp)
    known = sum(int(one.counts.sum()) for one in current())
    if known != Paper.objects.filter(LISTED).count():
        _forget_removed()
    while some := _to_merge(current()):
        if not _merge(some):
            break
    IndexSegment.objects.filter(replaced_at__lt=timezone.now() - _READ_FOR).delete()
    if thorough:
        IndexSegment.objects.exclude(made_by=version()).delete()


def _newest_stamp() -> datetime | None:
    """When the last of the indexed papers was changed."""
    standing = IndexSegment.objects.filter(made_by=version(), replaced_at=None)
    newest: datetime | None = standing.aggregate(newest=Max("stamp"))["newest"]
    return newest


def _index_changed(since: datetime | None) -> None:
    papers = Paper.objects.filter(LISTED).order_by("pk")
    if since:
        papers = papers.filter(updated_at__gte=since - _OVERLAP)
    rows = [(pk, _stamp(at)) for pk, at in papers.values_list("pk", "updated_at").iterator(10_000)]
    found = np.array(rows, np.int64).reshape(-1, 2)
    known = np.concatenate([np.zeros((0, 2), np.int64), *map(_counting, current())])
    known = known[np.argsort(known[:, 0])]
    places = np.minimum(np.searchsorted(known[:, 0], found[:, 0]), max(len(known) - 1, 0))
    same = (known[places] == found).all(axis=1) if len(known) else np.zeros(len(found), np.bool_)
    changed = found[~same, 0].tolist()
    for number, start in enumerate(range(0, len(changed), SIZE), start=1):
        _build(changed[start : start + SIZE])
        if not number % _MERGED and (some := _to_merge(current())):  # many at once, as at first
            _merge(some)


def _counting(one: Current) -> NDArray[np.int64]:
    """The papers of a segment that count, each with its stamp."""
    return np.column_stack((one.segment.papers, one.segment.stamps))[one.counts]


def _forget_removed() -> None:
    """Make segments anew that have papers which are gone."""
    stored_papers = Paper.objects.filter(LISTED).values_list("pk", flat=True)
    there = np.fromiter(stored_papers.iterator(10_000), np.int64)
    for one in current():
        kept = one.counts & np.isin(one.segment.papers, there)
        if not np.array_equal(kept, one.counts):
            _merge([Current(one.segment, kept)])


def _to_merge(segments: Sequence[Current]) -> Sequence[Current]:
    """Segments that had better be one: eight of a size, or one of which less than half counts."""
    tiers: dict[int, list[Current]] = {}
    for one in segments:
        papers = int(one.counts.sum())
        if 2 * papers < len(one.counts):
            return [one]
        tier = 0
        while papers > SIZE * _MERGED**tier:
            tier += 1
        tiers.setdefault(tier, []).append(one)
    full = (some for tier, some in tiers.items() if len(some) >= _MERGED and SIZE * _MERGED**tier < _LARGEST)
    return next(full, ())


def _build(pks: Sequence[int]) -> None:
    """A new segment of these papers."""
    papers = list(Paper.objects.filter(pk__in=pks).order_by("pk"))
    if not papers:
        return
    classify(papers)
    rows = np.array([(paper.pk, _stamp(paper.updated_at)) for paper in papers], np.int64)
    _write(rows, stored(index_of(papers)))


def _merge(segments: Sequence[Current]) -> bool:
    """One segment in place of some, of the papers that count; False if another process was faster."""
    rows = np.concatenate([_counting(one) for one in segments])
    made = merged([(one.segment.index, one.segment.read, one.counts) for one in segments])
    return _write(rows, made, [one.segment for one in segments])


def _write(rows: NDArray[np.int64], made: Stored, replaced: Iterable[Segment] = ()) -> bool:
    """Store a segment, unless nothing is in it, in place of others; False if these were replaced already."""
    old = sorted(segment.pk for segment in replaced)
    with transaction.atomic():
        standing = IndexSegment.objects.filter(pk__in=old, replaced_at=None)
        if len(standing.select_for_update().order_by("pk").values_list("pk")) < len(old):
            return False
        standing.update(replaced_at=timezone.now())
        if len(rows):
            stamp = _EPOCH + int(rows[:, 1].max()) * _MICROSECOND
            papers, stamps = (np.ascontiguousarray(column).tobytes() for column in rows.T)
            segment = IndexSegment.objects.create(
                count=len(rows), stamp=stamp, made_by=version(), papers=papers, stamps=stamps, head=made.head
            )
            IndexBlock.objects.bulk_create(
                (
                    IndexBlock(segment=segment, number=number, data=data)
                    for number, data in enumerate(made.blocks)
                ),
                batch_size=_AT_ONCE,
            )
    return True


def _stamp(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def classify(papers: Iterable[Paper]) -> None:
    """Store with each paper the topics it belongs to, where the present model has not classified it yet."""
    stale = [paper for paper in papers if paper.topic_matches is None]
    if not stale:
        return
    for paper, found in zip(stale, topics_of(stale), strict=True):
        paper.weighed = packed(found, paper)
    with release_lock():  # an ingest saves papers too, in another order
        Paper.objects.bulk_update(stale, ["weighed"], batch_size=200)
