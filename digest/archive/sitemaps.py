"""The sitemap: every public page, under the site's one address (sitemaps.org)."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap, views
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from digest.archive import queries, trending, trending_views
from digest.models import Paper, Topic
from digest.models.paper import LISTED


class _OfThisSite(Sitemap):  # type: ignore[type-arg]  # generic in the stubs only
    """Addresses begin as SITE_URL does, whatever name the server was asked by."""

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
    """Newest first, at most 50,000 on a page, which is what the protocol allows."""

    limit = 50_000

    def items(self) -> QuerySet[Paper]:
        return Paper.objects.filter(LISTED).only("key", "updated_at").order_by("-day", "-pk")

    def location(self, item: Paper) -> str:
        return item.get_absolute_url()

    def lastmod(self, item: Paper) -> datetime:
        return item.updated_at

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


SITEMAPS: Mapping[str, type[_OfThisSite]] = {
    "standing": StaticPages,
    "trending": TrendingSpans,
    "topics": Topics,
    "days": Days,
    "papers": Papers,
}
