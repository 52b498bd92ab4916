"""The kinds of sources: to choose from when one is added, and to filter the list by."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from digest.models import Source
from digest.sources import registry
from digest.sources.adapter import Adapter


class AdapterFilter(admin.SimpleListFilter):
    """Sources of one adapter."""

    title = "kind"
    parameter_name = "adapter"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return registry.choices()

    def queryset(self, request: HttpRequest, sources: QuerySet[Source]) -> QuerySet[Source]:
        return sources.filter(adapter=self.value()) if self.value() else sources


def chosen_kind(request: HttpRequest) -> Adapter | None:
    """The adapter that was chosen for a new source, if this version has it."""
    return registry.adapter_called(request.GET.get("adapter", ""))


def show_kinds(request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """The adapters, each with a sentence about it; `page` is the context of any admin page."""
    context = {
        "title": "Add source",
        "unknown": request.GET.get("adapter"),
        "kinds": [
            ("Fetched on schedule", [one for one in registry.ADAPTERS if one.can_be_fetched]),
            ("Fed by hand", [one for one in registry.ADAPTERS if not one.can_be_fetched]),
        ],
    }
    return render(request, "sources/kinds.html", {**page, **context})
