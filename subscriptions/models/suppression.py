"""Suppressions: addresses whose readers had everything about them erased. No address is in here."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

# Part of every hash: with another word no erased address is recognised any more. It names no module.
_SALT = "subscriptions.suppression"


class SuppressionManager(models.Manager["Suppression"]):
    def holds(self, email_key: str) -> bool:
        """Whether no mail may go to this address any more."""
        return self.filter(digest=keyed(email_key)).exists()

    def add_address(self, email_key: str) -> None:
        """Let no mail go to this address any more."""
        self.get_or_create(digest=keyed(email_key))


class Suppression(models.Model):
    """One address, as a hash under the site's key: it can be recognised, not read back."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SuppressionManager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "erased address"
        verbose_name_plural = "erased addresses"

    def __str__(self) -> str:
        return self.digest[:12]


def keyed(email_key: str) -> str:
    """The hash of an address, as `address_key` spells it."""
    return salted_hmac(_SALT, email_key, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
