"""Fresh databases for scenes, and this process's models working on them."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections

from digest import env
from tests.services.postgres import create_database


@contextmanager
def models_on(url: str) -> Iterator[None]:
    """Let the models of this process work on the database at `url`, whatever the tests' own is."""
    config = env.database(url, Path())
    before = connections.settings[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS]
    connections.settings[DEFAULT_DB_ALIAS] = connections.configure_settings({DEFAULT_DB_ALIAS: config})[
        DEFAULT_DB_ALIAS
    ]
    connections[DEFAULT_DB_ALIAS] = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS].close()
        connections.settings[DEFAULT_DB_ALIAS], connections[DEFAULT_DB_ALIAS] = before
        ContentType.objects.clear_cache()  # those of the other database have other numbers


class Databases:
    """Empty databases of one vendor; the tables are made once and copied."""

    def __init__(self, home: Path, server_url: str | None) -> None:
        """SQLite files below `home`, or databases on the PostgreSQL server at `server_url`."""
        self.home, self._server_url = home, server_url
        self._template = self._named(uuid.uuid4().hex[:12])
        if server_url:
            create_database(server_url, urlsplit(self._template).path[1:])
        with models_on(self._template):
            call_command("migrate", verbosity=0)

    def _named(self, name: str) -> str:
        if self._server_url:
            return f"{self._server_url}/faults_{name}"
        return f"sqlite:///{quote(str(self.home / f'{name}.sqlite3'))}"

    def fresh(self) -> str:
        """The URL of a new database with empty tables."""
        url = self._named(uuid.uuid4().hex[:12])
        if self._server_url:
            with psycopg.connect(f"{self._server_url}/postgres", autocommit=True) as connection:
                name, template = urlsplit(url).path[1:], urlsplit(self._template).path[1:]
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        else:
            shutil.copy(self.file(self._template), self.file(url))
        return url

    @staticmethod
    def file(url: str) -> Path:
        """The file of a SQLite database."""
        return Path(url.removeprefix("sqlite:///"))

    def drop(self, url: str) -> None:
        """Free what the database at `url` takes."""
        if self._server_url:
            with psycopg.connect(f"{self._server_url}/postgres", autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{urlsplit(url).path[1:]}" WITH (FORCE)')
            return
        for file in self.home.glob(f"{self.file(url).name}*"):
            file.unlink()
