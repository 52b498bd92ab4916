"""The list of sources and the page of one: adding it, changing what it fetches, fetching now."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from digest.admin.base import BaseAdmin, action, button, column, enqueue, moment_column, page_button, redirect
from digest.admin.source_problems import links_to_open
from digest.admin.sources.arrival import Tone, next_check
from digest.admin.sources.days import adapter_as_set, recent_days, said_in_list, said_on_page, show_calendar
from digest.admin.sources.form import SourceForm, form_of, setting_fields, settings_in_words
from digest.admin.sources.kinds import AdapterFilter, chosen_kind, show_kinds
from digest.admin.sources.preview_page import preview_url, show_preview
from digest.admin.sources.progress import ASKED, Progress, progress_of, with_last_entry
from digest.admin.sources.upload import upload
from digest.models import Source
from digest.sources import registry
from digest.tasks import fetch_source

TONES = {
    Tone.GOOD: "text-green-700 dark:text-green-400",
    Tone.QUIET: "",
    Tone.LOOK: "text-orange-700 dark:text-orange-400",
    Tone.BAD: "text-red-700 dark:text-red-400",
}
ARRIVAL = ("arrived", "calendar")
CHECKS = ("problems", "checked", "next_check", "succeeded", "error")
_moment = moment_column("Last check", "checked_at")


@admin.register(Source)
class SourceAdmin(BaseAdmin[Source]):
    list_display = ("title", "adapter_title", "told", "enabled", "arrived", "checked", "first_error")
    list_filter = ("enabled", AdapterFilter)
    readonly_fields = ("kind", "told", *ARRIVAL, *CHECKS)
    change_form_after_template = "sources/preview_button.html"
    actions = ("fetch_now", "enable", "disable")
    actions_list = ("bring_papers",)
    actions_detail = ("fetch_this", "bring_papers_here")

    succeeded = moment_column("Last success", "succeeded_at")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the kinds of sources, then the form of the one that was chosen."""
        if chosen_kind(request):
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        return show_kinds(request, self._page(request))

    def _page(self, request: HttpRequest) -> dict[str, Any]:
        """The context of any page about sources."""
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """From now on its days are caught up if they are missed, not only from the next check on."""
        super().save_model(request, obj, form, change)
        Source.objects.note_enabled(timezone.now())

    def get_form(
        self, request: HttpRequest, obj: Source | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """With a field for each setting of the adapter."""
        form = form_of(registry.adapter_called(obj.adapter) if obj else chosen_kind(request))
        return super().get_form(request, obj, change=change, form=form, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        adapter = adapter_as_set(obj) if obj else chosen_kind(request)
        wanted = setting_fields(adapter) if self._may_edit(request, obj) else ("told",)
        fetched = adapter is None or adapter.can_be_fetched
        wait = ("wait_minutes",) if adapter and adapter.announcement else ()
        schedule = ("enabled", *wait, "quiet_days")
        facts = (*ARRIVAL, *(CHECKS if fetched else ()))
        arrival = [("Did its papers arrive?", {"fields": facts})] if obj else []
        what = ("kind", *wanted, "title", "name", *(schedule if fetched else ()))
        return [*arrival, ("What it fetches" if obj and fetched else None, {"fields": what})]

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """The name is what commands call it: fixed once given."""
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """Enabled: who adds a source wants its papers, and has seen them in the preview."""
        return {"enabled": True} | super().get_changeform_initial_data(request)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the button for a preview, where something is fetched."""
        form: SourceForm = context["adminform"].form
        if form.adapter and form.adapter.can_be_fetched and self._may_edit(request, form.instance):
            context["preview_url"] = preview_url(form)
        return super().render_change_form(request, context, *args, **kwargs)

    def _may_edit(self, request: HttpRequest, source: Source | None) -> bool:
        """Whether the user may add a source, or change this one."""
        if source is None or source.pk is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, source)

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """Never: its editions are readers' history. Disable it instead."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return with_last_entry(super().get_queryset(request))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the last days of the sources that are shown."""
        shown = super().get_changelist_instance(request)
        shown.result_list = shown.result_list.prefetch_related(*recent_days(timezone.now()))
        return shown

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("progress/", wrap(self.show_progress), name="digest_source_progress"),
            path("upload/", wrap(self.upload), name="digest_source_upload"),
            path("add/preview/", wrap(self.preview), name="digest_source_add_preview"),
            path("<int:pk>/preview/", wrap(self.preview), name="digest_source_preview"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Papers by hand, for a source that there is or a new one."""
        return upload(self, request, self._page(request))

    def preview(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """What the source of an unsaved form lists now, fetched once; nothing is stored."""
        source = get_object_or_404(Source, pk=pk) if pk else None
        if not self._may_edit(request, source):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = self.get_form(request, source, change=source is not None)(request.POST, instance=source)
        return show_preview(request, form, self._page(request))

    def show_progress(self, request: HttpRequest) -> HttpResponse:
        """What a page asks for while a source is fetched: nothing, or in the end to be loaded again."""
        if any(progress_of(source) == Progress.FETCHING for source in self.get_queryset(request)):
            return HttpResponse(status=204)
        return HttpResponse(headers={"HX-Refresh": "true"})

    @column("Problems", empty_value="none")
    def problems(self, source: Source) -> SafeString | str:
        return links_to_open(source)

    @column("Last check", ordering="checked_at")
    def checked(self, source: Source) -> SafeString | str:
        match progress_of(source):
            case Progress.FETCHING:
                asks = '<span hx-get="{}" hx-trigger="every 2s" hx-swap="none" role="status">{}</span>'
                return format_html(asks, reverse("admin:digest_source_progress"), "is being fetched …")
            case Progress.STUCK:
                return "asked for, but not fetched: is a worker running?"
        return _moment(self, source)

    @column("Papers of today")
    def arrived(self, source: Source) -> SafeString:
        now = timezone.now()
        said = said_in_list(source, now) if hasattr(source, "recent") else said_on_page(source, now)
        return format_html('<span class="{}">{}</span>', TONES[said.tone], said.words)

    @column("Last weeks")
    def calendar(self, source: Source) -> SafeString:
        return show_calendar(source, timezone.now())

    @column("Next check")
    def next_check(self, source: Source) -> str:
        return next_check(source.checked_at, timezone.now(), enabled=source.enabled)

    @column("Kind", ordering="adapter")
    def adapter_title(self, source: Source) -> str:
        return dict(registry.choices()).get(source.adapter, source.adapter)

    @column("Kind")
    def kind(self, source: Source) -> SafeString | str:
        adapter = registry.adapter_called(source.adapter)
        if adapter is None:
            return f"“{source.adapter}”, which this version does not have"
        about = format_html('<span class="block text-subtle">{}</span>', adapter.about)
        return format_html("{}{}", adapter.title, about if adapter.about else "")

    @column("Settings", empty_value="")
    def told(self, source: Source) -> str:
        adapter = registry.adapter_called(source.adapter)
        return settings_in_words(adapter, source.settings) if adapter else ""

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
        enabled = fetched.update(enabled=True)
        Source.objects.note_enabled(timezone.now())
        self.report(request, enabled, "enabled", nothing)

    @action("Disable")
    def disable(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self.log_changes(request, queryset, "Disabled.")
        done = "disabled: nothing more is fetched, and what is stored stays"
        disabled = queryset.update(enabled=False)
        Source.objects.note_enabled(timezone.now())
        self.report(request, disabled, done, "Nothing was disabled.")

    @page_button("Upload or paste papers", icon="upload")
    def bring_papers(self, request: HttpRequest) -> HttpResponse:
        return redirect(request, reverse("admin:digest_source_upload"))

    @page_button("Upload or paste papers", icon="upload")
    def bring_papers_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(request, f"{reverse('admin:digest_source_upload')}?source={object_id}")

    fetch_this = button(fetch_now, "Ask the source for its recent editions now, without waiting.", "sync")
