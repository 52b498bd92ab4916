"""What readers asked more and less of: one by one on a reader's page, as counts on a paper's."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyInline, column, link, moment_column
from digest.admin.papers import PaperAdmin
from digest.models import Paper
from subscriptions.models import Subscriber, Vote

Verdict = Vote.Verdict


class VoteInline(ReadOnlyInline[Vote, Subscriber]):
    """A reader's votes, newest first: why does this reader's digest stand in this order?"""

    model = Vote
    per_page = 10
    fields = ("on", "verdict", "given")
    readonly_fields = fields

    given = moment_column("Given", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Vote]:
        return super().get_queryset(request).select_related("paper")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @column("Paper")
    def on(self, vote: Vote) -> SafeString:
        return link(reverse("admin:digest_paper_change", args=[vote.paper_id]), vote.paper)


admin.site.unregister(Paper)


@admin.register(Paper)
class VotedPaperAdmin(PaperAdmin):
    """Papers in the admin, with what only this package knows: how readers voted."""

    fieldsets: ClassVar[Any] = (*PaperAdmin.fieldsets, ("Readers", {"fields": ("votes",)}))

    @column("Votes")
    def votes(self, paper: Paper) -> str:
        found = Vote.objects.filter(paper=paper).order_by().values_list("verdict").annotate(Count("pk"))
        counts = dict(found)
        return f"{counts.get(Verdict.MORE, 0):,} more like it, {counts.get(Verdict.LESS, 0):,} less"
