"""Suggestions in the admin: what digests offered their readers, and what they answered."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, label, link, moment_column
from subscriptions.models import Suggestion

Answer = Suggestion.Answer
COLOURS = {Answer.TAKEN: "success", Answer.DECLINED: "warning"}


@admin.register(Suggestion)
class SuggestionAdmin(ReadOnlyAdmin[Suggestion]):
    list_before_template = "suggestions/summary.html"
    list_display = ("to", "change", "brings", "answer_label", "offered")
    list_filter = ("answer", "kind")
    list_select_related = ("subscriber",)
    search_fields = ("subscriber__email", "query")
    search_help_text = "Search by address, or by the query"
    fields = (("reader", "offered"), ("change", "brings"), "answer_label")

    offered = moment_column("Offered", "offered_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "summary": summary()})

    @column("Reader", ordering="subscriber__email")
    def to(self, suggestion: Suggestion) -> str:
        return suggestion.subscriber.email

    @column("Reader")
    def reader(self, suggestion: Suggestion) -> SafeString:
        url = reverse("admin:subscriptions_subscriber_change", args=[suggestion.subscriber_id])
        return link(url, suggestion.subscriber)

    @column("Change")
    def change(self, suggestion: Suggestion) -> str:
        return str(suggestion)

    @column("Brings")
    def brings(self, suggestion: Suggestion) -> str:
        if suggestion.kind == Suggestion.Kind.ADD:
            return f"{suggestion.papers:.1f} more a week"
        return f"{suggestion.papers:.1f} a digest instead of {suggestion.papers_before:.1f}"

    @column("Answer", ordering="answer")
    def answer_label(self, suggestion: Suggestion) -> SafeString:
        shown = suggestion.get_answer_display() if suggestion.offered_at else "not offered yet"
        return label(suggestion.answer, shown, COLOURS)


def summary() -> str:
    """How many were offered, and what came of them."""
    offered = Suggestion.objects.exclude(offered_at=None).order_by()
    counts = dict(offered.values_list("answer").annotate(Count("pk")))
    taken, declined, undone = (counts.get(each, 0) for each in (Answer.TAKEN, Answer.DECLINED, Answer.UNDONE))
    return f"{sum(counts.values()):,} offered: {taken:,} taken, {declined:,} declined, {undone:,} undone"
