"""The selections' pages: what readers with the same filters and history got."""

from django.contrib import admin
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyRoom, column, when
from digest.admin.selected_papers import papers_by_filter
from digest.models import Selection


@admin.register(Selection)
class SelectionRoom(ReadOnlyRoom[Selection]):
    list_display = ("number", "of_day", "filter_names", "papers", "scanned", "already_had", "made")
    list_filter = ("day",)
    fields = (
        ("of_day", "made"),
        ("scanned", "already_had"),
        ("after_release", "through_release"),
        "filter_names",
        "shown",
    )

    of_day = when("Day", "day")
    made = when("Made", "created_at")

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
    def shown(self, selection: Selection) -> SafeString:
        return papers_by_filter(selection)
