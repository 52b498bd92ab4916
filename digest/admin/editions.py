"""Admin pages for editions: what each day of each source listed, what was new, what could not be read."""

from typing import cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from digest.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    button,
    column,
    label,
    link,
    moment_column,
)
from digest.admin.dashboard.figures import Counted, counted
from digest.ingestion import store
from digest.lib.counting import number_of
from digest.models import Edition, EditionEntry
from digest.sources import SourceChanged


class EntryInline(ReadOnlyInline[EditionEntry, Edition]):
    model = EditionEntry
    verbose_name_plural = "papers"
    fields = ("position", "title", "organization", "upvotes", "first_listed")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[EditionEntry]:
        rows = super().get_queryset(request).select_related("paper", "paper__release")
        return rows.defer("paper__abstract", "paper__author_names").order_by("position")

    @column("Title")
    def title(self, entry: EditionEntry) -> SafeString:
        return link(reverse("admin:digest_paper_change", args=[entry.paper_id]), entry.paper.title)

    @column("Organisation")
    def organization(self, entry: EditionEntry) -> str:
        return entry.paper.organization

    @column("Votes")
    def upvotes(self, entry: EditionEntry) -> int | None:
        return entry.paper.upvotes

    @column("Listed before")
    def first_listed(self, entry: EditionEntry) -> str:
        release = entry.paper.release
        return "" if release is None or release.edition_id == entry.edition_id else "yes"


@admin.register(Edition)
class EditionAdmin(ReadOnlyAdmin[Edition]):
    list_display = ("of_day", "source", "papers_listed", "papers_new", "papers_rejected", "format", "fetched")
    list_filter = ("source", "day")
    list_select_related = ("source",)
    fields = (
        ("of_day", "source"),
        ("format", "fetched"),
        ("papers_listed", "papers_new"),
        "could_not_be_read",
    )
    inlines = (EntryInline,)
    actions = ("parse_again",)
    actions_detail = ("parse_this_again",)

    of_day = moment_column("Day", "day")
    fetched = moment_column("Fetched", "fetched_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        return counted(super().get_queryset(request))

    @column("Papers", ordering="listed")
    def papers_listed(self, edition: Edition) -> int:
        return cast("Counted", edition).listed

    @column("New papers", ordering="new")
    def papers_new(self, edition: Edition) -> int:
        return cast("Counted", edition).new

    @column("Rejected")
    def papers_rejected(self, edition: Edition) -> SafeString | str:
        rejected = len(edition.rejected)
        return label("rejected", str(rejected), {"rejected": "danger"}) if rejected else ""

    @column("Could not be read")
    def could_not_be_read(self, edition: Edition) -> SafeString | str:
        rows = ((one["position"], one["title"] or "no title", one["why"]) for one in edition.rejected)
        return format_html_join("", "<p>{}. {}: {}</p>", rows) or "nothing"

    @action("Parse the stored answer again")
    def parse_again(self, request: HttpRequest, queryset: QuerySet[Edition]) -> None:
        parsed = []
        for edition in queryset.defer(None).select_related("source"):
            try:
                result = store.reparse(edition, timezone.now())
            except SourceChanged as error:
                messages.error(request, f"{edition} could not be read: {error}")
                continue
            parsed.append(edition.pk)
            found = (
                f"{number_of(result.listed, 'paper')}, {result.new} of them new, {result.rejected} rejected"
            )
            messages.info(request, f"{edition}: {found}.")
        self.log_changes(request, queryset.filter(pk__in=parsed), "Parsed again.")
        self.report(request, len(parsed), "parsed again", "No edition was parsed again.")

    parse_this_again = button(
        parse_again,
        "Parses the stored answer again, as after an upgrade. Papers found in addition go to readers.",
        "restart_alt",
    )
