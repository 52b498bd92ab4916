"""Earlier deliveries in the admin: how many mails there were on each day that is over, kept or not."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, label
from subscriptions.admin.deliveries import COLOURS
from subscriptions.emails.letters import LETTER_OF
from subscriptions.models import DailyFigure, Delivery


@admin.register(DailyFigure)
class DailyFigureAdmin(ReadOnlyAdmin[DailyFigure]):
    list_display = ("day", "letter", "state_label", "mails", "gone")
    list_filter = ("state", "kind")
    date_hierarchy = "day"
    fields = (("day", "letter"), ("state_label", "mails"), "gone")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyFigure]:
        return DailyFigure.objects.with_mails()

    @column("Mails")
    def mails(self, figure: Any) -> str:
        return f"{figure.mails:,}"

    @column("Letter", ordering="kind")
    def letter(self, figure: DailyFigure) -> str:
        known = LETTER_OF.get(figure.kind)
        return str(known.label) if known else figure.kind

    @column("State", ordering="state")
    def state_label(self, figure: DailyFigure) -> SafeString:
        return label(figure.state, Delivery.State(figure.state).label.lower(), COLOURS)
