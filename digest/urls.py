"""Addresses: the admin, the pages without a person in them, and the readers' pages."""

from django.contrib import admin
from django.contrib.sitemaps import views as sitemap_views
from django.urls import include, path, register_converter

from digest import paper_views, sitemaps, views
from digest.pages import Day, public
from subscriptions.limits import limited

register_converter(Day, "day")

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.icon),
    path("robots.txt", views.robots, name="robots"),
    path("privacy/", views.privacy, name="privacy"),
    path("archive/", paper_views.days, name="archive"),
    path("archive/<int:year>/", paper_views.days, name="archive-year"),
    path("archive/<day:day>/", paper_views.day, name="day"),
    path("topics/", paper_views.topics, name="topics"),
    path("topics/<slug:slug>/", paper_views.topic, name="topic"),
    path("topics/<slug:slug>/atom.xml", paper_views.topic_atom, name="topic-atom"),
    path("topics/<slug:slug>/feed.json", paper_views.topic_json, name="topic-json"),
    path("papers/<path:key>/", paper_views.paper, name="paper"),
    path("search/", limited(paper_views.search), name="search"),
    path("sitemap.xml", public(sitemaps.index), {"sitemaps": sitemaps.SITEMAPS}, name="sitemap"),
    path(
        "sitemap-<section>.xml",
        public(sitemap_views.sitemap),
        {"sitemaps": sitemaps.SITEMAPS},
        name="sitemap-section",
    ),
    path("", include("subscriptions.urls")),
]
