"""Stored papers and their index, several times over: half a million in a minute, where indexing takes hours.

Each copy has later numbers and earlier days; its words are the same, so a word is as rare as in the original.
"""

from collections.abc import Mapping

import numpy as np
from django.db import connection, models
from django.db.models import Max

from digest.matching.ast import Number
from digest.matching.index.columns import pack, unpack
from digest.models import Edition, EditionEntry, IndexBlock, IndexSegment, Paper, Release

_BEFORE_NUMBERS = 3  # columns of a head: see `digest.matching.index.storing`


def copy_all(times: int) -> None:
    """Add so many copies of everything that is stored and indexed."""
    numbers = {model: _newest(model) for model in (Edition, Release, Paper, EditionEntry)}
    days = Edition.objects.values("day").distinct().count()
    segments = list(IndexSegment.objects.filter(replaced_at=None))
    IndexSegment.objects.exclude(replaced_at=None).delete()
    for number in range(1, times + 1):
        later = {model: str(number * newest) for model, newest in numbers.items()}
        earlier = _earlier(number * days)
        _copy(Edition, {"id": f"id + {later[Edition]}", "day": earlier}, numbers[Edition])
        edition = f"edition_id + {later[Edition]}"
        _copy(Release, {"id": f"id + {later[Release]}", "edition_id": edition}, numbers[Release])
        release = f"release_id + {later[Release]}"
        key = f"key || '-{number}'"
        changed = {"id": f"id + {later[Paper]}", "key": key, "day": earlier, "release_id": release}
        _copy(Paper, changed, numbers[Paper])
        entry = {"id": f"id + {later[EditionEntry]}", "edition_id": edition, "release_id": release}
        _copy(EditionEntry, entry | {"paper_id": f"paper_id + {later[Paper]}"}, numbers[EditionEntry])
        for segment in segments:
            _copy_segment(segment, number * numbers[Paper], number * days)


def _newest(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(newest=Max("pk"))["newest"])


def _earlier(days: int) -> str:
    return f"date(day, '-{days} days')" if connection.vendor == "sqlite" else f"day - {days}"


def _copy(model: type[models.Model], changed: Mapping[str, str], through: int) -> None:
    """Copy the rows with primary keys of at most `through`, with some columns changed."""
    columns = [str(field.column) for field in model._meta.local_concrete_fields]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f'"{column}"') for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE id <= {through}")


def _copy_segment(segment: IndexSegment, later: int, days: int) -> None:
    papers = np.frombuffer(bytes(segment.papers), np.int64) + later
    names, columns = unpack(bytes(segment.head))
    halves = columns[_BEFORE_NUMBERS + list(Number).index(Number.DAY)]
    halves[: len(halves) // 2] -= days  # a day has no more than 32 bits
    copy = IndexSegment.objects.create(
        count=segment.count,
        stamp=segment.stamp,
        made_by=segment.made_by,
        papers=papers.tobytes(),
        stamps=segment.stamps,
        head=pack(*(name.split(b"\n")[:-1] for name in names), *columns),
    )
    old, new = (models.UUIDField().get_db_prep_value(one.pk, connection) for one in (segment, copy))
    table = IndexBlock._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (segment_id, number, data) SELECT %s, number, data FROM {table} "
            "WHERE segment_id = %s",
            [new, old],
        )
