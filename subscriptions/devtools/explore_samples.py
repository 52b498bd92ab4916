"""Invented states of exploring and of suggestions, for /previews/ and the tests. All is hostile."""

from collections.abc import Mapping
from functools import partial

from digest.archive import samples
from digest.archive.exploring import Offer, Proposed
from digest.archive.samples import TOPICS, PageCase
from subscriptions.web.explore_views import ExplorePage
from subscriptions.web.suggestion_views import SuggestionPage


def _page(*, offers: int = 0, own: bool = False, ticked: int = 0, template: bool = True) -> ExplorePage:
    lines = samples.lines("many", "hostile") if template else []
    numbers = frozenset(line.paper.number for line in lines[:ticked])
    titles = tuple(line.paper.title for line in lines[:3])
    found = (
        Offer("topic:hostile", TOPICS[2], 1204, titles, chosen=True),
        Offer('"<b>bold</b>" "{{ 7*7 }}"', None, 0, titles[:1], chosen=False),
        Offer("x" * 300, None, 3, titles, chosen=False),
    )
    proposed = Proposed(found[:offers], ticked, 30) if ticked else None
    return ExplorePage(
        "/explore/", own, lines, numbers, 1, more=not own, proposed=proposed, asked=bool(ticked)
    )


PAGES: Mapping[str, PageCase] = {
    "explore": PageCase("Explore, nothing ticked", "web/explore.html", _page),
    "explore-found": PageCase("Explore, proposals", "web/explore.html", partial(_page, offers=3, ticked=3)),
    "explore-own": PageCase(
        "Explore, a reader's", "web/explore.html", partial(_page, offers=3, ticked=3, own=True)
    ),
    "explore-none": PageCase("Explore, nothing to propose", "web/explore.html", partial(_page, ticked=1)),
    "explore-few": PageCase("Explore, too few papers", "web/explore.html", partial(_page, template=False)),
    **{
        f"suggestion-{answer or 'asked'}": PageCase(
            f"A suggestion, {answer or 'not answered'}",
            "web/suggestion.html",
            partial(SuggestionPage, '"<b>bold</b>" {{ 7*7 }} ' + "x" * 150, own, least, answer, "/", "/"),
        )
        for answer, own, least in (
            ("", True, 0),
            ("taken", False, 0),
            ("declined", True, 10),
            ("undone", True, 1),
        )
    },
}
