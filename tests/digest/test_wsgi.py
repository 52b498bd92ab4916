"""What reaches Django of a request that a web server took."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory

from digest.wsgi import application

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keeps_its_connection() -> Iterator[None]:
    """As with Django's client: the connection that the test's transaction is on stays open."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize(
    "charset", ["base64", "hex", "rot13", "undefined", "punycode", "utf-16", "no-such", '"']
)
def test_a_charset_that_holds_no_text_fails_no_page(charset: str) -> None:
    body = b"List-Unsubscribe=One-Click"
    asked = RequestFactory().generic("POST", "/no/such/page/", body).environ | {
        "CONTENT_TYPE": f"application/x-www-form-urlencoded; charset={charset}",
        "wsgi.input": io.BytesIO(body),
        "HTTP_HOST": "localhost",
    }
    answered: list[str] = []

    def start(status: str, _headers: list[tuple[str, str]], *_: Any) -> None:
        answered.append(status)

    b"".join(application(asked, start))
    assert answered == ["404 Not Found"]
