"""Admin pages for sources: what is fetched, how the last check went, fetching now."""

# ruff: noqa: ARG002 - the signatures are Django's

from datetime import timedelta
from enum import Enum
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import CharField, Field, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminSelectWidget

from digest.admin.base import BaseAdmin, action, button, column, enqueue, moment_column
from digest.models import Source
from digest.sources import registry
from digest.tasks import fetch_source

ASKED = "Fetch requested."
PATIENCE = timedelta(minutes=2)  # for a fetch; then it is not under way any more

_moment = moment_column("Last check", "checked_at")


class _State(Enum):
    """What became of a fetch that somebody asked for."""

    DONE, FETCHING, STUCK = range(3)


def _state(source: Source) -> _State:
    """By the last entry in the source's history, `last_entry` of the moment `entered`."""
    entry, entered = getattr(source, "last_entry", None), getattr(source, "entered", None)
    if entry != ASKED or entered is None or (source.checked_at and source.checked_at >= entered):
        return _State.DONE
    return _State.FETCHING if entered > timezone.now() - PATIENCE else _State.STUCK


class AdapterFilter(admin.SimpleListFilter):
    """Sources of one adapter."""

    title = "adapter"
    parameter_name = "adapter"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return registry.choices()

    def queryset(self, request: HttpRequest, sources: QuerySet[Source]) -> QuerySet[Source]:
        return sources.filter(adapter=self.value()) if self.value() else sources


@admin.register(Source)
class SourceAdmin(BaseAdmin[Source]):
    list_display = ("title", "adapter_title", "enabled", "checked", "succeeded", "first_error")
    list_filter = ("enabled", AdapterFilter)
    fields = ("title", "name", "adapter", "enabled", "checked", "succeeded", "error")
    readonly_fields = ("checked", "succeeded", "error")
    actions = ("fetch_now", "enable", "disable")
    actions_detail = ("fetch_this",)

    succeeded = moment_column("Last success", "succeeded_at")

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """The adapter is chosen from the registry. The model has no choices: a new one needs no migration."""
        if db_field.name != "adapter":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return forms.ChoiceField(
            choices=registry.choices,
            initial=db_field.default,
            label=capfirst(db_field.verbose_name),
            help_text=db_field.help_text,
            widget=UnfoldAdminSelectWidget,
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """The name is what commands call it: fixed once given."""
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Never: its editions are readers' history. Disable it instead."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """With the last entry of each source's history, which says whether a fetch was asked for."""
        history = LogEntry.objects.filter(
            content_type=get_content_type_for_model(Source), object_id=Cast(OuterRef("pk"), CharField())
        ).order_by("-action_time", "-pk")
        said, at = history.values("change_message")[:1], history.values("action_time")[:1]
        return super().get_queryset(request).annotate(last_entry=Subquery(said), entered=Subquery(at))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.show_progress)
        return [path("progress/", view, name="digest_source_progress"), *super().get_urls()]

    def show_progress(self, request: HttpRequest) -> HttpResponse:
        """What a page asks for while a source is fetched: nothing, or in the end to be loaded again."""
        if any(_state(source) == _State.FETCHING for source in self.get_queryset(request)):
            return HttpResponse(status=204)
        return HttpResponse(headers={"HX-Refresh": "true"})

    @column("Last check", ordering="checked_at")
    def checked(self, source: Source) -> SafeString | str:
        match _state(source):
            case _State.FETCHING:
                asks = '<span hx-get="{}" hx-trigger="every 2s" hx-swap="none" role="status">{}</span>'
                return format_html(asks, reverse("admin:digest_source_progress"), "is being fetched …")
            case _State.STUCK:
                return "asked for, but not fetched: is a worker running?"
        return _moment(self, source)

    @column("Adapter", ordering="adapter")
    def adapter_title(self, source: Source) -> str:
        return dict(registry.choices()).get(source.adapter, source.adapter)

    @column("Error", empty_value="")
    def first_error(self, source: Source) -> str:
        first = source.error.partition("\n")[0]
        return first if len(first) <= 90 else first[:89].rstrip() + "…"

    @action("Fetch now")
    def fetch_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        fetched = queryset.exclude(adapter__in=registry.fed_by_hand())
        self.log_changes(request, fetched, ASKED)  # before the task, which may be done at once
        if not all(enqueue(fetch_source, source.pk) for source in fetched):  # the first failure ends it
            self.log_changes(request, fetched, "The task queue cannot be reached.")
            messages.error(request, "Nothing was fetched: the task queue (REDIS_URL) cannot be reached.")
            return
        done = "asked for; this page shows how the fetch goes"
        self.report(request, len(fetched), done, "There is nothing to fetch: files are ingested by hand.")

    @action("Enable")
    def enable(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        fetched = queryset.exclude(adapter__in=registry.fed_by_hand())
        self.log_changes(request, fetched, "Enabled.")
        nothing = "A source that is fed by hand cannot be fetched."
        self.report(request, fetched.update(enabled=True), "enabled", nothing)

    @action("Disable")
    def disable(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self.log_changes(request, queryset, "Disabled.")
        self.report(request, queryset.update(enabled=False), "disabled", "Nothing was disabled.")

    fetch_this = button(fetch_now, "Ask the source for its recent editions now, without waiting.", "sync")
