"""The bar at the head of every page of `make run`: where to go on this machine. DEBUG only."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    path: str


def places() -> tuple[Place, ...]:
    """The operator's pages, of which strangers never see any; none at all without DEBUG."""
    if not settings.DEBUG:
        return ()
    found = (
        (_("Inbox"), "inbox", not settings.EMAIL_URL),
        (_("Admin"), "admin:index", True),
        (_("Previews"), "previews", True),
        (_("Docs"), "docs", (settings.BASE_DIR / "docs").is_dir()),  # an image holds only what runs
    )
    return tuple(Place(name, reverse(address)) for name, address, exists in found if exists)


def context(_request: HttpRequest) -> dict[str, tuple[Place, ...]]:
    """For the templates of the admin."""
    return {"local_places": places()}
