"""Rows as the version before stored them, in tables as it had them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def models_before(migrations: Sequence[tuple[str, str]]) -> Callable[..., Any]:
    """Make the tables as of these migrations; returns what adds a row to one of them by its model."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(migrations))
    apps = executor.loader.project_state(list(migrations)).apps

    def add(model: str, **values: Any) -> Any:
        return apps.get_model(model)._default_manager.create(**values)

    return add
