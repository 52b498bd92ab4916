"""Admin pages for papers: each once, where it was listed, what is known of it."""

from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, link, moment_column
from digest.models import Edition, EditionEntry, Paper, Source
from digest.models.paper import LISTED

DAYS_OFFERED = 14
ORGANIZATIONS_OFFERED = 30


class DayFilter(admin.SimpleListFilter):
    """Papers listed by an edition of one of the newest days."""

    title = "edition day"
    parameter_name = "day"

    def lookups(self, _request: HttpRequest, _admin: object) -> list[tuple[str, str]]:
        days = Edition.objects.order_by("-day").values_list("day", flat=True).distinct()[:DAYS_OFFERED]
        return [(day.isoformat(), formats.date_format(day, "D j M Y")) for day in days]

    def queryset(self, _request: HttpRequest, papers: QuerySet[Paper]) -> QuerySet[Paper]:
        if not (day := parse_date(self.value() or "")):
            return papers
        return papers.filter(Exists(EditionEntry.objects.filter(paper=OuterRef("pk"), edition__day=day)))


class OrganizationFilter(admin.SimpleListFilter):
    """Papers of one of the organisations with the most papers."""

    title = "organisation"
    parameter_name = "organization"

    def lookups(self, _request: HttpRequest, _admin: object) -> list[tuple[str, str]]:
        known = Paper.objects.exclude(organization="").values_list("organization")
        top = known.annotate(papers=Count("pk")).order_by("-papers", "organization")[:ORGANIZATIONS_OFFERED]
        return [(name, f"{name} ({papers})") for name, papers in top]

    def queryset(self, _request: HttpRequest, papers: QuerySet[Paper]) -> QuerySet[Paper]:
        return papers.filter(organization=self.value()) if self.value() else papers


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin[Paper]):
    list_display = ("title", "organization", "upvotes", "comments", "day", "first_seen")
    list_filter = (DayFilter, OrganizationFilter)
    search_fields = ("title", "abstract", "key")
    fieldsets = (
        (None, {"fields": ("title", "abstract", "page")}),
        ("Facts", {"fields": ("people", "organization", "day", ("upvotes", "comments"), "links")}),
        (
            "In this service",
            {"fields": (("key", "other_keys"), "sources", "listed_in", ("first_seen", "last_change"))},
        ),
    )

    day = moment_column("Published", "published")
    first_seen = moment_column("First seen", "created_at")
    last_change = moment_column("Last change", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        papers = super().get_queryset(request).filter(LISTED)
        on_one_page = request.resolver_match and "object_id" in request.resolver_match.kwargs
        return papers if on_one_page else papers.defer("abstract", "author_names")

    @column("Page")
    def page(self, paper: Paper) -> SafeString:
        return link(paper.url, paper.url)

    @column("Authors")
    def people(self, paper: Paper) -> str:
        names = ", ".join(paper.author_names)
        return names or ("unknown" if paper.authors is None else str(paper.authors))

    @column("Links")
    def links(self, paper: Paper) -> SafeString | str:
        known = (("Code", paper.code_url), ("Project", paper.project_url))
        return format_html_join(" · ", "{}", ((link(url, name),) for name, url in known if url)) or "none"

    @column("Sources")
    def sources(self, paper: Paper) -> str:
        titles = dict(Source.objects.values_list("name", "title"))
        return ", ".join(titles.get(name, name) for name in paper.source_names) or "none"

    @column("Other keys")
    def other_keys(self, paper: Paper) -> str:
        return ", ".join(sorted(paper.keys.values_list("key", flat=True))) or "none"

    @column("Listed in")
    def listed_in(self, paper: Paper) -> SafeString:
        entries = paper.entries.select_related("edition__source")
        rows = (
            (
                link(reverse("admin:digest_edition_change", args=[entry.edition_id]), entry.edition),
                entry.position,
            )
            for entry in entries.order_by("-edition__day")
        )
        return format_html_join("", "<p>{} (number {})</p>", rows)
