"""Invented states of the pages of saved papers, for /previews/ and the tests."""

from collections.abc import Mapping
from functools import partial

from django.core.paginator import Paginator

from digest.archive import samples
from digest.archive.queries import PAGE_SIZE
from digest.archive.samples import PageCase
from subscriptions.models import SavedPaper
from subscriptions.web.saved_views import SavedLine, SavedPage, SavePage


def _listed(done: str = "", query: str = "") -> SavedPage:
    """A page of a long list, with papers known, waited for and missing; an empty one of what was found."""
    note = '"><b>A note</b> {{ 7*7 }} ' + "long" * 40
    title = "<b>A title</b> & {{ 7*7 }} " + "long " * 60
    known = [
        SavedLine(SavedPaper(pk=n, key="x", title=line.paper.title, note=note if n % 2 else ""), line, "/")
        for n, line in enumerate(samples.lines("hostile"), start=1)
    ]
    unknown = [
        SavedLine(
            SavedPaper(pk=90 + n, key="doi:10.1234/<b>", title=title, lookup=lookup, origin="imported"),
            None,
            "/",
        )
        for n, lookup in enumerate(SavedPaper.Lookup.values)
    ]
    lines = [] if query else [*known, *unknown]
    page_obj = Paginator(range(0 if query else 1304), PAGE_SIZE).page(1 if query else 2)
    return SavedPage("TOKEN", lines, page_obj, 1304, query, done, title, "stamp")


PAGES: Mapping[str, PageCase] = {
    **{
        f"save-{name}": PageCase(
            f"Save, {name.replace('-', ' ')}",
            "web/save.html",
            partial(SavePage, "<b>A title</b> & {{ 7*7 }} " + "long " * 60, *facts, "/", "/", *more),
        )
        for name, facts, more in (
            ("asked", (False, False), ()),
            ("saved", (True, True), ()),
            ("annotated", (True, False), ()),
            ("taken-back", (False, False), (True,)),
            ("library", (True, True), (False, False, True)),
        )
    },
    "saved-list": PageCase("Saved papers", "web/account/saved.html", _listed),
    **{
        f"saved-list-{done}": PageCase(
            f"Saved papers, just now: {done}", "web/account/saved.html", partial(_listed, done)
        )
        for done in ("noted", "removed", "restored")
    },
    "saved-list-none": PageCase(
        "Saved papers, none found", "web/account/saved.html", partial(_listed, "", "x" * 300)
    ),
    "saved-list-empty": PageCase(
        "Saved papers, nothing saved",
        "web/account/saved.html",
        lambda: SavedPage("TOKEN", (), Paginator(range(0), PAGE_SIZE).page(1), 0),
    ),
}
