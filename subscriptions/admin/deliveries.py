"""Deliveries in the admin: what was sent to whom, what became of it, and why."""

# ruff: noqa: ARG002 - the signatures are Django's

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from digest.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    action,
    button,
    column,
    enqueue,
    label,
    link,
    moment_column,
)
from digest.admin.selections import papers_by_filter
from subscriptions.emails.letters import LETTER_OF, LETTERS
from subscriptions.models import Delivery, Subscriber
from subscriptions.tasks import deliver

State = Delivery.State
COLOURS = {
    State.PENDING: "info",
    State.LEASED: "info",
    State.HANDING: "info",
    State.ACCEPTED: "success",
    State.DEFERRED: "warning",
    State.REFUSED: "danger",
    State.UNKNOWN: "danger",
}


def state_label(delivery: Delivery) -> SafeString:
    return label(delivery.state, delivery.get_state_display(), COLOURS)


def letter_label(delivery: Delivery) -> str:
    letter = LETTER_OF.get(delivery.kind)
    return letter.label if letter else delivery.kind


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(letter.name, letter.label) for letter in LETTERS if letter.wanted_in]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin[Delivery]):
    list_display = ("to", "letter", "state_label", "reason", "due", "attempts", "settled")
    list_filter = ("state", KindFilter, "due_at")
    list_select_related = ("subscriber",)
    search_fields = ("subscriber__email",)
    search_help_text = "Search by address"
    fieldsets = (
        (None, {"fields": (("reader", "letter"), ("state_label", "attempts"), "why")}),
        ("When", {"fields": (("due", "planned"), ("next_attempt", "settled"), "of_run", "worker")}),
        ("What it holds", {"fields": ("carried_by", "papers")}),
    )
    actions = ("try_again",)
    actions_detail = ("try_this_again",)

    due = moment_column("Due", "due_at")
    planned = moment_column("Planned", "created_at")
    next_attempt = moment_column("Not before", "not_before")
    settled = moment_column("Finished", "settled_at")

    @column("State", ordering="state")
    def state_label(self, delivery: Delivery) -> SafeString:
        return state_label(delivery)

    @column("Kind", ordering="kind")
    def letter(self, delivery: Delivery) -> str:
        return letter_label(delivery)

    @column("Reader", ordering="subscriber__email")
    def to(self, delivery: Delivery) -> str:
        return delivery.subscriber.email

    @column("Reader")
    def reader(self, delivery: Delivery) -> SafeString:
        url = reverse("admin:subscriptions_subscriber_change", args=[delivery.subscriber_id])
        return link(url, delivery.subscriber)

    @column("Reason")
    def why(self, delivery: Delivery) -> str:
        return delivery.reason

    @column("Run")
    def of_run(self, delivery: Delivery) -> SafeString | str:
        if delivery.run is None:
            return "none"
        return link(reverse("admin:subscriptions_run_change", args=[delivery.run_id]), delivery.run)

    @column("Papers")
    def papers(self, delivery: Delivery) -> SafeString | str:
        if delivery.selection is None:
            return "It is a letter, not a digest."
        return papers_by_filter(delivery.selection)

    @action("Try again now")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        deferred = queryset.filter(state=State.DEFERRED)
        if queryset.filter(state=State.UNKNOWN).exists():
            messages.warning(
                request,
                "Unknown mails are never sent again: they may have arrived, and nobody should get the same "
                "mail twice. Their papers are carried over to the reader's next digest.",
            )
        self.log_changes(request, deferred, "Tried again now.")
        count = deferred.update(not_before=timezone.now())
        when = "in a moment" if not count or enqueue(deliver) else "within a minute, by the scheduler"
        self.report(request, count, f"will be tried {when}", "Only deferred deliveries can be tried again.")

    try_this_again = button(
        try_again, "Sends this mail now, without waiting for its next attempt. Only if deferred.", "redo"
    )


class DeliveryInline(ReadOnlyInline[Delivery, Subscriber]):
    """A reader's mails, newest first, each with the reason: why did this reader get no mail?"""

    model = Delivery
    per_page = 10
    fields = ("due", "letter", "state_label", "why", "settled")
    readonly_fields = fields

    settled = moment_column("Finished", "settled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).order_by("-due_at", "-pk")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    @column("Kind")
    def letter(self, delivery: Delivery) -> str:
        return letter_label(delivery)

    @column("Due")
    def due(self, delivery: Delivery) -> SafeString:
        url = reverse("admin:subscriptions_delivery_change", args=[delivery.pk])
        return link(url, date_format(timezone.localtime(delivery.due_at), "D j M Y, H:i"))

    @column("State")
    def state_label(self, delivery: Delivery) -> SafeString:
        return state_label(delivery)

    @column("Reason")
    def why(self, delivery: Delivery) -> str:
        return delivery.reason
