"""Signing in to the admin: only so often from one network, for each password that is looked at costs time."""

from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from digest.web.errors.lock_out import locked_out
from digest.web.limits import throttling


def sign_in(request: HttpRequest) -> HttpResponse:
    """Django's page; beyond the network's limit no password is looked at."""
    now = timezone.now()
    if request.method == "POST" and not throttling.allow_sign_in(throttling.client_address(request), now):
        over = now.timestamp() % throttling.SIGN_IN_WINDOW
        return locked_out(request, now + timedelta(seconds=throttling.SIGN_IN_WINDOW - over))
    return admin.site.login(request)
