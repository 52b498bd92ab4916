"""The page of entries that could not be read as papers, and of answers that could not be read at all."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.admin.base import BaseAdmin
from digest.ingestion.set_aside import set_aside
from digest.models import Edition, RawAnswer

EDITIONS_A_PAGE = 10  # the answers of each are parsed


def set_aside_page(page: BaseAdmin[Any], request: HttpRequest) -> HttpResponse:
    """Newest day first; whether each can be read by now is found out when the page is asked for."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    editions = Edition.objects.exclude(rejected=[]).select_related("source").order_by("-day", "source")
    shown = Paginator(editions, EDITIONS_A_PAGE).get_page(request.GET.get("p"))
    context = page.admin_site.each_context(request) | {
        "title": "Set aside",
        "opts": page.opts,
        "entries": list(set_aside(shown)),
        "editions": shown,
        "unread": RawAnswer.objects.filter(format="").count(),
        "may_replay": page.has_run_action_permission(request),
    }
    return TemplateResponse(request, "digest/set_aside.html", context)
