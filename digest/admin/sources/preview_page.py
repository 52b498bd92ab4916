"""What a source of an unsaved form lists now, as the operator sees it before saving."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from digest.admin.sources.form import SourceForm
from digest.ingestion.preview import SECONDS, Known, preview
from digest.sources import ParsedAnswer

SHOWN = 50  # papers of a preview


def preview_url(form: SourceForm) -> str:
    """Where the form of a source asks for its preview."""
    assert form.adapter
    if form.instance.pk:
        return reverse("admin:digest_source_preview", args=[form.instance.pk])
    return f"{reverse('admin:digest_source_add_preview')}?{urlencode({'adapter': form.adapter.name})}"


def show_preview(request: HttpRequest, form: SourceForm, page: dict[str, Any]) -> HttpResponse:
    """The papers and what could not be read of them, or what failed: into the form by htmx, else a page.

    `page` is the context of any admin page.
    """
    context: dict[str, Any] = {"base": base(request), "seconds": SECONDS}
    if not form.is_valid():
        context["errors"] = errors_of(form)
    else:
        source = form.instance
        shown = preview(source, timezone.now())
        context |= {"source": source, "error": shown.error}
        if shown.parsed:
            context |= papers_context(shown.parsed, shown.known)
    return render(request, "sources/preview.html", {**page, "title": "Preview", **context})


def errors_of(form: forms.BaseForm) -> list[tuple[str, str]]:
    """What is wrong in a form: the label of each field, none for the whole, and what is said of it."""
    return [
        (str(form.fields[name].label or name.capitalize()) if name in form.fields else "", str(error))
        for name, errors in form.errors.items()
        for error in errors
    ]


def base(request: HttpRequest) -> str:
    """The template around an answer: none if htmx puts it into a page."""
    return "sources/fragment.html" if request.headers.get("HX-Request") else "admin/base_site.html"


def papers_context(parsed: ParsedAnswer, known: Known) -> dict[str, Any]:
    """What the table of papers needs, of the first of them."""
    return {
        "parsed": parsed,
        "known": len(known),
        "papers": [(paper, paper.key in known) for paper in parsed.papers[:SHOWN]],
        "more": max(0, len(parsed.papers) - SHOWN),
        "unreadable": sorted(parsed.unreadable.items(), key=lambda field: (-field[1], field[0])),
    }
