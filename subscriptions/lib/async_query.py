"""A query that PostgreSQL executes while we do something else. On SQLite it is complete at once.

Parameters and results are text: https://www.postgresql.org/docs/current/libpq-async.html
"""

import select
from collections.abc import Sequence
from itertools import count
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq

from subscriptions.lib import bulk_sql


class PendingQuery(Protocol):
    """A query that was begun. Until its `row_ids` are read, its connection can be used for nothing else."""

    def fileno(self) -> int | None:
        """The socket that becomes readable when results arrive; none if they all have."""

    def ready(self) -> bool:
        """Whether `row_ids` returns without waiting."""

    def row_ids(self) -> set[int]:
        """The one column of numbers that the query returns."""


def begin(sql: str, parameters: Sequence[str]) -> PendingQuery:
    """Begin `sql`, with `%s` for each parameter. Inside a transaction it is complete at once."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql" and not database.in_atomic_block:
        return InFlightQuery(database, sql, parameters)
    return CompletedQuery({pk for (pk,) in bulk_sql.rows(sql, parameters)})


class CompletedQuery:
    """A query whose results are here already."""

    def __init__(self, row_ids: set[int]) -> None:
        self._row_ids = row_ids

    def fileno(self) -> None:
        return None

    def ready(self) -> bool:
        return True

    def row_ids(self) -> set[int]:
        return self._row_ids


# The names of each connection's prepared statements, by their SQL.
_prepared: WeakKeyDictionary["psycopg.Connection[Any]", dict[str, bytes]] = WeakKeyDictionary()
_name_numbers = count()
_NO_SUCH_STATEMENT = b"26000"  # psycopg drops all prepared statements of a connection after a ROLLBACK


class InFlightQuery:
    """A query that was sent to PostgreSQL, over libpq's own interface."""

    def __init__(self, database: BaseDatabaseWrapper, sql: str, parameters: Sequence[str]) -> None:
        database.ensure_connection()
        self._errors = database.wrap_database_errors
        self._client = database.connection
        self._server = self._client.pgconn
        self._sql, self._values = sql, [text.encode() for text in parameters]
        self._send()

    def _send(self) -> None:
        self._ready = False
        with self._errors:
            self._socket = int(self._server.socket)
            if self._client.prepare_threshold is None:
                self._server.send_query_params(_numbered(self._sql), self._values)
            else:
                self._server.send_query_prepared(self._name(), self._values)
            while self._server.flush():
                _wait_for(self._socket, select.POLLOUT)

    def _name(self) -> bytes:
        """The name under which this connection keeps the statement."""
        names = _prepared.setdefault(self._client, {})
        if self._sql not in names:
            name = f"outbox {next(_name_numbers)}".encode()
            _checked(self._server.prepare(name, _numbered(self._sql)))
            names[self._sql] = name
        return names[self._sql]

    def fileno(self) -> int:
        return self._socket

    def ready(self) -> bool:
        if not self._ready:
            with self._errors:
                self._server.consume_input()
                self._ready = not self._server.is_busy()
        return self._ready

    def row_ids(self) -> set[int]:
        results = self._results()
        if results[0].error_field(pq.DiagnosticField.SQLSTATE) == _NO_SUCH_STATEMENT:
            del _prepared[self._client]
            self._send()
            results = self._results()
        with self._errors:
            for result in results:
                _checked(result)
            return {int(result.get_value(row, 0)) for result in results for row in range(result.ntuples)}

    def _results(self) -> list[Any]:
        while not self.ready():
            _wait_for(self._socket, select.POLLIN)
        with self._errors:
            return list(iter(self._server.get_result, None))  # to the end, else the connection stays busy


def _wait_for(fd: int, event: int) -> None:
    waiting = select.poll()
    waiting.register(fd, event)
    waiting.poll()


def _numbered(sql: str) -> bytes:
    """`sql` with PostgreSQL's placeholders: $1, $2, …"""
    first, *others = sql.split("%s")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(others, 1))).encode()


def _checked(result: Any) -> None:
    if result.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        raise psycopg.errors.error_from_result(result)
