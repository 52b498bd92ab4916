"""Guessing operators' passwords: slow for whoever tries, and cheap for everybody else."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth import hashers
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from digest.web.limits import throttling
from tests.factories import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.services]

PAGE = "/admin/login/"
GOOD = {"username": "operator", "password": "a long pass phrase"}


@pytest.fixture(autouse=True)
def operator(settings: Settings, valkey_url: str) -> User:
    settings.REDIS_URL = valkey_url
    return User.objects.create_superuser(GOOD["username"], password=GOOD["password"])


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each password that is looked at."""
    seen: list[Any] = []
    encode = hashers.MD5PasswordHasher.encode

    def counted(self: hashers.MD5PasswordHasher, *arguments: Any) -> str:
        seen.append(None)
        return encode(self, *arguments)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", counted)
    return seen


def text(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text().split())


def test_a_network_that_guesses_many_names_is_stopped_before_a_password_is_looked_at(
    client: Client, hashed: list[Any]
) -> None:
    with time_machine.travel(NOW.replace(minute=3, second=30), tick=False) as clock:
        for number in range(60):
            guess = {"username": f"name{number}", "password": "guess"}
            refused = client.post(PAGE, guess, REMOTE_ADDR=f"192.0.2.{number}")
        assert len(hashed) == throttling.SIGN_INS_PER_NETWORK
        assert refused.status_code == 429
        assert f"at {NOW:%H}:10 (UTC). That is in 7 minutes." in text(refused)
        assert client.get(PAGE, REMOTE_ADDR="192.0.2.1").status_code == 200
        assert client.post(PAGE, GOOD, REMOTE_ADDR="198.51.100.1").status_code == 302
        clock.shift(int(refused["Retry-After"]))
        assert client.post(PAGE, GOOD, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_a_name_that_failed_too_often_is_told_when_to_try_again_and_more_attempts_do_not_move_it(
    client: Client,
) -> None:
    with time_machine.travel(NOW.replace(minute=30, second=10), tick=False) as clock:
        for _ in range(3):
            assert client.post(PAGE, GOOD | {"password": "guess"}).status_code in {200, 429}
        clock.shift(timedelta(minutes=15))
        refused = client.post(PAGE, GOOD)
        assert refused.status_code == 429
        ends = NOW.replace(minute=31) + timedelta(hours=1)
        assert f"at {ends:%H:%M} (UTC). That is in 45 minutes." in text(refused)
        assert "Too many attempts to sign in" in text(refused)
        clock.shift(int(refused["Retry-After"]) + 1)
        assert client.post(PAGE, GOOD).status_code == 302


@pytest.mark.parametrize("wanted", ["//elsewhere.example/", "https://elsewhere.example/", "javascript:1"])
def test_a_refused_next_leads_to_the_front_page_of_the_admin(client: Client, wanted: str) -> None:
    response = client.post(f"{PAGE}?next={wanted}", GOOD | {"next": wanted})
    assert (response.status_code, response["Location"]) == (302, "/admin/")
