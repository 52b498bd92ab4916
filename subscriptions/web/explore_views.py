"""Explore: tick papers instead of writing a query. For anybody, and for a reader behind their link."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from digest.archive import exploring
from digest.archive.exploring import MOST_SHOWN, SHOWN, Offer, Proposed
from digest.archive.queries import Line
from digest.models import Topic
from digest.web.limits.search_budget import costly
from digest.web.page_language import url
from digest.web.rendering import public, show
from subscriptions.accounts.preferences import MOST_QUERIES
from subscriptions.web.backtest import pace
from subscriptions.web.reader_views import bad_link, behind_link, reader_behind

_NUMBER = re.compile(r"[0-9]{1,18}")
PAGES = MOST_SHOWN // SHOWN


@dataclass(frozen=True, slots=True)
class ExplorePage:
    """Papers to tick and what those ticked suggest. `action` is the page's address, `own`: a reader's.

    `pages` of papers are shown; `more` says that there are others. `asked`: proposals were asked for.
    """

    action: str
    own: bool
    lines: Sequence[Line]
    ticked: frozenset[int]
    pages: int
    more: bool
    proposed: Proposed | None = None
    asked: bool = False

    def pace(self, offer: Offer) -> str:
        """How much the offer brings: “about 3 a week”."""
        assert self.proposed is not None
        return pace(offer.papers, self.proposed.days)


@require_safe
@costly
@public
def explore(request: HttpRequest) -> HttpResponse:
    """Papers to tick, and proposals for those ticked; `put` leads with some of them to the sign-up form."""
    if put := request.GET.getlist("put"):
        topics, texts = parted(put)
        chosen = QueryDict(mutable=True)
        chosen.setlist("topics", topics)
        chosen["queries"] = "\n".join(texts[:MOST_QUERIES])
        home = url("sign-up")
        return redirect(f"{home}{'&' if '?' in home else '?'}{chosen.urlencode()}")
    return _answer(request, url("explore"), own=False)


@require_safe
@behind_link
@costly
def explore_own(request: HttpRequest, token: str) -> HttpResponse:
    """The same for a reader; `put` leads to their preferences, where nothing is saved before they save."""
    if reader_behind(token, "preferences") is None:
        return bad_link(request)
    if put := request.GET.getlist("put"):
        chosen = QueryDict(mutable=True)
        chosen.setlist("add", put[: exploring.SHOWN])
        home = url("preferences", token)
        return redirect(f"{home}{'&' if '?' in home else '?'}{chosen.urlencode()}")
    return _answer(request, url("explore-own", token), own=True)


def _answer(request: HttpRequest, action: str, *, own: bool) -> HttpResponse:
    ticked = frozenset(int(pk) for pk in request.GET.getlist("paper")[:MOST_SHOWN] if _NUMBER.fullmatch(pk))
    asked = request.GET.get("pages", "1")
    pages = min(int(asked) if _NUMBER.fullmatch(asked) else 1, PAGES)
    pages = min(max(pages, 1) + ("more" in request.GET), PAGES)
    lines = exploring.to_tick(PAGES)
    page = ExplorePage(
        action=action,
        own=own,
        lines=lines[: pages * SHOWN],
        ticked=ticked,
        pages=pages,
        more=len(lines) > pages * SHOWN,
        proposed=exploring.proposed(ticked, pages) if ticked else None,
        asked="go" in request.GET or bool(ticked),
    )
    part = "HX-Request" in request.headers
    response = show(request, "web/parts/proposals.html" if part else "web/explore.html", page)
    patch_vary_headers(response, ["HX-Request"])  # a cache must not give the part for the page
    if ticked or part:
        response["X-Robots-Tag"] = "noindex"
    return response


def parted(proposed: Iterable[str]) -> tuple[list[str], list[str]]:
    """The slugs of those of the `proposed` queries that are offered topics, and the other queries."""
    offered = {f"topic:{slug}" for slug in Topic.objects.filter(enabled=True).values_list("slug", flat=True)}
    texts = [text for text in proposed if text]
    return [text.removeprefix("topic:") for text in texts if text in offered], [
        text for text in texts if text not in offered
    ]
