"""Requests for selections: equal ones share a key, also across builds."""

from dataclasses import replace
from typing import Any

from digest.selection.requests import Filter, SelectionRequest

REQUEST = SelectionRequest(
    filters=(Filter("Agents", "agents", "#1f5fbf"), Filter("kv cache", "kv cache", own=True)),
    after_release=3,
    through_release=9,
    seen_through=2,
    first=True,
    language="de",
    carried=(4, 2),
    full_limit=5,
    excluded=(7,),
    votes=((1, True), (6, False)),
    weekly=True,
)


def test_a_selection_that_an_earlier_build_stored_is_found_by_its_key() -> None:
    assert REQUEST.key == "345631aac3afe8f72189d822b3499607ee81e1d8bbf3fa1b"


def test_whatever_differs_makes_another_key() -> None:
    other: dict[str, Any] = {
        "filters": REQUEST.filters[:1],
        "after_release": 4,
        "through_release": 10,
        "seen_through": 3,
        "first": False,
        "language": "en",
        "carried": (4,),
        "full_limit": None,
        "excluded": (),
        "votes": ((1, True), (6, True)),
        "weekly": False,
        "monthly": True,
        "library": (1, 6),
        "trending": 0,
        "liked": (("arxiv:2311.12345", "0a"),),
        "lacking": ("The Bulletin",),
    }
    keys = {replace(REQUEST, **{name: value}).key for name, value in other.items()}
    assert len(keys | {REQUEST.key}) == len(SelectionRequest.__slots__) + 1
