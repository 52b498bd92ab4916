"""The page of papers that were stored and never released: looked at, and released by one button."""

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from digest.admin.base import BaseAdmin, redirect
from digest.ingestion import releasing
from digest.lib.counting import number_of
from digest.models import Edition, EditionEntry, Source

TITLES_SHOWN = 200


class ScopeForm(forms.Form):
    """Which of the waiting papers are meant."""

    source = forms.ModelChoiceField(
        Source.objects.all(), required=False, empty_label="All sources", widget=UnfoldAdminSelectWidget
    )
    since = forms.DateField(required=False, label="From", widget=UnfoldAdminTextInputWidget({"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=UnfoldAdminTextInputWidget({"type": "date"}))

    def entries(self) -> QuerySet[EditionEntry]:
        """The entries that are meant; all, where a field makes no sense."""
        self.is_valid()
        entries = releasing.unreleased(timezone.now(), self.cleaned_data.get("source"))
        since: date | None = self.cleaned_data.get("since")
        until: date | None = self.cleaned_data.get("until")
        entries = entries.filter(edition__day__gte=since) if since else entries
        return entries.filter(edition__day__lte=until) if until else entries


def waiting_page(page: BaseAdmin[Any], request: HttpRequest) -> HttpResponse:
    """A GET shows the papers; with “ask” it asks once more; only the POST of that releases what was shown."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    form = ScopeForm(request.GET)
    entries = form.entries()
    by_day = releasing.counted_by_day(entries)
    papers = sum(by_day.values())
    if request.method == "POST":
        return _release(page, request, entries, papers)
    context = page.admin_site.each_context(request) | {
        "title": "Papers that wait for a release",
        "opts": page.opts,
        "form": form,
        "papers": papers,
        "by_day": by_day,
        "entries": entries.select_related("paper", "edition__source").order_by(
            "-edition__day", "edition__source", "position"
        )[:TITLES_SHOWN],
        "shown": TITLES_SHOWN,
        "asked": "ask" in request.GET and papers,
        "may_release": page.has_run_action_permission(request),
    }
    return TemplateResponse(request, "digest/waiting.html", context)


def _release(
    page: BaseAdmin[Any], request: HttpRequest, entries: QuerySet[EditionEntry], papers: int
) -> HttpResponse:
    """Release `papers`, if the operator was asked about as many."""
    if not page.has_run_action_permission(request):
        raise PermissionDenied
    if request.POST.get("papers") != str(papers):
        messages.warning(request, f"Meanwhile it is {number_of(papers, 'paper')}: nothing was released yet.")
        return redirect(request, request.get_full_path())
    released = releasing.release(entries, timezone.now())
    editions = Edition.objects.filter(pk__in=[one.edition.pk for one in released])
    page.log_changes(request, editions, "Papers released that were only stored.")
    number = number_of(sum(one.papers for one in released), "paper")
    messages.success(request, f"{number} released: the next digests bring those that readers’ filters match.")
    return redirect(request, reverse("admin:digest_edition_waiting"))
