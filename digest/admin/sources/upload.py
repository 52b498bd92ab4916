"""Papers by hand: a file or pasted text is shown first, then stored for a source."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from digest.admin.base import BaseAdmin, enqueue
from digest.admin.sources.preview_page import base, errors_of, papers_context
from digest.ingestion import by_hand
from digest.ingestion.by_hand import MOST_BYTES, Brought
from digest.ingestion.preview import known_papers
from digest.ingestion.store import Ingested, ingest
from digest.lib.counting import number_of
from digest.models import Source
from digest.sources import SourceChanged, SourceUnavailable, registry
from digest.tasks import refresh_search

TOO_LARGE = (
    f"It is larger than {MOST_BYTES // 1000} kB. Divide it, or use “manage.py ingest FILE” on the server."
)
OLD_DAYS = 3  # papers of earlier days are hardly news


class UploadForm(forms.Form):
    """What is brought, for which source, and whether readers get it. Valid, it was read: `brought`."""

    source = forms.ModelChoiceField(
        Source.objects.none(),
        required=False,
        empty_label="a new source, fed by hand",
        help_text="Whose papers these are. A source that is fetched can be given what it missed.",
        widget=UnfoldAdminSelectWidget,
    )
    title = forms.CharField(
        required=False,
        max_length=100,
        label="Title of the new source",
        help_text="As readers see it, for example “Reading group”.",
        widget=UnfoldAdminTextInputWidget,
    )
    file = forms.FileField(
        required=False,
        help_text=f"CSV, BibTeX, RIS, JSON Lines, a saved page, a feed, an API’s answer: it is recognised. "
        f"At most {MOST_BYTES // 1000} kB.",
        widget=UnfoldAdminFileFieldWidget,
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Pasted text",
        help_text="In place of a file.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
    )
    day = forms.DateField(
        required=False,
        help_text="YYYY-MM-DD. Tables and lists of references are of today unless you say so; pages and "
        "feeds name their day.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    release = forms.BooleanField(
        required=False,
        initial=True,
        label="Release to readers",
        help_text="New papers go into readers’ next digests, whatever their day. Without it they are only "
        "stored, for the archive and the search: right for old days.",
        widget=UnfoldBooleanSwitchWidget,
    )
    brought: Brought | None = None

    def __init__(self, *args: Any, may_add: bool, may_change: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ModelChoiceField)
        if may_change:
            field.queryset = Source.objects.all()
        if not may_add:
            field.empty_label, field.required = None, True
            del self.fields["title"]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("source") and "title" in self.fields:
            self._require_new_title(cleaned.get("title", ""))
        file = cleaned.get("file")
        name, raw = "text", cleaned.get("text", "").replace("\r\n", "\n").encode("utf-8", "replace")
        if file:
            name, raw = "file", file.read(MOST_BYTES + 1)
        if not raw.strip():
            self.add_error("file", "Choose a file, or paste its content.")
        elif len(raw) > MOST_BYTES:
            self.add_error(name, TOO_LARGE)
        elif "day" not in self.errors:
            try:
                self.brought = by_hand.read(raw, timezone.now(), cleaned.get("day"))
            except (SourceChanged, SourceUnavailable) as error:
                self.add_error(name, str(error))
        return cleaned

    def _require_new_title(self, title: str) -> None:
        if not title:
            self.add_error("title", "Give the new source a title, or choose a source.")
        elif Source.objects.filter(title=title).exists():
            self.add_error("title", "There is a source with this title: choose it above.")

    def store(self) -> tuple[Source, Ingested]:
        """Store what was brought; SourceChanged if that fails, with nothing stored."""
        assert self.brought
        raw, day, parsed = self.brought.raw, self.brought.day, self.brought.parsed
        with transaction.atomic():
            source = self.cleaned_data["source"]
            source = source or by_hand.new_source(self.cleaned_data["title"], parsed.format)
            release = self.cleaned_data["release"]
            return source, ingest(raw, source, timezone.now(), day, release=release)


def upload(admin: BaseAdmin[Source], request: HttpRequest, page: dict[str, Any]) -> HttpResponse:
    """The page to bring papers: its form, their preview, or in the end where they were stored.

    `page` is the context of any admin page.
    """
    may_add, may_change = admin.has_add_permission(request), admin.has_change_permission(request)
    if not (may_add or may_change):
        raise PermissionDenied
    allowed = {"may_add": may_add, "may_change": may_change}
    if request.method != "POST":
        form = UploadForm(initial={"source": request.GET.get("source"), "release": True}, **allowed)
        return _show(request, page, form)
    form = UploadForm(request.POST, request.FILES, **allowed)
    if "_preview" in request.GET:
        return _show_preview(request, page, form)
    if form.is_valid():
        try:
            source, ingested = form.store()
        except SourceChanged as error:
            form.add_error(None, str(error))
        else:
            how = "released to readers" if form.cleaned_data["release"] else "not released"
            what = f"{number_of(ingested.listed, 'paper')} stored by hand, {how}."
            admin.log_changes(request, Source.objects.filter(pk=source.pk), what)
            return HttpResponseRedirect(_tell(request, source, ingested, how))
    return _show(request, page, form)


def _show(request: HttpRequest, page: dict[str, Any], form: UploadForm) -> HttpResponse:
    return render(request, "sources/upload.html", {**page, "title": "Upload or paste papers", "form": form})


def _show_preview(request: HttpRequest, page: dict[str, Any], form: UploadForm) -> HttpResponse:
    """What storing the form would do."""
    context: dict[str, Any] = {"base": base(request), "title": "Preview", "errors": errors_of(form)}
    if form.is_valid() and form.brought:
        parsed, chosen = form.brought.parsed, form.cleaned_data
        oldest = min((paper.day for paper in parsed.papers), default=parsed.day)
        age = (timezone.now().date() - oldest).days
        known = known_papers(parsed)
        context |= papers_context(parsed, known)
        context |= {
            "kind": registry.adapter_reading(parsed.format).title,
            "source": chosen["source"] or chosen["title"],
            "release": chosen["release"],
            "new": len(parsed.papers) - sum(known.values()),
            "age": age if age > OLD_DAYS else 0,
        }
    return render(request, "sources/upload_preview.html", {**page, **context})


def _tell(request: HttpRequest, source: Source, ingested: Ingested, how: str) -> str:
    """Tell the operator what was stored; the address of the page to look at it."""
    stored = f"{number_of(ingested.listed, 'paper')} stored for “{source}”, {ingested.new} of them new"
    rejected = f", {ingested.rejected} could not be read" if ingested.rejected else ""
    messages.success(request, f"{stored}{rejected}; {how}.")
    enqueue(refresh_search)  # without a broker, the next fetch does it
    if len(ingested.editions) == 1:
        return reverse("admin:digest_edition_change", args=[ingested.editions[0].pk])
    return reverse("admin:digest_source_change", args=[source.pk])
