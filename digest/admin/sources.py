"""Admin pages for sources: what is fetched, how the last check went, fetching now."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Field, QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold.widgets import UnfoldAdminSelectWidget

from digest.admin.base import BaseAdmin, action, button, column, enqueue, moment_column
from digest.models import Source
from digest.sources import registry
from digest.tasks import fetch_source


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

    checked = moment_column("Last check", "checked_at")
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
        if not all(enqueue(fetch_source, source.pk) for source in fetched):  # the first failure ends it
            messages.error(request, "Nothing was fetched: the task queue (REDIS_URL) cannot be reached.")
            return
        self.log_changes(request, fetched, "Fetch requested.")
        done = "will be fetched in a moment; reload to see how it went"
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
