"""A pending query: the same result as one that is waited for, errors included."""

import contextlib
import select
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, OperationalError, connection, transaction

from digest.env import database
from subscriptions.lib import async_query, bulk_sql

pytestmark = pytest.mark.django_db(transaction=True)
NAP = "SELECT 1 FROM pg_sleep(CAST(%s AS float))"


def test_it_gives_the_one_column_that_the_statement_returns() -> None:
    sql = f"WITH {bulk_sql.table('t', {'pk': 'bigint'})} SELECT pk FROM t WHERE pk > CAST(%s AS bigint)"
    for least, expected in (("1", {2, 3}), ("3", set())):
        begun = async_query.begin(sql, ["[[1], [2], [3]]", least])
        assert begun.row_ids() == expected
        assert begun.ready()


def test_a_statement_that_cannot_be_read_says_so_and_the_next_works() -> None:
    with pytest.raises(DatabaseError):
        async_query.begin("SELECT nothing FROM nowhere", [])
    assert async_query.begin("SELECT 7", []).row_ids() == {7}


def test_a_statement_that_fails_later_says_so_and_the_next_works() -> None:
    with pytest.raises(DatabaseError):
        async_query.begin("SELECT CAST(%s AS bigint) / 0 FROM no_such_table_anywhere", ["1"]).row_ids()
    with pytest.raises(DatabaseError):
        async_query.begin("SELECT abs(CAST(%s AS bigint))", ["-9223372036854775808"]).row_ids()
    assert bulk_sql.rows("SELECT 7", [])[0] == (7,)


def test_inside_a_transaction_it_sees_what_was_written_there() -> None:
    with transaction.atomic():
        User.objects.create(username="ada")
        assert async_query.begin("SELECT COUNT(*) FROM auth_user", []).row_ids() == {1}


def test_it_is_prepared_anew_after_a_rollback() -> None:
    assert async_query.begin("SELECT 7", []).row_ids() == {7}
    with transaction.atomic():
        bulk_sql.rows("SELECT 8", [])
        transaction.set_rollback(True)
    assert async_query.begin("SELECT 7", []).row_ids() == {7}


@pytest.mark.services  # on PostgreSQL: SQLite has no pending queries
def test_a_query_is_not_waited_for_before_its_result_is_read() -> None:
    begun = async_query.begin(NAP, ["0.3"])
    assert not begun.ready()
    descriptor = begun.fileno()
    assert descriptor is not None
    while not begun.ready():  # what is readable may be half a result
        select.select([descriptor], [], [], 30)
    assert begun.row_ids() == {1}


@pytest.mark.services  # on PostgreSQL: SQLite has no pending queries
def test_a_connection_lost_meanwhile_raises_an_operational_error() -> None:
    begun = async_query.begin(NAP, ["30"])
    backend = connection.connection.info.backend_pid
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    with pytest.raises(OperationalError):
        begun.row_ids()
    connection.close()
    assert async_query.begin("SELECT 7", []).row_ids() == {7}


@pytest.mark.services  # on PostgreSQL: SQLite has no pending queries
def test_a_pooler_without_prepared_statements_gets_the_sql_each_time() -> None:
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    url = "postgres://here/digest?prepare_threshold=None"
    kept = options | {}
    options |= database(url, Path())["OPTIONS"]
    try:
        assert async_query.begin("SELECT 11", []).row_ids() == {11}
        assert bulk_sql.rows("SELECT 11", []) == [(11,)]
        names = bulk_sql.rows("SELECT name FROM pg_prepared_statements WHERE statement LIKE '%%11%%'", [])
        assert names == []
    finally:
        connection.close()
        options |= kept
