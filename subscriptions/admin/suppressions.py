"""Erased addresses in the admin: hashes only, found by typing the address. To lift one, delete its row."""

# ruff: noqa: ARG002 - the signatures are Django's

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from digest.admin.base import BaseAdmin, moment_column
from subscriptions.lib.email_addresses import address_key
from subscriptions.models import Suppression
from subscriptions.models.suppression import keyed


@admin.register(Suppression)
class SuppressionAdmin(BaseAdmin[Suppression]):
    list_display = ("__str__", "erased")
    fields = ("digest", "erased")
    readonly_fields = fields
    search_fields = ("digest",)
    search_help_text = "Search by the whole address: only its hash is stored"

    erased = moment_column("Erased", "created_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """By the hash of the address that is typed."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(digest=keyed(address_key(search_term))), False
        except ValidationError:
            return queryset.none(), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: only readers have themselves erased."""
        return False
