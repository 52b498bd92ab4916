"""Relays in the admin: those of EMAIL_URL as they fare, and others beside them, each with its limits."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminPasswordWidget

from digest import env
from digest.admin.base import BaseAdmin, action, button, column, enqueue, label
from subscriptions.models import MailRelay
from subscriptions.relay.routing import status
from subscriptions.relay.routing.configured import of_urls
from subscriptions.relay.routing.status import Status
from subscriptions.tasks import deliver

OF_PAGE = ("name", "enabled", "host", "port", "encryption", "user", "password")
LIMITS = ("rate", "connections", "per_session", "per_day", "warm_up")
AMONG_OTHERS = ("share", "failover")
COLOURS = {
    status.TAKING: "success",
    status.USED_UP: "info",
    status.HELD: "danger",
    status.FAILED: "warning",
}


class RelayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A relay of this page. Its password is never shown; left empty, it stays as it is."""

    class Meta:
        model = MailRelay
        fields = (*OF_PAGE, *LIMITS, *AMONG_OTHERS)
        widgets: Mapping[str, forms.Widget] = {
            "password": UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        }
        help_texts: Mapping[str, str] = {"password": "Never shown. Empty: as it is."}

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        return password or self.instance.password

    def clean_rate(self) -> str:
        rate: str = self.cleaned_data["rate"]
        try:
            env.rate("It", rate)
        except ImproperlyConfigured as error:
            raise ValidationError(str(error)) from error
        return rate

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip()
        if not host:
            raise ValidationError("A relay of this page needs a host.")
        return host


@admin.register(MailRelay)
class RelayAdmin(BaseAdmin[MailRelay]):
    form = RelayForm
    list_display = ("name", "state_label", "today", "warming", "part", "answer")
    fieldsets = (
        (None, {"fields": OF_PAGE}),
        ("Limits", {"fields": LIMITS}),
        ("Among others", {"fields": AMONG_OTHERS}),
    )
    actions = ("try_now",)
    actions_detail = ("try_this_now",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MailRelay]:
        """Without the rows of relays that EMAIL_URL does not name any more."""
        named = [one.name for one in of_urls()] if settings.EMAIL_RELAYS else []
        rows = super().get_queryset(request)
        return rows.exclude(from_url=True) | rows.filter(name__in=named)

    def get_fieldsets(self, request: HttpRequest, obj: MailRelay | None = None) -> Any:
        if obj is not None and obj.from_url:
            return ((None, {"fields": ("name", "enabled"), "description": "All else is set in EMAIL_URL."}),)
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: MailRelay | None = None) -> Any:
        return ("name",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: MailRelay | None = None) -> bool:
        return (obj is None or not obj.from_url) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: MailRelay, form: Any, change: bool) -> None:
        """Only what the form changed: senders write the other columns meanwhile."""
        if change:
            obj.save(update_fields=[name for name in form.changed_data if name != "name"])
        else:
            super().save_model(request, obj, form, change)

    @column("State")
    def state_label(self, row: MailRelay) -> SafeString:
        one = self._status(row)
        until = f" until {date_format(timezone.localtime(one.until), 'j M, H:i')}" if one.until else ""
        return label(one.state, one.state + until, COLOURS)

    @column("Given today")
    def today(self, row: MailRelay) -> str:
        return self._status(row).today

    @column("Warm-up")
    def warming(self, row: MailRelay) -> str:
        day = self._status(row).warm_up
        return f"day {day}" if day else ""

    @column("Share")
    def part(self, row: MailRelay) -> str:
        failover = self._status(row).failover
        return f"failover {failover}" if failover else "always"

    @column("Last failure")
    def answer(self, row: MailRelay) -> str:
        return row.reason

    @action("Try again now")
    def try_now(self, request: HttpRequest, queryset: QuerySet[MailRelay]) -> None:
        held = queryset.filter(failures__gt=0)
        self.log_changes(request, held, "Tried again.")
        count = held.update(failures=0, held_until=None)
        if count:
            enqueue(deliver)
        self.report(request, count, "may be given mail again", "Only relays that failed can be tried again.")

    try_this_now = button(try_now, "Gives it mail again at once, though it failed.", "play_arrow")

    def _status(self, row: MailRelay) -> Status:
        known = {one.name: one for one in status.statuses(timezone.now())}
        return known.get(row.name) or Status(row.name, status.TAKING, None, row.used, None, 0, 0, "")
