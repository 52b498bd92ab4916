"""Leases by the database's clock, so that all machines agree on when one has ended, whatever their own say.

SQLite has no server: its clock is the one of this machine, which all its clients share.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

FOREIGN = timedelta(minutes=10)  # after a lease, for which its machine alone settles what its sender left


def lease_time() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def now(later: timedelta = timedelta()) -> Combinable:
    """The database's clock, and so much later, for queries of the ORM."""
    if connection.vendor == "postgresql":
        return Now() + later
    return Value(timezone.now() + later, output_field=DateTimeField())


# For SQL that is written out, with `parameters` among its own.
def now_sql() -> str:
    return "clock_timestamp()" if connection.vendor == "postgresql" else "%(clock)s"


def end_sql() -> str:
    """When a lease that begins now ends."""
    if connection.vendor == "postgresql":
        return "(clock_timestamp() + %(lease)s * interval '1 second')"
    return "%(lease_end)s"


def parameters() -> Mapping[str, object]:
    """What `now_sql` and `end_sql` need."""
    if connection.vendor == "postgresql":
        return {"lease": settings.OUTBOX_LEASE_SECONDS}
    written = connection.ops.adapt_datetimefield_value
    clock = timezone.now()
    return {"clock": written(clock), "lease_end": written(clock + lease_time())}
