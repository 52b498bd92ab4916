"""Admin pages for problems of sources: what is wrong, the likely cause, and the button that mends it."""

# ruff: noqa: ARG002 - the signatures are Django's

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, action, button, column, enqueue, label, link, moment_column
from digest.ingestion.health.wording import told
from digest.models import Source, SourceProblem
from digest.tasks import fetch_source

_COLOURS = {"open": "danger", "said to be right": "info", "over": "success"}


def links_to_open(source: Source) -> SafeString:
    """The open problems of a source, each with the link to its page."""
    rows = ((_page_of(one), told(one).what) for one in source.problems.open().select_related("source"))
    return format_html_join("", '<p><a href="{}" class="text-link">{}</a></p>', rows)


def _page_of(problem: SourceProblem) -> str:
    return reverse("admin:digest_sourceproblem_change", args=[problem.pk])


class StateFilter(admin.SimpleListFilter):
    """Problems that last, that somebody called right, that are over."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("open", "open"), ("accepted", "said to be right"), ("over", "over")]

    def queryset(self, request: HttpRequest, problems: QuerySet[SourceProblem]) -> QuerySet[SourceProblem]:
        match self.value():
            case "open":
                return problems.filter(cleared_at=None, accepted_at=None)
            case "accepted":
                return problems.filter(cleared_at=None, accepted_at__isnull=False)
            case "over":
                return problems.filter(cleared_at__isnull=False)
        return problems


@admin.register(SourceProblem)
class SourceProblemAdmin(ReadOnlyAdmin[SourceProblem]):
    list_display = ("what", "state", "of_day", "seen_since", "cleared")
    list_filter = (StateFilter, "source", "kind")
    list_select_related = ("source",)
    fields = ("what", "hint", "detail", "state", "answer", ("seen_since", "cleared"), "the_source")
    actions = ("fetch_again", "accept")
    actions_detail = ("fetch_this_again", "accept_this")

    of_day = moment_column("Day", "day")
    seen_since = moment_column("Since", "since")
    cleared = moment_column("Over since", "cleared_at")

    @column("Problem")
    def what(self, problem: SourceProblem) -> str:
        return told(problem).what

    @column("Likely cause, and what mends it")
    def hint(self, problem: SourceProblem) -> str:
        return told(problem).hint

    @column("What was found", empty_value="")
    def detail(self, problem: SourceProblem) -> str:
        return told(problem).detail

    @column("State")
    def state(self, problem: SourceProblem) -> SafeString:
        told_as = "over" if problem.cleared_at else "said to be right" if problem.accepted_at else "open"
        return label(told_as, told_as, _COLOURS)

    @column("Raw answer", empty_value="none is kept")
    def answer(self, problem: SourceProblem) -> SafeString | str:
        if problem.raw_answer is None:
            return ""
        url = reverse("admin:digest_rawanswer_change", args=[problem.raw_answer.pk])
        return link(url, f"of {problem.raw_answer.seen_at:%Y-%m-%d %H:%M} UTC")

    @column("Source")
    def the_source(self, problem: SourceProblem) -> SafeString:
        return link(reverse("admin:digest_source_change", args=[problem.source_id]), problem.source.title)

    @action("Fetch the source again")
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[SourceProblem]) -> None:
        sources = sorted(set(queryset.values_list("source", flat=True)))
        if not all(enqueue(fetch_source, source) for source in sources):
            messages.error(request, "Nothing was fetched: the task queue (REDIS_URL) cannot be reached.")
            return
        self.log_changes(request, queryset, "Fetch requested.")
        messages.success(request, "Fetch requested. If that mends it, the problem ends by itself.")

    @action("This is right")
    def accept(self, request: HttpRequest, queryset: QuerySet[SourceProblem]) -> None:
        lasting = SourceProblem.objects.open().filter(pk__in=queryset)
        self.log_changes(request, lasting, "Said to be right.")
        accepted = lasting.update(accepted_at=timezone.now())
        self.report(request, accepted, "said to be right", "Nothing was open.")

    fetch_this_again = button(fetch_again, "Asks the source again now, without waiting.", "sync")
    accept_this = button(
        accept,
        "As on a holiday: it is no problem any more, and nobody is told of it again.",
        "check",
    )
