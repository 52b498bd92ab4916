"""Stored papers and their index, several times over: half a million in minutes, where indexing takes hours.

Each copy has later numbers and earlier days; its words are the same, so a word is as rare as in the original.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

import numpy as np
from django.db import connection, models

from digest.matching.ast import Number
from digest.matching.index.columns import lines, pack, unpack
from digest.models import Edition, EditionEntry, IndexBlock, IndexSegment, Paper, Release

_BEFORE_NUMBERS = 3  # columns of a head: see `digest.matching.index.storing`


def copy_all(originals: int, copies: Iterable[int]) -> None:
    """Make copies, by their numbers from 1, of the papers stored first and of all that belongs to them."""
    newest = Paper.objects.select_related("release").order_by("pk")[originals - 1]
    assert newest.release
    assert newest.release.edition_id
    entry = EditionEntry.objects.order_by("pk")[originals - 1]
    through: Mapping[type[models.Model], int] = {
        Edition: newest.release.edition_id,
        Release: newest.release.pk,
        Paper: newest.pk,
        EditionEntry: entry.pk,
    }
    days = Edition.objects.filter(pk__lte=through[Edition]).count()
    segments = [
        segment
        for segment in IndexSegment.objects.filter(replaced_at=None)
        if np.frombuffer(bytes(segment.papers), np.int64).max() <= newest.pk
    ]
    for number in copies:
        _copy_papers(number, through, number * days)
        for segment in segments:
            _copy_segment(segment, number * newest.pk, timedelta(number * days))


def _copy_papers(number: int, through: Mapping[type[models.Model], int], days: int) -> None:
    later = {model: f"+ {number * last}" for model, last in through.items()}
    day = f"date(day, '-{days} days')" if connection.vendor == "sqlite" else f"day - {days}"
    edition, release = f"edition_id {later[Edition]}", f"release_id {later[Release]}"
    changed: Mapping[type[models.Model], Mapping[str, str]] = {
        Edition: {"day": day},
        Release: {"edition_id": edition},
        Paper: {"key": f"key || '-{number}'", "day": day, "release_id": release},
        EditionEntry: {"edition_id": edition, "paper_id": f"paper_id {later[Paper]}", "release_id": release},
    }
    for model, values in changed.items():
        _copy(model, {"id": f"id {later[model]}", **values}, through[model])


def _copy(model: type[models.Model], changed: Mapping[str, str], through: int) -> None:
    """Copy the rows with primary keys of at most `through`, with some columns changed."""
    columns = [str(field.column) for field in model._meta.local_concrete_fields]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changed.get(column, f'"{column}"') for column in columns)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE id <= {through}")


def _copy_segment(segment: IndexSegment, later: int, earlier: timedelta) -> None:
    names, columns = unpack(bytes(segment.head))
    halves = columns[_BEFORE_NUMBERS + list(Number).index(Number.DAY)]
    halves[: len(halves) // 2] -= earlier.days  # the low halves; a day needs no others
    copy = IndexSegment.objects.create(
        count=segment.count,
        stamp=segment.stamp,
        made_by=segment.made_by,
        papers=(np.frombuffer(bytes(segment.papers), np.int64) + later).tobytes(),
        stamps=segment.stamps,
        head=pack(*map(lines, names), *columns),
    )
    old, new = (models.UUIDField().get_db_prep_value(one.pk, connection) for one in (segment, copy))
    table = IndexBlock._meta.db_table
    statement = f"INSERT INTO {table} (segment_id, number, data) SELECT %s, number, data FROM {table}"
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} WHERE segment_id = %s", [new, old])
