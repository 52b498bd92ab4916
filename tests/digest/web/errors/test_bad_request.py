"""A service opened by a name that it does not know says which setting mends it."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def opened_as(host: str, path: str = "/") -> tuple[int, str]:
    answer = Client(raise_request_exception=False).get(path, headers={"Host": host})
    return answer.status_code, " ".join(answer.content.decode().split())


@pytest.fixture(autouse=True)
def _published(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.PORT = ["laptop", "localhost"], 8000
    settings.SITE_URL, settings.SITE_URL_IS_SET = "http://laptop:8000", False


@pytest.mark.parametrize("path", ["/", "/archive/", "/admin/", "/nowhere/"])
def test_an_address_that_is_not_answered_names_the_setting(path: str) -> None:
    status, page = opened_as("192.0.2.7:8000", path)
    assert status == 400
    assert "<code>SITE_URL=http://192.0.2.7:8000</code>" in page
    assert "http://laptop:8000" in page


def test_a_second_name_of_a_site_that_has_its_address_is_added_to_the_allowed_ones(settings: Any) -> None:
    settings.SITE_URL_IS_SET = True
    _, page = opened_as("[2001:db8::7]:8000")
    assert "<code>ALLOWED_HOSTS=laptop,localhost,[2001:db8::7]</code>" in page


def test_a_name_that_is_none_is_not_repeated() -> None:
    status, page = opened_as("<script>alert(1)</script>")
    assert status == 400
    assert "alert" not in page
    assert "This request cannot be read" in page
