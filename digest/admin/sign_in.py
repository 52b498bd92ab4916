"""Signing in to the admin: only so often from one network, and a page that says when to try again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from digest.web import throttling


def sign_in(request: HttpRequest) -> HttpResponse:
    """Django's page; beyond the network's limit no password is looked at, since each costs time."""
    now = timezone.now()
    if request.method == "POST" and not throttling.allow_sign_in(throttling.client_address(request), now):
        over = now.timestamp() % throttling.SIGN_IN_WINDOW
        return _locked_out(request, now + timedelta(seconds=throttling.SIGN_IN_WINDOW - over))
    return admin.site.login(request)


def locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The answer to a name that failed too often from one address: the AXES_LOCKOUT_CALLABLE."""
    failed = AccessAttempt.objects.filter(
        username=(credentials or {}).get("username"), ip_address=throttling.client_address(request)
    )
    since = failed.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return _locked_out(request, (since or timezone.now()) + get_cool_off(request))


def _locked_out(request: HttpRequest, until: datetime) -> HttpResponse:
    left = until - timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": "Too many attempts to sign in",
        "until": until.astimezone(UTC) + timedelta(minutes=1),  # shown without its seconds
        "minutes": max(1, -(-left // timedelta(minutes=1))),
    }
    response = TemplateResponse(request, "admin/locked_out.html", context, status=429)
    response["Retry-After"] = str(max(1, round(left.total_seconds())))
    return response.render()
