"""The digest app: what is published."""

from django.apps import AppConfig
from django.core import checks

from digest.checks import check_relay, check_senders


class DigestConfig(AppConfig):
    name = "digest"
    verbose_name = "Papers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks of what the operator set."""
        checks.register(check_senders, "digest")
        checks.register(check_relay, "digest", deploy=True)
