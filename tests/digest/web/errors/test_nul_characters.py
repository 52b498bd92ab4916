"""A NUL anywhere in a request is the visitor's mistake on every database, and never a failure of the page."""

import pytest
from django.test import Client

from digest.models import Source
from tests.factories import reader, topic
from tests.subscriptions.browsing import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    "path", ["/papers/a%00b/", "/topics/a%00/", "/%00", "/u/a%00-b/", "/static/%00.css", "/archive/%00/"]
)
def test_a_path_with_a_nul_leads_nowhere(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/search/?q=a%00b",
        "/?topics=%00",
        "/archive/2025-11-05/?topic=%00",
        "/?%00=1",
        "/admin/login/?next=%00",
    ],
)
def test_a_query_with_a_nul_cannot_be_read(client: Client, path: str) -> None:
    topic("agents", "agents")
    assert client.get(path).status_code == 400


def test_a_form_with_a_nul_cannot_be_read(client: Client) -> None:
    ada = reader("ada@readers.example", [topic("agents", "agents")])
    for path, field in (
        ("/", "email"),
        ("/admin/login/", "username"),
        (address("preferences", ada), "queries"),
        (address("preferences", ada), "action"),
    ):
        assert client.post(path, {field: "a\0b"}).status_code == 400, path
        encoded = client.post(path, f"{field}=a%00b", content_type="application/x-www-form-urlencoded")
        assert encoded.status_code == 400, path


def test_a_cookie_with_a_nul_cannot_be_read(client: Client) -> None:
    as_sent = f'sessionid="\\000{"a" * 31}"'  # newer Pythons make no such cookie, and read it
    assert client.get("/admin/", headers={"Cookie": as_sent}).status_code == 400


def test_an_operators_search_and_filter_with_a_nul_cannot_be_read(admin_client: Client) -> None:
    for query in ("q=%00", "adapter=%00"):
        assert admin_client.get(f"/admin/digest/source/?{query}").status_code == 400
    assert not Source.objects.exists()
