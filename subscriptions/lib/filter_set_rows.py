"""Filter sets come and go beside each other: one that nobody holds any more goes, with the queries in it.

Whoever points a reader at one keeps it by `FilterSet.objects.obtain` in the same transaction.
"""

from django.db import transaction
from django.db.models import QuerySet

from subscriptions.models import FilterSet


def forget_unheld(filter_sets: QuerySet[FilterSet]) -> None:
    """Delete those of `filter_sets` that no reader holds, and nobody is about to."""
    unheld = filter_sets.filter(subscribers=None).order_by("pk")
    with transaction.atomic():
        free = list(unheld.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
        # Asked again: what was written until we had the lock is seen only now.
        FilterSet.objects.filter(pk__in=free, subscribers=None).delete()
