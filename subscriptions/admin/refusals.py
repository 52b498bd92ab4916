"""Refusals in the admin: whom mail servers refused for good, why, and taking it back where that was wrong."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, action, button, column, label, link, moment_column
from subscriptions.accounts import refusals
from subscriptions.models import Refusal, Subscriber

COLOURS = {"dead": "danger", "full": "info", "policy": "warning", "message": "warning", "unknown": "warning"}


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin[Refusal]):
    list_display = ("to", "cause_label", "answer", "ended", "when")
    list_filter = ("cause", "ended", "run")
    list_select_related = ("subscriber",)
    search_fields = ("subscriber__email", "gist")
    search_help_text = "Search by address, or by what the server said"
    fields = (("reader", "when"), ("cause_label", "ended"), "answer", "of_run")
    actions = ("reinstate",)
    actions_detail = ("reinstate_these",)

    when = moment_column("When", "at")

    @column("Cause", ordering="cause")
    def cause_label(self, refusal: Refusal) -> SafeString:
        return label(refusal.cause, cause_of(refusal), COLOURS)

    @column("Reader", ordering="subscriber__email")
    def to(self, refusal: Refusal) -> str:
        return refusal.subscriber.email

    @column("Reader")
    def reader(self, refusal: Refusal) -> SafeString:
        url = reverse("admin:subscriptions_subscriber_change", args=[refusal.subscriber_id])
        return link(url, refusal.subscriber)

    @column("Run")
    def of_run(self, refusal: Refusal) -> SafeString | str:
        if refusal.run is None:
            return "none"
        return link(reverse("admin:subscriptions_run_change", args=[refusal.run_id]), refusal.run)

    @action("Reinstate all who were refused alike")
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Refusal]) -> None:
        lifted = 0
        for refusal in list(queryset.filter(ended=True)):
            lifted += refusals.reinstate_alike(refusal, timezone.now())
        self.log_changes(request, queryset, "Reinstated all who were refused alike.")
        self.report(request, lifted, "reinstated", "No reader gets less mail because of these.")

    reinstate_these = button(
        reinstate,
        "Digests go on for every reader whom the same words refused in the same run, and for nobody else.",
        "undo",
    )


def cause_of(refusal: Refusal) -> str:
    """In one word or two; a mailbox that was suspended without its server having said that it is dead."""
    return "probably dead" if refusal.ended and refusal.cause == "unknown" else refusal.cause


def why_refused(reader: Subscriber) -> str:
    """What ended mail to a reader, or nothing."""
    row = reader.refusals.filter(ended=True).first() if reader.state == Subscriber.State.REFUSED else None
    return f"{cause_of(row)}: {row.answer}" if row else ""
