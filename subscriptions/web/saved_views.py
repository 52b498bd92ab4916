"""Saved papers: the press in a digest that saves one, and the reader's list behind a fresh link.

A digest's link can save a paper and take that back, nothing else. GET changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from digest.archive import queries
from digest.archive.downloads import Kind, references_response
from digest.archive.queries import Line
from digest.lib.records import paper_url
from digest.matching.ranking.relevance_feedback import LEAST_VOTES
from digest.models import Paper
from digest.web.limits.search_budget import costly_if_asked
from digest.web.rendering import show
from subscriptions.accounts import saved_papers
from subscriptions.lib import signed_links
from subscriptions.models import SavedPaper, Subscriber
from subscriptions.web.data_rights_views import behind_fresh_link
from subscriptions.web.reader_views import bad_link, behind_link
from subscriptions.web.vote_views import digest_behind, has_left, paper_of

# Part of what an undo is signed with: with another word none on an open page works.
_REMOVED_SALT = "subscriptions.saved"
_LONGEST_QUERY = 1000


@dataclass(frozen=True, slots=True)
class SavePage:
    """A paper, and whether it is `saved`; `removable` says that this link may undo that.

    `taken_back`: it just did. `back` leads to the paper in its digest. The list `brings_papers` like those on
    it, or decides on the order of digests from so many papers on (`least`).
    """

    title: str
    saved: bool
    removable: bool
    preferences: str
    back: str
    taken_back: bool = False
    left: bool = False
    brings_papers: bool = False
    least: int = LEAST_VOTES


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A saved paper; `line` is None while the paper itself is not known, which then is at `url`."""

    row: SavedPaper
    line: Line | None
    url: str


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page of a reader's list, or of what a `query` finds in it; `total` counts the whole list.

    `done` is what a press did: “”, “noted”, “removed” or “restored”; `title` is of what was removed, which
    `undo` puts back. The `token` makes the addresses of the list.
    """

    token: str
    lines: Sequence[SavedLine]
    page_obj: Page[int]
    total: int
    query: str = ""
    done: str = ""
    title: str = ""
    undo: str = ""


@behind_link
@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest, token: str, paper: int) -> HttpResponse:
    """Ask whether a paper of the digest shall be saved; on POST save it, or take that back."""
    delivery = digest_behind(token)
    found = paper_of(delivery, paper) if delivery else None
    if delivery is None or found is None:
        return bad_link(request)
    reader = delivery.subscriber
    undo = request.method == "POST" and "undo" in request.POST
    row = saved_papers.saved(reader, found)
    if undo and row and saved_papers.only_pressed(row):
        saved_papers.remove(row)
    elif request.method == "POST" and not undo:
        saved_papers.save(reader, found, timezone.now())
    row = saved_papers.saved(reader, found)
    page = SavePage(
        title=found.title,
        saved=row is not None,
        removable=row is not None and saved_papers.only_pressed(row),
        preferences=f"{signed_links.url('preferences', reader)}#saved",
        back=f"{signed_links.url('read', reader, delivery.pk)}#p{found.pk}",
        taken_back=undo and row is None,
        left=has_left(reader),
        brings_papers=bool(reader.library_daily),
    )
    return show(request, "web/save.html", page)


@behind_fresh_link("saved")
@costly_if_asked("q")
@require_http_methods(["GET", "HEAD", "POST"])
def saved(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The reader's list, a page at a time; on POST a paper gets a line, is taken off, or put back."""
    pressed = _press(subscriber, request.POST) if request.method == "POST" else {}
    query = _query(request)
    found = saved_papers.matching(subscriber, query)
    page_obj = queries.paginate(found, request.GET.get("page", "1"))
    assert request.resolver_match is not None
    page = SavedPage(
        token=request.resolver_match.kwargs["token"],
        lines=_lines(page_obj),
        page_obj=page_obj,
        total=subscriber.saved_papers.count() if query else len(found),
        query=query,
        **pressed,
    )
    return show(request, "web/account/saved.html", page)


@behind_fresh_link("saved")
@costly_if_asked("q")
@require_safe
def references(request: HttpRequest, subscriber: Subscriber, kind: Kind) -> HttpResponse:
    """The list, or what a query finds in it, for a reference manager, with the notes."""
    rows = _rows(saved_papers.matching(subscriber, _query(request)))
    papers = [row.paper or Paper(**_known_of(row)) for row in rows]
    notes = {paper.key: row.note for paper, row in zip(papers, rows, strict=True) if row.note}
    return references_response(papers, kind, "saved-papers", notes)


def _query(request: HttpRequest) -> str:
    return " ".join(request.GET.get("q", "")[:_LONGEST_QUERY].split())


def _press(subscriber: Subscriber, fields: Mapping[str, Any]) -> dict[str, str]:
    """Do what the button asks for; returns what the page says of it. A stale button does nothing."""
    if "undo" in fields:
        try:
            number, before = signing.loads(str(fields["undo"]), salt=_REMOVED_SALT)
        except signing.BadSignature:
            return {}
        if number == subscriber.pk:
            saved_papers.put_back(subscriber, before)
            return {"done": "restored"}
        return {}
    chosen = str(fields.get("row", ""))
    numbered = chosen.isdecimal() and len(chosen) < 19
    row = subscriber.saved_papers.filter(pk=chosen).first() if numbered else None
    if row is None:
        return {}
    if "remove" in fields:
        title = row.paper.title if row.paper else row.title or row.key
        undo = signing.dumps([subscriber.pk, saved_papers.remove(row)], salt=_REMOVED_SALT)
        return {"done": "removed", "title": title, "undo": undo}
    saved_papers.annotate(row, str(fields.get("note", "")))
    return {"done": "noted"}


def _rows(pks: Sequence[int]) -> list[SavedPaper]:
    """The rows in this order; also with papers that became known only after they were put on the list."""
    found = SavedPaper.objects.select_related("paper").in_bulk(list(pks))
    rows = [found[pk] for pk in pks if pk in found]
    papers = Paper.objects.in_bulk([row.key for row in rows if not row.paper], field_name="key")
    for row in rows:
        row.paper = row.paper or papers.get(row.key)
    return rows


def _lines(pks: Sequence[int]) -> list[SavedLine]:
    rows = _rows(pks)
    known = iter(queries.lines(row.paper for row in rows if row.paper))
    return [SavedLine(row, next(known) if row.paper else None, paper_url(row.key, row.title)) for row in rows]


def _known_of(row: SavedPaper) -> dict[str, Any]:
    return {
        "key": row.key,
        "title": row.title or row.key,
        "url": paper_url(row.key, row.title),
        "day": row.saved_at.date(),
    }
