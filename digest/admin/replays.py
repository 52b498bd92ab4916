"""The page that shows what parsing answers again would change, before it is applied."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.admin.base import BaseAdmin, redirect
from digest.archive import indexing
from digest.ingestion.differences import PaperChange
from digest.ingestion.replay import Replayed
from digest.lib.counting import number_of

MERGED = "Papers found to be another that is stored: they become one"
SHOWN = 200  # papers of each kind: more nobody reads


def replay_page(
    page: BaseAdmin[Any],
    request: HttpRequest,
    what: str,
    replay: Callable[[bool], Sequence[Replayed]],
    back: str,
) -> HttpResponse:
    """A GET shows what `replay` would change, with True for a dry run; a POST applies it and goes `back`."""
    if not page.has_run_action_permission(request):
        raise PermissionDenied
    if request.method == "POST":
        replayed = replay(False)
        indexing.refresh()
        messages.success(request, f"{what}: {_sum(replayed)}.")
        for failed in (one for day in replayed for one in day.failed):
            messages.warning(request, f"The answer of {failed.fetched_at:%Y-%m-%d %H:%M}: {failed.why}")
        return redirect(request, back)
    replayed = replay(True)
    context = page.admin_site.each_context(request) | {
        "title": f"Parse again: {what}",
        "opts": page.opts,
        "days": [
            (
                day,
                (("Papers found", *_shown(day.differences.found)), (MERGED, *_shown(day.differences.merged))),
                _shown(day.differences.changed),
            )
            for day in replayed
        ],
        "changes": any(day.differences for day in replayed),
        "back": back,
    }
    return TemplateResponse(request, "digest/replay.html", context)


def _shown(papers: Sequence[PaperChange]) -> tuple[Sequence[PaperChange], int]:
    """The first papers, and how many more there are."""
    return tuple(islice(papers, SHOWN)), max(len(papers) - SHOWN, 0)


def _sum(replayed: Sequence[Replayed]) -> str:
    """What was applied, in one line."""
    found = sum(len(day.differences.found) for day in replayed)
    changed = sum(len(day.differences.changed) for day in replayed)
    return f"{number_of(found, 'paper')} found, facts of {number_of(changed, 'paper')} changed"
