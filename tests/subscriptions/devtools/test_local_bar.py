"""The bar of `make run`, its docs, and a page for what is not there."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

pytestmark = pytest.mark.django_db
EVERY = ["/inbox/", "/admin/", "/previews/", "/docs/"]


def places(response: Any) -> list[str]:
    bar = BeautifulSoup(response.content, "lxml").select_one("nav.local")
    return [str(link["href"]) for link in bar.select("a")] if bar else []


@pytest.mark.parametrize(
    "path", ["/", "/archive/", "/inbox/", "/previews/", "/docs/", "/admin/", "/nowhere/"]
)
def test_every_page_leads_to_the_operators_pages_in_debug_and_only_there(
    admin_client: Client, settings: Any, path: str
) -> None:
    assert places(admin_client.get(path)) == []
    settings.DEBUG = True
    assert places(admin_client.get(path)) == EVERY


def test_the_page_to_sign_in_has_the_bar_too(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert places(client.get("/admin/login/")) == EVERY


def test_the_bar_has_no_inbox_where_mail_goes_to_a_relay(client: Client, settings: Any) -> None:
    settings.DEBUG, settings.EMAIL_URL = True, "smtp://relay.example.org"
    assert places(client.get("/")) == EVERY[1:]


def test_the_docs_lead_to_each_other_and_to_nothing_else(client: Client, settings: Any) -> None:
    assert client.get("/docs/").status_code == 404
    settings.DEBUG = True
    seen, waiting = set(), ["/docs/"]
    while waiting:
        path = waiting.pop()
        response = client.get(path)
        assert response.status_code == 200, path
        seen.add(path)
        found = {str(a["href"]) for a in BeautifulSoup(response.content, "lxml").select("pre a")}
        waiting += found - seen - set(waiting)
    assert {"/docs/docs/operating.md", "/docs/README.md", "/docs/docs/decisions/index.md"} <= seen
    for outside in ("manage.py", "../etc/passwd", "docs/../manage.py", "docs/conf.py", "/etc/passwd"):
        assert client.get(f"/docs/{outside}").status_code == 404, outside


@pytest.mark.parametrize("debug", [False, True])
def test_what_is_not_there_has_a_page_of_ours(client: Client, settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    for path in ("/nowhere/", "/papers/arxiv:0000.00000/", "/topics/nothing/", "/admin/nowhere/"):
        answer = client.get(path, follow=True)
        text = answer.content.decode()
        assert answer.status_code == 404 or path.startswith("/admin"), path
        assert "DEBUG = True" not in text, path
        assert "URLconf" not in text, path
    assert "There is no page here" in client.get("/nowhere/").content.decode()
    assert client.get("/archive").status_code == 301  # the slash is still added
