"""Admin pages for selections: what readers with the same filters and history got."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, moment_column
from digest.models import Selection
from digest.selection.content import Reading


def papers_by_filter(selection: Selection) -> SafeString:
    """The papers under the filter that selected each, then those carried over from an earlier mail."""
    return render_to_string("digest/papers_by_filter.html", {"content": Reading().content_of(selection)})


@admin.register(Selection)
class SelectionAdmin(ReadOnlyAdmin[Selection]):
    list_display = ("number", "of_day", "filter_names", "papers", "scanned", "already_had", "made")
    list_filter = ("day",)
    fields = (
        ("of_day", "made"),
        ("scanned", "already_had"),
        ("after_release", "through_release"),
        "filter_names",
        "papers_of_each_filter",
    )

    of_day = moment_column("Day", "day")
    made = moment_column("Made", "created_at")

    @column("Number", ordering="id")
    def number(self, selection: Selection) -> str:
        return f"#{selection.pk}"

    @column("Filters")
    def filter_names(self, selection: Selection) -> str:
        return ", ".join(filter_["name"] for filter_ in selection.filters)

    @column("Papers")
    def papers(self, selection: Selection) -> int:
        return len(selection.papers)

    @column("Papers")
    def papers_of_each_filter(self, selection: Selection) -> SafeString:
        return papers_by_filter(selection)
