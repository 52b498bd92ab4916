"""Runs in the admin: progress of the digests of each moment; pause, resume and stop them together."""

from collections.abc import Callable
from typing import Protocol, cast

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, action, button, column, enqueue, label, moment_column
from subscriptions.models import Delivery, Run
from subscriptions.planning import runs
from subscriptions.planning.progress import UNFINISHED, progress_of
from subscriptions.relay.routing.status import forecast
from subscriptions.tasks import deliver

COLOURS = {Run.State.RUNNING: "info", Run.State.PAUSED: "warning", Run.State.STOPPED: "danger"}
OVER = "Only runs that have not ended can be {}."


class Counted(Protocol):
    """What the list adds to a run: its deliveries, and how many of them are in a final state."""

    total: int
    settled: int


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin[Run]):
    list_display = ("of_moment", "state_label", "progress", "reason", "resumes", "done_by", "started")
    list_filter = ("state",)
    list_per_page = 20
    fields = (
        ("of_moment", "started"),
        ("state_label", "resumes", "done_by"),
        "why",
        "progress",
        "deliveries",
    )
    actions = ("pause", "resume", "stop")
    actions_detail = ("pause_this", "resume_this", "stop_this")

    of_moment = moment_column("Due by", "moment")
    resumes = moment_column("Resumes by itself", "resumes_at")
    started = moment_column("Planned", "started_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        deliveries = Delivery.objects.filter(run=OuterRef("pk")).order_by()
        settled = deliveries.exclude(state__in=UNFINISHED)
        return super().get_queryset(request).annotate(total=_number(deliveries), settled=_number(settled))

    @column("State", ordering="state")
    def state_label(self, run: Run) -> SafeString:
        return label(run.state, run.get_state_display(), COLOURS)

    @column("Reason")
    def why(self, run: Run) -> str:
        return run.reason

    @column("Finished")
    def progress(self, run: Run) -> SafeString:
        counted = cast("Counted", run)
        percent = round(100 * counted.settled / counted.total) if counted.total else 0
        figures = {"percent": percent, "settled": counted.settled, "total": counted.total}
        return render_to_string("runs/progress.html", figures)

    @column("Done at the earliest")
    def done_by(self, run: Run) -> str:
        """By the limits of the relays, and what runs before it still have to send."""
        counted = cast("Counted", run)
        if run.state not in {Run.State.RUNNING, Run.State.PAUSED} or counted.settled == counted.total:
            return ""
        done_at = forecast(timezone.now(), through_run=run.pk)
        return date_format(timezone.localtime(done_at), "j M Y, H:i") if done_at else ""

    @column("Deliveries")
    def deliveries(self, run: Run) -> SafeString:
        page = reverse("admin:subscriptions_delivery_changelist")
        states = sorted(progress_of([run])[run.pk].items())
        rows = ((page, run.pk, state, count, Delivery.State(state).label.lower()) for state, count in states)
        link = '<a href="{}?run__id__exact={}&amp;state__exact={}" class="text-link">{} {}</a>'
        return format_html_join(", ", link, rows)

    @action("Pause")
    def pause(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        done = self._each(request, queryset, runs.pause, "Paused.")
        self.report(request, done, "paused", OVER.format("paused"))

    @action("Resume")
    def resume(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        now = timezone.now()
        done = self._each(request, queryset, lambda run: runs.resume(run, now), "Resumed.")
        soon = "in a moment" if not done or enqueue(deliver) else "within a minute, by the scheduler"
        self.report(request, done, f"going on {soon}", "Only paused runs can be resumed.")

    @action("Stop")
    def stop(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        now = timezone.now()
        done = self._each(request, queryset, lambda run: runs.stop(run, now), "Stopped.")
        self.report(
            request, done, "stopped; its papers are carried over to the next digests", OVER.format("stopped")
        )

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Run], act: Callable[[Run], bool], what: str
    ) -> int:
        """How many runs `act` changed; each is noted in their history."""
        changed = [run.pk for run in queryset if act(run)]
        self.log_changes(request, Run.objects.filter(pk__in=changed), what)
        return len(changed)

    pause_this = button(
        pause,
        "Sends nothing more of this run until somebody resumes it, but for mails already being sent.",
        "pause",
    )
    resume_this = button(
        resume, "Goes on with what is waiting. What the mail server deferred is tried now.", "play_arrow"
    )
    stop_this = button(
        stop,
        "What is waiting will not be sent; its papers are carried over to each reader's next digest.",
        "stop",
        danger=True,
    )


def _number(deliveries: QuerySet[Delivery]) -> Coalesce:
    count = deliveries.values("run").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(count, output_field=IntegerField()), 0)
