"""Mails that a provider's API took: the id by which the provider speaks of each when something comes back."""

from django.db import models

from subscriptions.models.delivery import Delivery


class ProviderMessageManager(models.Manager["ProviderMessage"]):
    def note(self, delivery: Delivery, provider_id: str) -> None:
        """Remember the id of a delivery that was taken."""
        self.update_or_create(delivery=delivery, defaults={"provider_id": provider_id[:200]})


class ProviderMessage(models.Model):
    """A row beside the delivery: those that go by SMTP, most of them, need no place for it."""

    delivery = models.OneToOneField(
        Delivery, models.CASCADE, primary_key=True, related_name="provider_message", db_constraint=False
    )
    provider_id = models.CharField(max_length=200, db_index=True)

    objects = ProviderMessageManager()

    def __str__(self) -> str:
        return self.provider_id
