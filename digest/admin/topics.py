"""Admin pages for topics: named queries that readers can choose, with the papers that each matches now."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminExpandableTextareaWidget

from digest.admin.base import BaseAdmin, action, button, column, link
from digest.admin.dashboard.figures import matching, newest_edition
from digest.archive.topic_trial import try_wording
from digest.ingestion import shipped_topics
from digest.lib.contrast import DEFAULT
from digest.lib.counting import number_of
from digest.matching import QuerySyntaxError, parse_query
from digest.matching.topics.measured import measured_topics
from digest.models import Paper, Topic

TITLES_SHOWN = 8
FEW = 30  # papers that belong: fewer say little
SHIPPED = ("name", "description", "query", "colour", "position")  # what `shipped_topics.load` writes


class TopicForm(ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        widgets: ClassVar = {
            "colour": UnfoldAdminColorInputWidget,
            "query": UnfoldAdminExpandableTextareaWidget,
        }
        help_texts: ClassVar = {
            "query": "Words, “phrases”, prefix*, AND, OR, NOT, brackets, title: and abstract: before a word.",
            "position": "Smaller numbers come first, on the sign-up page and in digests.",
        }

    def clean_query(self) -> str:
        """With the line ends that are stored, or each save would look like an edit: browsers send CR LF."""
        query: str = self.cleaned_data["query"]
        return query.replace("\r\n", "\n")

    def _post_clean(self) -> None:
        """Show where the query is wrong, below the model's own message. Django's auth forms use this hook."""
        super()._post_clean()  # type: ignore[misc]  # not in the stubs
        try:
            parse_query(self.instance.query)
        except QuerySyntaxError as error:
            if self.instance.query:
                self.errors["query"] = self.error_class([error_with_caret(error)])


def paper_link(paper: Paper) -> SafeString:
    return link(reverse("admin:digest_paper_change", args=[paper.pk]), paper.title)


def error_with_caret(error: QuerySyntaxError) -> SafeString:
    """What is wrong, and the line of the query where it is, with a caret under the place."""
    start = error.text.rfind("\n", 0, error.position) + 1
    line = error.text[start:].partition("\n")[0]
    caret = " " * (error.position - start) + "^"
    return format_html('{}<pre class="overflow-x-auto">{}\n{}</pre>', str(error), line, caret)


@admin.register(Topic)
class TopicAdmin(BaseAdmin[Topic]):
    form = TopicForm
    list_display = ("name_and_colour", "description", "enabled", "wording", "position")
    list_filter = ("enabled",)
    list_display_links = ("name_and_colour",)
    search_fields = ("name", "description", "query")
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "colour", "position", "enabled", "wording")}),
        ("Query", {"fields": ("query", "measured", "matches_now")}),
    )
    readonly_fields = ("wording", "measured", "matches_now")
    actions = ("enable", "disable", "restore")
    actions_detail = ("restore_this",)

    def get_readonly_fields(self, request: HttpRequest, obj: Topic | None = None) -> tuple[str, ...]:
        """The slug is the topic's identity in readers' filters: fixed once given."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.try_wording)
        return [path("<int:pk>/try/", view, name="digest_topic_try"), *super().get_urls()]

    def try_wording(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the query of an unsaved form would do with labelled papers; nothing is stored."""
        topic = get_object_or_404(Topic, pk=pk)
        if not self.has_change_permission(request, topic):
            raise PermissionDenied
        context: dict[str, Any] = {"few": FEW, "shown": f":{TITLES_SHOWN}"}
        try:
            trial = try_wording(topic, request.POST.get("query", "").replace("\r\n", "\n"))
        except QuerySyntaxError as error:
            context["error"] = error_with_caret(error)
        else:
            context["trial"] = trial
            if trial:
                changes = [("It would add", trial.gained), ("It would no longer select", trial.lost)]
                context |= {"changes": changes, "learned": trial.papers - trial.unseen}
        return render(request, "digest/topic_trial.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """With a colour: a browser would send black for none, and nobody would notice."""
        return {"colour": DEFAULT} | super().get_changeform_initial_data(request)

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        """Never: readers' filters refer to it. Disable it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Topic, form: Any, change: bool) -> None:
        """A topic that the operator changed is theirs: upgrades no longer replace it by the shipped one."""
        before = Topic.objects.filter(pk=obj.pk).first()
        if before is None or any(getattr(before, name) != getattr(obj, name) for name in SHIPPED):
            obj.edited = True
        super().save_model(request, obj, form, change)

    @column("Name", ordering="name")
    def name_and_colour(self, topic: Topic) -> SafeString:
        return format_html(
            '<svg width="10" height="10" class="inline-block mr-2" aria-hidden="true">'
            '<circle cx="5" cy="5" r="5" fill="{}"/></svg>{}',
            topic.colour,
            topic.name,
        )

    @column("Wording")
    def wording(self, topic: Topic) -> str:
        return "yours" if topic.edited else "as shipped"

    @column("On labelled papers")
    def measured(self, topic: Topic) -> SafeString | str:
        """How well the shipped wording selects, and a button to try the one in the form."""
        if topic.pk is None:
            return "Save the topic first."
        measured = measured_topics().get(topic.slug)
        context = {
            "measured": measured,
            "by_model": shipped_topics.selecting(topic) != topic.query,
            "url": reverse("admin:digest_topic_try", args=[topic.pk]),
        }
        return render_to_string("digest/topic_measured.html", context)

    @column("Matches now")
    def matches_now(self, topic: Topic) -> SafeString | str:
        edition = newest_edition()
        if edition is None:
            return "No edition yet: enable a source, or ingest a file."
        papers = matching([topic], edition.pk).get(topic.slug)
        if papers is None:
            return "The query is invalid."
        titles = format_html_join(
            "", "<li>{}</li>", ((paper_link(paper),) for paper in papers[:TITLES_SHOWN])
        )
        more = f"and {len(papers) - TITLES_SHOWN} more" if len(papers) > TITLES_SHOWN else ""
        counted = number_of(len(papers), "paper")
        return format_html(
            '<p class="font-semibold">{} of {}</p><ul>{}</ul><p>{}</p>', counted, edition, titles, more
        )

    @action("Enable")
    def enable(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        self.log_changes(request, queryset, "Enabled.")
        self.report(request, queryset.update(enabled=True), "offered to readers", "No topic was chosen.")

    @action("Disable")
    def disable(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        self.log_changes(request, queryset, "Disabled.")
        done = "no longer offered, and left out of digests"
        self.report(request, queryset.update(enabled=False), done, "No topic was chosen.")

    @action("Restore the shipped wording")
    def restore(self, request: HttpRequest, queryset: QuerySet[Topic]) -> None:
        restored = []
        for topic in queryset:
            try:
                shipped_topics.restore(topic)
            except LookupError:
                messages.warning(request, f"“{topic}” is a topic of your own: there is no shipped wording.")
            else:
                restored.append(topic.pk)
        self.log_changes(request, queryset.filter(pk__in=restored), "Shipped wording restored.")
        self.report(request, len(restored), "as shipped again", "No topic was changed.")

    restore_this = button(
        restore, "Puts the shipped name, description, query, colour and position back over yours.", "undo"
    )
