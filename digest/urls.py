"""Addresses: the admin, the pages without a person in them, and the readers' pages."""

from django.contrib import admin
from django.urls import include, path

from digest import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.icon),
    path("robots.txt", views.robots, name="robots"),
    path("privacy/", views.privacy, name="privacy"),
    path("", include("subscriptions.urls")),
]
