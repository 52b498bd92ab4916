"""The frame around every page: what may load, what fails loudly, and what errors look like."""

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults
from django.views.csrf import csrf_failure
from jinja2 import TemplateNotFound, UndefinedError
from pytest_django import Settings

from digest.web.rendering import environment, moment, short_moment, show, show_mail


def text_of(content: bytes) -> str:
    return " ".join(BeautifulSoup(content, "lxml").get_text(" ").split())


@pytest.mark.parametrize(
    "name", ["admin/login.html", "email/digest.html", "base.html", "web/../email/digest.html"]
)
def test_only_pages_are_found_so_the_admins_templates_stay_djangos(name: str) -> None:
    with pytest.raises(TemplateNotFound):
        environment().get_template(name)


def test_a_page_that_lacks_a_value_fails_instead_of_showing_a_gap(rf: RequestFactory) -> None:
    with pytest.raises(UndefinedError):
        show(rf.get("/"), "web/privacy.html", object())


def test_a_moment_is_told_as_a_clock_on_the_readers_wall_shows_it() -> None:
    at = datetime(2025, 11, 5, 23, 30, tzinfo=UTC)
    assert moment(at, "Asia/Kolkata") == "Thursday, 6 November at 05:00"
    assert short_moment(at) == "5 Nov 2025, 23:30"


@pytest.mark.django_db
def test_healthz_says_ok_while_the_database_answers(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_healthz_says_so_when_the_database_does_not_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cursor() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("digest.web.views.connection.cursor", cursor)
    assert client.get("/healthz").status_code == 503


def test_the_privacy_page_names_the_address_to_write_to(client: Client, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Paper Digest <hello@papers.example>"
    page = BeautifulSoup(client.get("/privacy/").content, "lxml")
    assert page.find("a", href="mailto:hello@papers.example")
    assert page.find(id="unsubscribe")


@pytest.mark.django_db
def test_an_address_without_a_page_answers_in_the_frame(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == 404
    assert "There is no page here" in text_of(response.content)
    assert BeautifulSoup(response.content, "lxml").find("a", class_="brand")


def test_a_failure_answers_in_the_frame_even_without_a_database(rf: RequestFactory) -> None:
    response = defaults.server_error(rf.get("/"))
    assert response.status_code == 500
    assert "The mistake is ours" in text_of(response.content)


@pytest.mark.parametrize("view", [defaults.bad_request, defaults.permission_denied])
def test_a_refused_request_answers_in_the_frame(rf: RequestFactory, view: object) -> None:
    assert callable(view)
    assert "Nothing was changed" in text_of(view(rf.get("/"), Exception()).content)


def test_an_expired_form_says_what_to_do(rf: RequestFactory) -> None:
    response = csrf_failure(rf.post("/"), reason="CSRF cookie not set.")
    assert response.status_code == 403
    assert "allow cookies for this site" in text_of(response.content)


def directives(policy: str) -> dict[str, set[str]]:
    found = (part.split() for part in policy.split(";"))
    return {name: set(sources) for name, *sources in found}


@pytest.mark.django_db
def test_pages_may_load_nothing_from_elsewhere_and_nothing_inline(client: Client) -> None:
    policy = directives(client.get("/privacy/")["Content-Security-Policy"])
    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == {"'self'"}
    assert policy["object-src"] == policy["base-uri"] == {"'none'"}
    assert "script-src" not in policy
    assert "style-src" not in policy


@pytest.mark.django_db
def test_the_admin_may_do_what_its_scripts_need(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ada"))
    policy = directives(client.get(reverse("admin:index"))["Content-Security-Policy"])
    assert "'unsafe-eval'" in policy["script-src"]
    assert policy["default-src"] == policy["frame-ancestors"] == {"'self'"}


def test_a_mail_brings_its_styles_and_nothing_else() -> None:
    policy = directives(show_mail("<p>hello</p>")["Content-Security-Policy"])
    assert policy["default-src"] == policy["form-action"] == {"'none'"}
    assert policy["style-src"] == {"'unsafe-inline'"}
    assert "allow-scripts" not in policy["sandbox"]


def test_links_of_a_framed_mail_leave_the_frame() -> None:
    html = show_mail('<html><HEAD lang="en"><title>x</title></HEAD></html>', target="_blank").content
    assert html == b'<html><HEAD lang="en"><base target="_blank"><title>x</title></HEAD></html>'


def test_a_form_tells_this_site_where_it_came_from_or_browsers_send_a_null_origin(rf: RequestFactory) -> None:
    assert show(rf.get("/"), "web/too_many.html")["Referrer-Policy"] == "same-origin"


def test_browsers_find_an_icon_where_they_look_for_one(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("/digest/icon.svg")
