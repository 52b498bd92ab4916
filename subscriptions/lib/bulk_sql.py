"""Statements for many rows at once, written out: making them anew for each mail takes longer than the mail.

PostgreSQL keeps their plans, for making one takes as long as following it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, parameters: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
    """What `sql` returns; its places are `%s`."""
    found: Sequence[tuple[Any, ...]]
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as prepared:
            found = prepared.execute(sql, parameters, prepare=True).fetchall()
    else:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            found = cursor.fetchall()
    return found


def table(name: str, columns: Mapping[str, str]) -> str:
    """A table in front of a statement, whose rows come as one parameter: a JSON array of arrays.

    Taking hundreds of parameters apart costs the client more than the database. `columns` have types.
    """
    if connection.vendor == "postgresql":
        source, cell = "jsonb_array_elements(%s::jsonb)", "item.value ->> {}"
    else:
        source, cell = "json_each(%s)", "json_extract(item.value, '$[{}]')"
    cells = ", ".join(
        f"CAST({cell.format(number)} AS {kind}) AS {column}"
        for number, (column, kind) in enumerate(columns.items())
    )
    return f"{name} AS MATERIALIZED (SELECT {cells} FROM {source} AS item)"  # noqa: S608 - of our own names


def one_of() -> str:
    """Whether a number is one of `numbers`, which come as one parameter."""
    return (
        "= ANY(%s::bigint[])" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
    )


def numbers(values: Sequence[int]) -> str:
    """The parameter of `one_of`."""
    joined = ",".join(map(str, values))
    return f"{{{joined}}}" if connection.vendor == "postgresql" else f"[{joined}]"


def moment_type() -> str:
    """The type of a moment in the columns of a `table`."""
    return "timestamptz" if connection.vendor == "postgresql" else "text"
