"""The subscriptions app: who reads it."""

from django.apps import AppConfig


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    verbose_name = "Readers"
    default_auto_field = "django.db.models.BigAutoField"
