"""The digest app: what is published."""

from django.apps import AppConfig

from digest.celery import app


class DigestConfig(AppConfig):
    name = "digest"
    verbose_name = "Papers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make the Celery app current here, not in `digest/__init__`: the engine imports neither."""
        app.set_current()
