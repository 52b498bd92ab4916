"""SQL for many rows at once, written out: having the ORM make it for each mail takes longer than the mail.

PostgreSQL keeps the statements prepared, for planning one takes as long as executing it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """The rows that `sql` returns, with `%s` for each parameter, or `%(name)s`."""
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


def table(name: str, columns: Mapping[str, str], parameter: str = "%s") -> str:
    """A common table expression whose rows come as one parameter: a JSON array of arrays.

    Binding hundreds of parameters costs the client more than the database. `columns` maps names to SQL types.
    """
    if connection.vendor == "postgresql":
        source, cell = f"jsonb_array_elements({parameter}::jsonb)", "item.value ->> {}"
    else:
        source, cell = f"json_each({parameter})", "json_extract(item.value, '$[{}]')"
    cells = ", ".join(
        f"CAST({cell.format(number)} AS {kind}) AS {column}"
        for number, (column, kind) in enumerate(columns.items())
    )
    return f"{name} AS MATERIALIZED (SELECT {cells} FROM {source} AS item)"  # noqa: S608 - of our own names


def one_of(parameter: str = "%s") -> str:
    """The condition that a number is one of `numbers`, which come as one parameter."""
    if connection.vendor == "postgresql":
        return f"= ANY({parameter}::bigint[])"
    return f"IN (SELECT value FROM json_each({parameter}))"  # noqa: S608 - of our own names


def numbers(values: Sequence[int]) -> str:
    """The parameter of `one_of`."""
    joined = ",".join(map(str, values))
    return f"{{{joined}}}" if connection.vendor == "postgresql" else f"[{joined}]"


def moment_type() -> str:
    """The SQL type of a moment among the columns of a `table`."""
    return "timestamptz" if connection.vendor == "postgresql" else "text"
