"""Admin pages for editions: what each day of each source listed, what was new, what could not be read."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from digest.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    column,
    label,
    link,
    moment_column,
    page_button,
    redirect,
)
from digest.admin.dashboard.figures import Counted, counted
from digest.admin.replays import replay_page
from digest.admin.set_aside import set_aside_page
from digest.admin.waiting import waiting_page
from digest.ingestion.releasing import counted_by_day, unreleased
from digest.ingestion.replay import Replayed, replay_edition
from digest.lib.counting import number_of
from digest.models import Edition, EditionEntry, RawAnswer

ANSWERS_SHOWN = 10
PARSED_AT_ONCE = 14  # editions in one request: more take too long for a page
LISTING = reverse_lazy("admin:digest_edition_changelist")


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
    list_before_template = "digest/editions_before.html"
    fields = (
        ("of_day", "source"),
        ("format", "fetched"),
        ("papers_listed", "papers_new"),
        "could_not_be_read",
        "raw_answers",
    )
    inlines = (EntryInline,)
    actions = ("parse_again",)
    actions_detail = ("parse_this_again",)

    of_day = moment_column("Day", "day")
    fetched = moment_column("Fetched", "fetched_at")

    def get_urls(self) -> list[URLPattern]:
        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            return self.admin_site.admin_view(page)

        return [
            path("replay/", view(self.replay), name="digest_edition_replay"),
            path("set-aside/", view(partial(set_aside_page, self)), name="digest_edition_set_aside"),
            path("waiting/", view(partial(waiting_page, self)), name="digest_edition_waiting"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above the list: how many papers wait for a release, how many editions have entries set aside."""
        notes = {
            "waiting": sum(counted_by_day(unreleased(timezone.now())).values()),
            "with_set_aside": Edition.objects.exclude(rejected=[]).count(),
        }
        return super().changelist_view(request, notes | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edition]:
        return counted(super().get_queryset(request))

    @column("Papers", ordering="listed")
    def papers_listed(self, edition: Edition) -> int:
        return cast("Counted", edition).listed

    @column("New papers", ordering="new")
    def papers_new(self, edition: Edition) -> int:
        return cast("Counted", edition).new

    @column("Set aside")
    def papers_rejected(self, edition: Edition) -> SafeString | str:
        rejected = len(edition.rejected)
        return label("rejected", str(rejected), {"rejected": "danger"}) if rejected else ""

    @column("Could not be read")
    def could_not_be_read(self, edition: Edition) -> SafeString | str:
        rows = ((one["position"], one["title"] or "no title", one["why"]) for one in edition.rejected)
        return format_html_join("", "<p>{}. {}: {}</p>", rows) or "nothing"

    @column("Raw answers")
    def raw_answers(self, edition: Edition) -> SafeString:
        """The newest answers about the edition's day: when, how large, in which format."""
        answers = RawAnswer.objects.filter(source=edition.source, day=edition.day)
        rows = answers.select_related("body").defer("body__compressed")[:ANSWERS_SHOWN]
        context = {"answers": rows, "edition": edition, "number": answers.count()}
        return render_to_string("digest/raw_answers.html", context)

    @action("Parse the kept answers again …")
    def parse_again(self, request: HttpRequest, queryset: QuerySet[Edition]) -> HttpResponse | None:
        """Leads to the page that shows what would change."""
        chosen = list(queryset.values_list("pk", flat=True))
        if len(chosen) > PARSED_AT_ONCE:
            messages.warning(
                request, f"Choose at most {PARSED_AT_ONCE} editions; “manage.py replay” does any number."
            )
            return None
        return redirect(request, self._replay_url(*chosen))

    @page_button("Parse again …", icon="restart_alt")
    def parse_this_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(request, self._replay_url(object_id))

    def _replay_url(self, *editions: object) -> str:
        return f"{reverse('admin:digest_edition_replay')}?{urlencode({'edition': editions}, doseq=True)}"

    def replay(self, request: HttpRequest) -> HttpResponse:
        """What parsing the answers of the chosen editions again would change; a POST applies it."""
        numbers = [int(number) for number in request.GET.getlist("edition") if number.isdecimal()]
        chosen = Edition.objects.filter(pk__in=numbers[:PARSED_AT_ONCE]).select_related("source")
        editions = list(chosen.order_by("day", "source"))

        def run(dry_run: bool) -> list[Replayed]:
            if not dry_run:
                self.log_changes(request, chosen, "Parsed again.")
            replayed = (replay_edition(edition, timezone.now(), dry_run=dry_run) for edition in editions)
            return [day for days in replayed for day in days]

        one = len(editions) == 1
        what = str(editions[0]) if one else number_of(len(editions), "edition")
        back = reverse("admin:digest_edition_change", args=[editions[0].pk]) if one else LISTING
        return replay_page(self, request, what, run, str(back))
