"""The page after too many attempts to sign in: until when, and how an operator gets in before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from digest.web.limits.throttling import client_address
from digest.web.rendering import show


@dataclass(frozen=True, slots=True)
class LockedOut:
    """When signing in is possible again, and in how many minutes."""

    until: datetime
    minutes: int


def answer(request: HttpRequest, _response: HttpResponse | None, credentials: dict[str, Any]) -> HttpResponse:
    """What django-axes answers with while it locks out this name at this address."""
    name = credentials.get("username", "")
    tries = AccessAttempt.objects.filter(username=name, ip_address=client_address(request))
    last = tries.aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    return locked_out(request, last + timedelta(hours=settings.AXES_COOLOFF_TIME))


def locked_out(request: HttpRequest, until: datetime) -> HttpResponse:
    """No password is looked at before `until`."""
    seconds = max(1, round((until - timezone.now()).total_seconds()))
    shown = until + timedelta(seconds=-until.second % 60)  # to the minute, and never too early
    response = show(request, "web/locked_out.html", LockedOut(shown, -(-seconds // 60)), 429)
    response["Retry-After"] = str(seconds)
    return response
