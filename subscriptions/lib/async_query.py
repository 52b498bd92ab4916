"""A statement that PostgreSQL works on while we do something else. SQLite does it when it is asked.

Parameters and answers are text: https://www.postgresql.org/docs/current/libpq-async.html
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


class UnderWay(Protocol):
    """A statement that was begun. Until its `numbers` are taken, nothing else may be asked there."""

    def descriptor(self) -> int | None:
        """What becomes readable when the database has something to say; none if it has said all."""

    def done(self) -> bool:
        """Whether `numbers` need not wait."""

    def numbers(self) -> set[int]:
        """The one column that it returns."""


def begin(sql: str, parameters: Sequence[str]) -> UnderWay:
    """Begin `sql`, whose places are `%s`, with text in them. Inside of a transaction it is done at once."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql" and not database.in_atomic_block:
        return _Sent(database, sql, parameters)
    return Done({number for (number,) in bulk_sql.rows(sql, parameters)})


class Done:
    """One that is done already."""

    def __init__(self, numbers: set[int]) -> None:
        self._numbers = numbers

    def descriptor(self) -> None:
        return None

    def done(self) -> bool:
        return True

    def numbers(self) -> set[int]:
        return self._numbers


# The statements that each connection keeps prepared, by their names there.
_prepared: WeakKeyDictionary["psycopg.Connection[Any]", dict[str, bytes]] = WeakKeyDictionary()
_numbers = count()
_FORGOTTEN = b"26000"  # no such prepared statement: psycopg drops all of a connection after a ROLLBACK


class _Sent:
    def __init__(self, database: BaseDatabaseWrapper, sql: str, parameters: Sequence[str]) -> None:
        database.ensure_connection()
        self._errors = database.wrap_database_errors
        self._client = database.connection
        self._server = self._client.pgconn
        self._sql, self._values = sql, [text.encode() for text in parameters]
        self._send()

    def _send(self) -> None:
        self._answered = False
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
            name = f"outbox {next(_numbers)}".encode()
            _checked(self._server.prepare(name, _numbered(self._sql)))
            names[self._sql] = name
        return names[self._sql]

    def descriptor(self) -> int:
        return self._socket

    def done(self) -> bool:
        if not self._answered:
            with self._errors:
                self._server.consume_input()
                self._answered = not self._server.is_busy()
        return self._answered

    def numbers(self) -> set[int]:
        results = self._results()
        if results[0].error_field(pq.DiagnosticField.SQLSTATE) == _FORGOTTEN:
            del _prepared[self._client]
            self._send()
            results = self._results()
        with self._errors:
            for result in results:
                _checked(result)
            return {int(result.get_value(row, 0)) for result in results for row in range(result.ntuples)}

    def _results(self) -> list[Any]:
        while not self.done():
            _wait_for(self._socket, select.POLLIN)
        with self._errors:
            return list(iter(self._server.get_result, None))  # all, else the connection stays busy


def _wait_for(descriptor: int, event: int) -> None:
    waiting = select.poll()
    waiting.register(descriptor, event)
    waiting.poll()


def _numbered(sql: str) -> bytes:
    """`sql` with its places as PostgreSQL writes them."""
    first, *others = sql.split("%s")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(others, 1))).encode()


def _checked(result: Any) -> None:
    if result.status not in {pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK}:
        raise psycopg.errors.error_from_result(result)
