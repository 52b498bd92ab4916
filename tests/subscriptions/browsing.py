"""What a visitor sees of an answer, and what a reader's browser would send."""

from typing import Any, Literal

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement
from django.apps import apps
from django.test import Client

from digest.models import IndexBlock, IndexSegment
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber

Purpose = Literal["confirm", "preferences", "unsubscribe"]
PRIVATE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def page(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def words(found: PageElement | None) -> str:
    """The text of an element, in one line."""
    assert isinstance(found, Tag)
    return " ".join(found.get_text(" ").split())


def said(response: Any) -> str:
    """The text of a page, without its frame."""
    return words(page(response).main)


def address(purpose: Purpose, subscriber: Subscriber) -> str:
    return f"/{purpose[0]}/{signed_links.token(purpose, subscriber)}/"


def stored() -> dict[str, list[Any]]:
    """All that a visit could change: every row of ours, but for what search keeps, which follows papers."""
    ours = [*apps.get_app_config("digest").get_models(), *apps.get_app_config("subscriptions").get_models()]
    return {
        str(model._meta): [
            {name: value for name, value in row.items() if name != "weighed"}
            for row in model._default_manager.order_by("pk").values()
        ]
        for model in ours
        if model not in {IndexSegment, IndexBlock}
    }


def form_at(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send if the first form there were sent as it stands."""
    form = page(client.get(path)).find("form")
    assert isinstance(form, Tag)
    values: dict[str, Any] = {
        str(field["name"]): field["value"] for field in form.select("[type=radio][checked], [type=hidden]")
    }
    for select in form.select("select"):
        values |= {str(select["name"]): option["value"] for option in select.select("[selected]")}
    values |= {str(area["name"]): area.get_text() for area in form.select("textarea")}
    return values | {"topics": [str(field["value"]) for field in form.select("[name=topics][checked]")]}
