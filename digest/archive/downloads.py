"""Files for reference managers: one paper, or those on a page of the archive, as BibTeX and as RIS."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from digest.archive import queries
from digest.archive.search import find, visitors_query
from digest.library.bibtex import bibtex
from digest.library.reference import reference, references
from digest.library.ris import ris
from digest.matching import QuerySyntaxError
from digest.models import Paper, Topic
from digest.web.limits.search_budget import costly
from digest.web.page_language import url
from digest.web.rendering import public

Kind = Literal["bib", "ris"]
_FORMATS = {
    "bib": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
}


@require_safe
@public
def paper(_request: HttpRequest, key: str, kind: Kind) -> HttpResponse:
    """One paper. A key that a better one has replaced leads to its file."""
    found = queries.paper_by_key(key)
    if found is None:
        raise Http404
    if found.key != key:
        return redirect(url(f"paper-{kind}", found.key), permanent=True)
    return references_response([found], kind, reference(found.record()).citation_key)


@require_safe
@costly
@public
def search(request: HttpRequest, kind: Kind) -> HttpResponse:
    """The papers on a page of a search. A query that cannot be read leads to where that is explained."""
    text = " ".join(request.GET.get("q", "").split())
    try:
        query = visitors_query(text)
    except QuerySyntaxError:
        return redirect(url("search", q=text))
    page = queries.paginate(find(query, titles_first=True).papers, request.GET.get("page", "1"))
    return references_response(queries.in_order(page), kind, "search")


@require_safe
@costly
@public
def topic(request: HttpRequest, slug: str, kind: Kind) -> HttpResponse:
    """The papers on a page of a topic."""
    found = queries.search_topic(get_object_or_404(Topic, slug=slug, enabled=True))
    page = queries.paginate(found.papers, request.GET.get("page", "1"))
    return references_response(queries.in_order(page), kind, slug)


@require_safe
@costly
@public
def day(request: HttpRequest, day: date, kind: Kind) -> HttpResponse:
    """The papers on a page of a day; `?topic=` asks for one topic's share."""
    papers = queries.listed_on(day)
    if not papers:
        raise Http404
    asked = request.GET.get("topic")
    kept = queries.topics_of(day, papers).get(asked) if asked else None
    among = papers if kept is None else [pk for pk in papers if pk in kept]
    page = queries.paginate(among, request.GET.get("page", "1"), queries.DAY_SIZE)
    return references_response(queries.in_order(page), kind, f"papers-{day}")


def references_response(
    papers: Iterable[Paper], kind: Kind, name: str, notes: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer with the papers as a file called `name`, and `notes` about some of them by their keys.

    Search engines keep to the pages.
    """
    write, content_type = _FORMATS[kind]
    body = write(references((paper.record() for paper in papers), notes))
    response = HttpResponse(body, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["X-Robots-Tag"] = "noindex"
    return response
