"""Recipients' domains in the admin: which of them wait, until when and why."""

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, action, column, label, moment_column
from subscriptions.models import RecipientDomain


@admin.register(RecipientDomain)
class RecipientDomainAdmin(ReadOnlyAdmin[RecipientDomain]):
    list_display = ("domain", "state_label", "until", "limit", "reason")
    fields = ("domain", "state_label", "until", "limit", "reason")
    search_fields = ("domain",)
    actions = ("try_now",)

    until = moment_column("Waits until", "held_until")

    @column("State")
    def state_label(self, row: RecipientDomain) -> SafeString:
        if row.held_until is not None and row.held_until > timezone.now():
            return label("waits", "waits", {"waits": "warning"})
        return label("trial", "tried with one mail", {}) if row.failures else label("ok", "gets mail", {})

    @column("Limit")
    def limit(self, row: RecipientDomain) -> str:
        """In mails an hour, as DOMAIN_RATES says."""
        rate = settings.DOMAIN_RATES.get(row.domain)
        return f"{rate * 3600:,.0f}/h" if rate else ""

    @action("Try again now")
    def try_now(self, request: HttpRequest, queryset: QuerySet[RecipientDomain]) -> None:
        waiting = queryset.filter(failures__gt=0)
        self.log_changes(request, waiting, "Tried again.")
        count = waiting.update(failures=0, held_until=None)
        self.report(
            request, count, "get mail again; what waits goes when its time comes", "None of them waits."
        )
