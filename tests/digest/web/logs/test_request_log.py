"""What the log says of requests that fail, and what it never says."""

import io
import logging
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from digest.archive import queries
from digest.web.logs.log_lines import MaskingFormatter, masked

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """What is logged, in the form that the settings say."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(MaskingFormatter(settings.LOGGING["formatters"]["line"]["format"]))
    logging.getLogger().addHandler(handler)
    yield output
    logging.getLogger().removeHandler(handler)


def fail() -> Any:
    raise RuntimeError("ada@readers.example at /p/3x-AbCdEfGhIjKlMn-_/ cannot be shown")


def test_a_page_that_fails_shows_the_number_under_which_its_traceback_is_logged(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "today_counts", fail)
    response = Client(raise_request_exception=False).get("/")
    assert response.status_code == 500
    number = response["X-Request-ID"]
    assert number in response.content.decode()
    assert re.search(f" ERROR {number} django.request: Internal Server Error: /\n", log.getvalue())
    assert "Traceback" in log.getvalue()
    assert "…@… at /p/…/ cannot be shown" in log.getvalue()
    assert "readers.example" not in log.getvalue()


def test_every_answer_has_a_number_of_its_own(client: Client) -> None:
    numbers = {client.get(path)["X-Request-ID"] for path in ("/healthz", "/healthz", "/nowhere/", "/admin/")}
    assert len(numbers) == 4


def test_the_access_log_is_written_only_where_it_is_asked_for_and_hides_links_and_queries(
    client: Client, log: io.StringIO, settings: Settings
) -> None:
    client.get("/healthz")
    assert "digest.access" not in log.getvalue()
    settings.ACCESS_LOG = True
    client.get("/u/3x-AbCdEfGhIjKlMn-_/?lang=de&q=mine", REMOTE_ADDR="192.0.2.7")
    assert re.search(r"digest\.access: 192\.0\.2\.7 GET /u/…/ 404, \d+ ms\n", log.getvalue())
    assert "mine" not in log.getvalue()


def test_no_path_begins_a_line_of_the_access_log(
    client: Client, log: io.StringIO, settings: Settings
) -> None:
    settings.ACCESS_LOG = True
    client.get("/a%0A2026-01-01%20ERROR%20made%20up%E2%80%A8")
    assert "GET /a\\n2026-01-01 ERROR made up\\u2028 404" in log.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a/export/3x-sq1a2b-AbCdEfGhIjKlMn-_/", "/a/export/…/"),
        ("/v/3x-AbCdEfGhIjKlMn-_/12/more/", "/v/…/12/more/"),
        ("Key (email_key)=(ada@readers.example) exists", "Key (email_key)=(…@…) exists"),
        ("?email=ada%40readers.example&x=1", "?email=…@…&x=1"),
        ("ada@readers.example&bela@readers.example", "…@…&…@…"),
        ("/papers/2511.01234/ and /topics/3d/", "/papers/2511.01234/ and /topics/3d/"),
    ],
)
def test_signed_links_and_addresses_are_hidden_and_the_rest_stays(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_a_header_as_long_as_the_server_takes_is_logged_at_once(client: Client, log: io.StringIO) -> None:
    began = time.process_time()
    assert client.get("/", headers={"Host": "a" * 90_000}).status_code == 400
    assert "Invalid HTTP_HOST header" in log.getvalue()
    assert time.process_time() - began < 2
