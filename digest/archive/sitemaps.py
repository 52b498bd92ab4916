"""The sitemap: every public page, under the site's one address (sitemaps.org)."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.core.paginator import InvalidPage, Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from digest.archive import queries, trending, trending_views
from digest.models import Paper, Topic
from digest.models.paper import LISTED

PAPERS = 50_000  # on a page, at most, which is what the protocol allows
_KEY = "key"  # in the address of a page of no paper
_IN_PATHS = "!$&'()*+,;=/~:@"  # what stands in an address as it is (RFC 3986, 3.3), as `reverse` has it
_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">"""


class _OnePage(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Of what is never as much as the protocol allows on a page, so that nothing is counted."""

    num_pages = 1

    def __init__(self, items: Callable[[], Iterable[Any]]) -> None:
        super().__init__((), 1)
        self._items = items

    def page(self, number: int | str) -> "Page[Any]":
        self.validate_number(number)
        return Page(list(self._items()), 1, self)


class _OfThisSite(Sitemap):  # type: ignore[type-arg]  # generic in the stubs only
    """Addresses begin as SITE_URL does, whatever name the server was asked by."""

    @property
    def paginator(self) -> "Paginator[Any]":
        return _OnePage(self.items)

    def get_protocol(self, protocol: str | None = None) -> str:
        return str(settings.SITE_URL).partition("://")[0]

    def get_domain(self, site: object = None) -> str:
        return str(settings.SITE_URL).partition("://")[2]


class StaticPages(_OfThisSite):
    """The pages that are always there, but for search: what it finds differs with each query."""

    def items(self) -> list[str]:
        return ["sign-up", "explore", "archive", "trending", "topics", "privacy"]

    def location(self, item: str) -> str:
        return reverse(item)


class TrendingSpans(_OfThisSite):
    """The spans of Trending beside its first page."""

    def items(self) -> list[str]:
        return [span for span in trending.SPANS if span != trending_views.DAY]

    def location(self, item: str) -> str:
        return reverse("trending-span", args=[item])


class Topics(_OfThisSite):
    def items(self) -> QuerySet[Topic]:
        return Topic.objects.filter(enabled=True)

    def location(self, item: Topic) -> str:
        return reverse("topic", args=[item.slug])


class Days(_OfThisSite):
    def items(self) -> list[date]:
        return queries.all_days()

    def location(self, item: date) -> str:
        return reverse("day", args=[item])


class Papers(_OfThisSite):
    """Pages of papers by their numbers, as `papers` shows them, for the index: it looks at none of them."""

    @property
    def paginator(self) -> "Paginator[int]":
        """Counted as if a paper had each number so far: a page has what it has for good."""
        newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        return Paginator(range(newest), PAPERS)

    def get_latest_lastmod(self) -> datetime | None:
        """The newest of all, without looking at each."""
        return (
            Paper.objects.filter(LISTED).order_by("-updated_at").values_list("updated_at", flat=True).first()
        )


def index(request: HttpRequest, sitemaps: Mapping[str, type[_OfThisSite]]) -> TemplateResponse:
    """The index of the sitemaps, which names them under the site's one address too."""
    response = views.index(request, dict(sitemaps), sitemap_url_name="sitemap-section")
    assert response.context_data is not None
    for entry in response.context_data["sitemaps"]:
        path = urlsplit(entry.location)
        entry.location = f"{settings.SITE_URL}{path.path}{f'?{path.query}' if path.query else ''}"
    return response


def papers(request: HttpRequest) -> HttpResponse:
    """A page of the papers' sitemap: those of consecutive numbers."""
    try:
        page = Papers().paginator.page(request.GET.get("p", "1"))
    except InvalidPage as error:
        raise Http404 from error
    numbers = page.object_list
    assert isinstance(numbers, range)
    listed = Paper.objects.filter(LISTED, pk__gt=numbers.start, pk__lte=numbers.stop).order_by("pk")
    before, after = (settings.SITE_URL + reverse("paper", args=[_KEY])).split(_KEY)
    entries = [
        f"<url><loc>{escape(f'{before}{quote(key, safe=_IN_PATHS)}{after}')}</loc>"
        f"<lastmod>{changed.date()}</lastmod></url>"
        for key, changed in listed.values_list("key", "updated_at").iterator(10_000)
    ]
    response = HttpResponse("\n".join([_OPENING, *entries, "</urlset>"]), content_type="application/xml")
    response["X-Robots-Tag"] = "noindex, noodp, noarchive"  # as Django says of its sitemaps
    return response


SITEMAPS: Mapping[str, type[_OfThisSite]] = {
    "standing": StaticPages,
    "trending": TrendingSpans,
    "topics": Topics,
    "days": Days,
    "papers": Papers,
}
