"""Trending for anybody: the most upvoted papers of the last days, and their feeds."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from digest.archive import queries, trending
from digest.archive.feeds import Feed, atom, entries_of, feed_response, json_feed
from digest.archive.queries import Line
from digest.web.limits.search_budget import costly
from digest.web.page_language import current_language, url
from digest.web.rendering import public, show

DAY = "day"  # the span whose page needs no name


@dataclass(frozen=True, slots=True)
class TrendingPage:
    """The best papers of a span (“day”, “week” or “month”), of `among` that were compared.

    `aside` names the sources whose papers were not, having no votes; empty if there are none.
    """

    span: str
    lines: Sequence[Line]
    among: int
    aside: str


@require_safe
@costly
@public
def page(request: HttpRequest, span: str = DAY) -> HttpResponse:
    """The most upvoted papers of a span."""
    if span not in trending.SPANS:
        raise Http404
    if span == DAY and "span" in (request.resolver_match.kwargs if request.resolver_match else {}):
        return redirect(url("trending"), permanent=True)
    found = trending.ranking(span)
    shown = TrendingPage(span, trending.lines(found), found.among, current_language().listed(found.aside))
    return show(request, "web/archive/trending.html", shown)


@require_safe
@costly
@public
def as_atom(_request: HttpRequest, span: str) -> HttpResponse:
    """The same papers, newest day first, as Atom (RFC 4287)."""
    return feed_response(atom(_feed(span, "trending-atom")), "application/atom+xml")


@require_safe
@costly
@public
def as_json(_request: HttpRequest, span: str) -> HttpResponse:
    """The same as JSON Feed 1.1."""
    return feed_response(json_feed(_feed(span, "trending-json")), "application/feed+json")


def _feed(span: str, name: str) -> Feed:
    if span not in trending.SPANS:
        raise Http404
    papers = queries.in_order([pk for pk, _reason in trending.ranking(span).best])
    about = {
        DAY: _("The most upvoted papers of the last two days, whatever their topic."),
        "week": _("The most upvoted papers of the last seven days, whatever their topic."),
        "month": _("The most upvoted papers of the last 30 days, whatever their topic."),
    }
    return Feed.of_site(
        title=_("Trending"),
        subtitle=about[span],
        page=("trending",) if span == DAY else ("trending-span", span),
        address=(name, span),
        entries=entries_of(sorted(papers, key=lambda paper: paper.day, reverse=True)),
    )
