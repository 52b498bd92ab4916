"""The subscriptions app: who reads it."""

from django.apps import AppConfig
from django.core import checks

from subscriptions.checks import check_signing, check_tracking


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    verbose_name = "Readers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        checks.register(check_signing, "subscriptions", deploy=True)
        checks.register(check_tracking, "subscriptions", deploy=True)
