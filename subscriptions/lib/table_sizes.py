"""How much room rows take: what deleting some of them frees for new ones."""

from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet

_SQLITE = """
SELECT SUM(pgsize) FROM dbstat
WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = %s)
"""


def bytes_a_row(rows: QuerySet[Any]) -> float:
    """The mean size of one of `rows`, all of a table, with its part of the indexes; 0 if it is not known.

    Bodies of answers are kept apart, and are not in the size of a raw answer.
    """
    number = rows.count()
    if not number:
        return 0.0
    size = "SELECT pg_total_relation_size(%s)" if connection.vendor == "postgresql" else _SQLITE
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(size, [rows.query.get_meta().db_table])
            return float(cursor.fetchone()[0] or 0) / number
    except DatabaseError:  # a SQLite without dbstat
        return 0.0
