"""An operator who lost the password gets in again by one command."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from subscriptions.devtools import demo_data

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("reset_password", *arguments, stdout=out)
    return out.getvalue()


def sign_in(client: Client, password: str, name: str = "admin") -> Any:
    return client.post("/admin/login/", {"username": name, "password": password})


def test_a_lost_password_is_replaced_in_one_line_also_after_a_lock_out(client: Client) -> None:
    demo_data.create_admin()
    statuses = [sign_in(client, "guess").status_code for _ in range(6)]
    assert statuses[-1] == 429
    password = run().split("is now ")[1].split()[0]
    assert sign_in(client, password).status_code == 302


def test_the_second_start_says_how() -> None:
    out = io.StringIO()
    call_command("demo", stdout=io.StringIO())
    call_command("demo", stdout=out)
    assert "manage.py reset_password" in out.getvalue()


def test_what_it_says_finds_the_data_of_this_start(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "the data"
    out = io.StringIO()
    call_command("demo", stdout=out)
    call_command("demo", stdout=out)
    command = f"DATA_DIR='{settings.DATA_DIR}' .venv/bin/python manage.py reset_password"
    assert out.getvalue().count(command) == 2
    settings.DATA_DIR = settings.BASE_DIR / "var"
    call_command("demo", stdout=out)
    assert out.getvalue().endswith("password: .venv/bin/python manage.py reset_password\n")


def test_of_several_operators_one_is_named() -> None:
    get_user_model().objects.create_superuser("ada", password="x")
    get_user_model().objects.create_superuser("bela", password="x")
    with pytest.raises(CommandError, match="one of: ada, bela"):
        run()
    assert "The password of “bela” is now " in run("bela")


def test_without_any_operator_it_says_so() -> None:
    with pytest.raises(CommandError, match="there is no operator yet"):
        run()
