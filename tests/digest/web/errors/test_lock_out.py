"""Who typed too many wrong passwords is told until when, in the look of the site."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_lock_out_names_its_end_which_further_tries_do_not_move(client: Client) -> None:
    get_user_model().objects.create_superuser("admin", password="right")
    with time_machine.travel(datetime(2026, 11, 30, 12, 7, tzinfo=UTC), tick=False) as clock:
        guess = {"username": "admin", "password": "wrong"}
        for _ in range(5):
            answer = client.post("/admin/login/", guess)
        assert answer.status_code == 429
        assert "Monday, 30 November at 13:07 (UTC)" in answer.content.decode()
        assert "digest/pages" in answer.content.decode()
        assert answer["Retry-After"] == "3600"
        clock.shift(1801)
        answer = client.post("/admin/login/", {"username": "admin", "password": "right"})
        assert answer.status_code == 429
        assert "Monday, 30 November at 13:07 (UTC)" in answer.content.decode()
        assert "That is in 30 minutes." in answer.content.decode()
        clock.shift(1801)
        right = {"username": "admin", "password": "right"}
        assert client.post("/admin/login/", right).status_code == 302
