"""Addresses: the admin, the pages without a person in them, and the readers' pages."""

from django.contrib import admin
from django.contrib.sitemaps import views as sitemap_views
from django.urls import include, path, register_converter

from digest.admin.sign_in import sign_in
from digest.archive import downloads, sitemaps, trending_views
from digest.archive import views as archive_views
from digest.web import views
from digest.web.limits.search_budget import costly_if_asked
from digest.web.rendering import Day, public

register_converter(Day, "day")
admin.autodiscover()  # not at every start: most commands show no page

handler400 = "digest.web.errors.bad_request.answer"

urlpatterns = [
    path("admin/login/", sign_in),
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.icon),
    path("robots.txt", views.robots, name="robots"),
    path("privacy/", views.privacy, name="privacy"),
    path("archive/", archive_views.days, name="archive"),
    path("archive/<int:year>/", archive_views.days, name="archive-year"),
    path("archive/<day:day>/", archive_views.day, name="day"),
    path("archive/<day:day>.bib", downloads.day, {"kind": "bib"}, name="day-bib"),
    path("archive/<day:day>.ris", downloads.day, {"kind": "ris"}, name="day-ris"),
    path("trending/", trending_views.page, name="trending"),
    path("trending/<slug:span>/", trending_views.page, name="trending-span"),
    path("trending/<slug:span>/atom.xml", trending_views.as_atom, name="trending-atom"),
    path("trending/<slug:span>/feed.json", trending_views.as_json, name="trending-json"),
    path("topics/", archive_views.topics, name="topics"),
    path("topics/<slug:slug>/", archive_views.topic, name="topic"),
    path("topics/<slug:slug>/atom.xml", archive_views.topic_atom, name="topic-atom"),
    path("topics/<slug:slug>/feed.json", archive_views.topic_json, name="topic-json"),
    path("topics/<slug:slug>.bib", downloads.topic, {"kind": "bib"}, name="topic-bib"),
    path("topics/<slug:slug>.ris", downloads.topic, {"kind": "ris"}, name="topic-ris"),
    path("papers/<path:key>.bib", downloads.paper, {"kind": "bib"}, name="paper-bib"),
    path("papers/<path:key>.ris", downloads.paper, {"kind": "ris"}, name="paper-ris"),
    path("papers/<path:key>/", archive_views.paper, name="paper"),
    path("search/", costly_if_asked("q")(archive_views.search), name="search"),
    path("search.bib", downloads.search, {"kind": "bib"}, name="search-bib"),
    path("search.ris", downloads.search, {"kind": "ris"}, name="search-ris"),
    path("sitemap.xml", public(sitemaps.index), {"sitemaps": sitemaps.SITEMAPS}, name="sitemap"),
    path(
        "sitemap-<section>.xml",
        public(sitemap_views.sitemap),
        {"sitemaps": sitemaps.SITEMAPS},
        name="sitemap-section",
    ),
    path("", include("subscriptions.urls")),
]
