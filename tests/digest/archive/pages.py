"""What the tests of the archive read on its pages."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.test import Client


def page(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def titles(found: BeautifulSoup) -> list[str]:
    return [title.get_text() for title in found.select(".papers .title")]


def words(found: Any) -> str:
    assert isinstance(found, Tag)
    return " ".join(found.get_text(" ").split())
