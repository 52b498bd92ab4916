"""Earlier deliveries in the admin: how many mails of each day there were, of those that are not kept."""

from django.contrib import admin
from django.utils.safestring import SafeString

from digest.admin.base import ReadOnlyAdmin, column, label
from subscriptions.admin.deliveries import COLOURS
from subscriptions.emails.letters import LETTER_OF
from subscriptions.models import DailyFigure, Delivery


@admin.register(DailyFigure)
class DailyFigureAdmin(ReadOnlyAdmin[DailyFigure]):
    list_display = ("day", "letter", "state_label", "mails")
    list_filter = ("state", "kind")
    date_hierarchy = "day"
    fields = (("day", "letter"), ("state_label", "mails"))

    @column("Letter", ordering="kind")
    def letter(self, figure: DailyFigure) -> str:
        known = LETTER_OF.get(figure.kind)
        return str(known.label) if known else figure.kind

    @column("State", ordering="state")
    def state_label(self, figure: DailyFigure) -> SafeString:
        return label(figure.state, Delivery.State(figure.state).label.lower(), COLOURS)
