"""Readers in the admin: who reads what and when, why somebody got no mail, and help for one reader."""

# ruff: noqa: ARG002 - the signatures are Django's

from dataclasses import replace
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from digest.admin.base import (
    BaseAdmin,
    action,
    button,
    column,
    confirmed,
    enqueue,
    label,
    moment_column,
    redirect,
)
from digest.lib.counting import number_of
from digest.models import Source
from subscriptions.accounts import preferences, refusals, unsubscribing
from subscriptions.admin.deliveries import COLOURS as DELIVERY_COLOURS
from subscriptions.admin.deliveries import DeliveryInline
from subscriptions.admin.reader_form import ScheduleForm, TopicFilter
from subscriptions.admin.refusals import why_refused
from subscriptions.admin.votes import VoteInline
from subscriptions.devtools import demo_data
from subscriptions.models import Delivery, Subscriber
from subscriptions.tasks import plan_digests

State = Subscriber.State
COLOURS = {State.PENDING: "info", State.ACTIVE: "success", State.PAUSED: "warning", State.REFUSED: "danger"}
FILTERS_LENGTH = 80


@admin.register(Subscriber)
class SubscriberAdmin(BaseAdmin[Subscriber]):
    form = ScheduleForm
    list_display = ("email", "state_label", "filters", "schedule", "next_digest", "last_mail", "invented")
    list_filter = ("state", "rhythm", TopicFilter, "demo")
    search_fields = ("email",)
    search_help_text = "Search by address"
    fieldsets = (
        (None, {"fields": ("address", "state_label", "why_refused", "all_filters", "saved", "invented")}),
        ("Schedule", {"fields": ("time_zone", "hour", "rhythm", "weekday", "next_digest")}),
        ("Consent", {"fields": ("signed_up", "consented", "consent_proof", "left")}),
    )
    readonly_fields = (
        *("address", "state_label", "why_refused", "all_filters", "saved", "invented", "next_digest"),
        *("signed_up", "consented", "consent_proof", "left"),
    )
    conditional_fields: ClassVar = {"weekday": "rhythm == 'weekly' || rhythm == 'monthly'"}
    inlines = (DeliveryInline, VoteInline)
    actions = ("send_now", "pause", "resume", "reinstate", "revoke_links")
    actions_detail = (
        "send_this_now",
        {
            "title": "More",
            "items": (
                *("pause_this", "resume_this", "reinstate_this"),
                *("revoke_these_links", "unsubscribe_this"),
            ),
        },
    )
    actions_list = ("remove_demo",)

    next_digest = moment_column("Next digest", "next_digest_at")
    signed_up = moment_column("Signed up", "created_at")
    consented = moment_column("Confirmed", "consented_at")
    left = moment_column("Left", "left_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        latest = Delivery.objects.filter(subscriber=OuterRef("pk")).order_by("-due_at", "-pk")
        readers = super().get_queryset(request).prefetch_related("filter_set__topics")
        return readers.annotate(last_state=Subquery(latest.values("state")[:1]))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: a reader signs up and confirms; nobody else can consent for them."""
        return False

    def has_remove_demo_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        """For superusers, while there is any."""
        return request.user.is_superuser and any(
            kind.objects.filter(demo=True).exists() for kind in (Subscriber, Source)
        )

    def save_model(self, request: HttpRequest, obj: Subscriber, form: Any, change: bool) -> None:
        """As when readers change it themselves: a new schedule moves the next digest."""
        reader = Subscriber.objects.select_related("filter_set").get(pk=obj.pk)
        choices = replace(preferences.choices_of(reader), schedule=obj.schedule)
        preferences.save(reader, choices, timezone.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """A reader's mails go with the reader, though nobody may delete them on their own."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> Any:
        """Note the deletion, and take the address out of everything noted before."""
        pks = [str(reader.pk) for reader in queryset]
        entries = super().log_deletions(request, queryset)
        about = LogEntry.objects.filter(
            content_type=get_content_type_for_model(Subscriber), object_id__in=pks
        )
        about.update(object_repr="a deleted reader")
        return entries

    @column("Email")
    def address(self, reader: Subscriber) -> str:
        return reader.email

    @column("Proof of consent")
    def consent_proof(self, reader: Subscriber) -> str:
        return reader.consent

    @column("Demo")
    def invented(self, reader: Subscriber) -> str:
        return "demo reader" if reader.demo else ""

    @column("State", ordering="state")
    def state_label(self, reader: Subscriber) -> SafeString:
        return label(reader.state, reader.get_state_display(), COLOURS)

    @column("Refused because")
    def why_refused(self, reader: Subscriber) -> str:
        return why_refused(reader)

    @column("Filters")
    def filters(self, reader: Subscriber) -> str:
        text = self.all_filters(reader)
        return text if len(text) <= FILTERS_LENGTH else text[: FILTERS_LENGTH - 1].rstrip() + "…"

    @column("Filters")
    def all_filters(self, reader: Subscriber) -> str:
        library = [f"library ({reader.library_daily} a day)"] if reader.library_daily else []
        return ", ".join([*reader.filter_set.names, *library]) or "nothing"

    @column("Saved papers")
    def saved(self, reader: Subscriber) -> int:
        return reader.saved_papers.count()

    @column("Schedule")
    def schedule(self, reader: Subscriber) -> str:
        return preferences.describe(reader.schedule)

    @column("Last mail")
    def last_mail(self, reader: Subscriber) -> SafeString | str:
        state: str | None = getattr(reader, "last_state", None)
        return label(state, Delivery.State(state).label.lower(), DELIVERY_COLOURS) if state else "none yet"

    @action("Send the next digest now")
    def send_now(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        active = queryset.filter(state=State.ACTIVE)
        self.log_changes(request, active, "Next digest asked for now.")
        count = active.update(next_digest_at=timezone.now())
        when = "in a moment" if not count or enqueue(plan_digests) else "within a minute, by the scheduler"
        when = "once EMAIL_URL is set (mail is held)" if settings.EMAIL_HELD else when
        done = f"will get the next digest {when}; where nothing is new, the delivery says so"
        self.report(request, count, done, "Only active readers get digests.")

    @action("Pause")
    def pause(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        active = queryset.filter(state=State.ACTIVE)
        self.log_changes(request, active, "Paused.")
        readers = list(active)
        for reader in readers:
            preferences.pause(reader)
        self.report(request, len(readers), "paused", "Only active readers can be paused.")

    @action("Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        paused = queryset.filter(state=State.PAUSED)
        self.log_changes(request, paused, "Resumed.")
        readers = list(paused)
        for reader in readers:
            preferences.resume(reader, timezone.now())
        self.report(request, len(readers), "resumed", "Only paused readers can be resumed.")

    @action("Reinstate")
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        refused = queryset.filter(state=State.REFUSED, consented_at__isnull=False)
        self.log_changes(request, refused, "Reinstated.")
        readers = list(refused)
        for reader in readers:
            refusals.reinstate(reader, timezone.now())
        nothing = "Only readers who had confirmed and were refused by a mail server can be reinstated."
        self.report(request, len(readers), "reinstated", nothing)

    @action("Revoke links")
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        self.log_changes(request, queryset, "Links revoked.")
        count = queryset.update(link_version=F("link_version") + 1)
        self.report(
            request,
            count,
            "no longer reachable by a link mailed before, save to unsubscribe",
            "No reader was chosen.",
        )

    @action("Unsubscribe")
    def unsubscribe(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        staying = queryset.exclude(state__in=[State.UNSUBSCRIBED, State.REFUSED])
        self.log_changes(request, staying, "Unsubscribed.")
        readers = list(staying)
        for reader in readers:
            unsubscribing.unsubscribe(reader, at=timezone.now())
        self.report(request, len(readers), "unsubscribed", "This reader gets no mail already.")

    @confirmed(
        "Remove all demo data",
        "Removes the demo and synthetic readers with all their mails, the sample day, and the papers that no "
        "other edition lists. Real readers and sources stay. This cannot be undone.",
        icon="delete",
        permission="remove_demo",
    )
    def remove_demo(self, request: HttpRequest, _form: object) -> HttpResponse:
        removed = demo_data.remove()
        readers, papers = number_of(removed.readers, "demo reader"), number_of(removed.papers, "paper")
        messages.success(request, f"Removed {readers} and {papers}.")
        return redirect(request, reverse("admin:index"))

    send_this_now = button(
        send_now,
        "Plans the digest at once; the next one comes at the usual hour. Only for active readers.",
        "send",
    )
    pause_this = button(pause, "No digests until somebody resumes. Only for active readers.", "pause")
    resume_this = button(resume, "Digests go on at the usual hour. Only for paused readers.", "play_arrow")
    reinstate_this = button(
        reinstate,
        "Digests go on at the usual hour: the refusal was not about this address. Only for refused readers.",
        "undo",
    )
    revoke_these_links = button(
        revoke_links,
        "All links in mails sent so far stop working, but for the one to unsubscribe.",
        "link_off",
    )
    unsubscribe_this = button(
        unsubscribe,
        "Stops all mail to this reader. Only they can subscribe again.",
        "unsubscribe",
        danger=True,
    )
