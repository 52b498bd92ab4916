"""Selections come and go beside each other: a planner keeps those it is about to name in deliveries.

The deliveries have no constraint in the database that would do so. On SQLite one transaction writes at a
time, which is as good as a lock.
"""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import QuerySet

from digest.models import Selection


def kept(selections: Collection[int]) -> set[int]:
    """Which of these are still there; they stay until the transaction ends. Planners wait for no planner."""
    if connection.vendor != "postgresql":
        return set(Selection.objects.filter(pk__in=selections).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM digest_selection WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(selections)]
        )
        return {pk for (pk,) in cursor.fetchall()}


def forget_unused(selections: QuerySet[Selection]) -> None:
    """Delete those of `selections` that no delivery names; waits for planners who are about to name them."""
    unused = selections.filter(deliveries=None)
    with transaction.atomic():
        locked = list(unused.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
        # Asked again: what a planner wrote while we waited is seen only now.
        Selection.objects.filter(pk__in=locked, deliveries=None).delete()
