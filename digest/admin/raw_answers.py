"""Admin pages for raw answers: what a source answered, as it came; downloaded, or parsed again."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, label, moment_column, page_link, redirect
from digest.admin.replays import replay_page
from digest.ingestion import raw_answers
from digest.ingestion.replay import replay_answers
from digest.models import RawAnswer

TEXT_SHOWN = 50_000  # characters; the rest is in the file


class ReadableFilter(admin.SimpleListFilter):
    """Answers that could be read, or not."""

    title = "could be read"
    parameter_name = "readable"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, answers: QuerySet[RawAnswer]) -> QuerySet[RawAnswer]:
        match self.value():
            case "yes":
                return answers.exclude(format="")
            case "no":
                return answers.filter(format="")
        return answers


@admin.register(RawAnswer)
class RawAnswerAdmin(ReadOnlyAdmin[RawAnswer]):
    list_display = ("fetched", "source", "about", "part_number", "size", "read_as", "seen")
    list_filter = ("source", ReadableFilter, "day")
    fields = (("source", "about"), ("fetched", "seen"), ("part_number", "size"), "read_as", "text")
    actions_detail = ("parse_this_again", "download_this")

    fetched = moment_column("First given", "fetched_at")
    seen = moment_column("Last given", "seen_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawAnswer]:
        return super().get_queryset(request).select_related("source", "body").defer("body__compressed")

    def get_urls(self) -> list[URLPattern]:
        download, again = (self.admin_site.admin_view(view) for view in (self.download, self.parse_again))
        return [
            path("<int:pk>/download/", download, name="digest_rawanswer_download"),
            path("<int:pk>/replay/", again, name="digest_rawanswer_replay"),
            *super().get_urls(),
        ]

    @column("Asked for", ordering="day")
    def about(self, answer: RawAnswer) -> SafeString | str:
        return _day(self, answer) if answer.day else "what it lists now"

    @column("Part")
    def part_number(self, answer: RawAnswer) -> int:
        return answer.part + 1

    @column("Size", ordering="body__size")
    def size(self, answer: RawAnswer) -> str:
        return filesizeformat(answer.body.size)

    @column("Format", ordering="format")
    def read_as(self, answer: RawAnswer) -> SafeString:
        return label("read" if answer.format else "", answer.format or "could not be read", {"": "danger"})

    @column("Text")
    def text(self, answer: RawAnswer) -> SafeString:
        text = raw_answers.bytes_of(answer.body).decode(errors="replace")
        more = f"… and {len(text) - TEXT_SHOWN:,} characters more: download it." if text[TEXT_SHOWN:] else ""
        return format_html(
            '<pre class="raw-answer" tabindex="0">{}</pre>{}',
            text[:TEXT_SHOWN],
            more,
        )

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The bytes as they came. A browser saves them, whatever they are: they are somebody else's."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        answer = get_object_or_404(RawAnswer.objects.select_related("source", "body"), pk=pk)
        response = HttpResponse(raw_answers.bytes_of(answer.body), content_type="application/octet-stream")
        name = f"{answer.source.name}-{answer.fetched_at:%Y%m%d-%H%M%S}-{answer.part + 1}.txt"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def parse_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What parsing the answer again would change, with all its parts."""
        answer = get_object_or_404(RawAnswer.objects.select_related("source"), pk=pk)
        kept = raw_answers.answer_of(answer)
        day = answer.day or answer.fetched_at.date()

        def replay(dry_run: bool) -> Any:
            return [replay_answers(answer.source, day, [kept], timezone.now(), dry_run=dry_run)]

        back = reverse("admin:digest_rawanswer_change", args=[pk])
        return replay_page(self, request, str(answer), replay, back)

    @page_link("Parse again …", icon="restart_alt")
    def parse_this_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(request, reverse("admin:digest_rawanswer_replay", args=[object_id]))

    @page_link("Download", icon="download", permission="view")
    def download_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(request, reverse("admin:digest_rawanswer_download", args=[object_id]))


_day = moment_column("Asked for", "day")
