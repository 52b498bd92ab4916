"""Whose digests are often empty, or often cut by their cap: asked of the database for all readers at once."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from django.db import connection

from subscriptions.lib import bulk_sql
from subscriptions.models.suggestion import EVERY

LOOKED_AT = 5  # latest digests of a reader for which there were papers at all
OFTEN = 4  # of them
_SPAN = timedelta(days=40)  # has five weekly digests

# Of the digests that were planned, those with papers to choose among; holidays empty nobody's filters.
_OFTEN = """
SELECT reader.id, reader.filter_set_id, COALESCE(reader.volume, 0), reader.rhythm, latest.empty
FROM (
    SELECT subscriber_id, SUM(empty) AS empty, SUM(cut) AS cut
    FROM (
        SELECT delivery.subscriber_id,
            CASE WHEN selection.items = '[]' AND selection.carried = '[]' THEN 1 ELSE 0 END AS empty,
            CASE WHEN selection.more <> '[]' THEN 1 ELSE 0 END AS cut,
            ROW_NUMBER() OVER (PARTITION BY delivery.subscriber_id ORDER BY delivery.due_at DESC) AS place
        FROM subscriptions_delivery AS delivery
        JOIN digest_selection AS selection ON selection.id = delivery.selection_id
        WHERE delivery.kind = 'digest' AND delivery.due_at > %s AND selection.scanned > 0
    ) AS planned
    WHERE place <= %s
    GROUP BY subscriber_id
) AS latest
JOIN subscriptions_subscriber AS reader ON reader.id = latest.subscriber_id
WHERE reader.state = 'active' AND (latest.empty >= %s OR latest.cut >= %s)
    AND NOT EXISTS (
        SELECT 1 FROM subscriptions_suggestion AS suggestion
        WHERE suggestion.subscriber_id = reader.id AND suggestion.offered_at > %s
    )
ORDER BY reader.id
"""


class Alike(NamedTuple):
    """What readers share who may be suggested the same: `trouble`, filters, how long digests are."""

    trouble: Literal["empty", "cut"]
    filter_set: int
    volume: int
    weekly: bool


def troubled(now: datetime) -> Mapping[Alike, list[int]]:
    """Active readers with such digests who were offered nothing within a week, by what they share."""
    moment = connection.ops.adapt_datetimefield_value
    found = bulk_sql.rows(_OFTEN, [moment(now - _SPAN), LOOKED_AT, OFTEN, OFTEN, moment(now - EVERY)])
    readers: dict[Alike, list[int]] = defaultdict(list)
    for reader, filter_set, volume, rhythm, empty in found:
        trouble: Literal["empty", "cut"] = "empty" if empty >= OFTEN else "cut"
        readers[Alike(trouble, filter_set, volume, rhythm == "weekly")].append(reader)
    return readers
