"""Recipients' domains that get less mail than there is: by DOMAIN_RATES, or since they said so."""

from django.db import models


class RecipientDomain(models.Model):
    """How one domain fares; subscriptions/relay/routing/domains.py says what the figures mean."""

    domain = models.CharField(max_length=255, unique=True)
    tokens = models.FloatField()
    refilled_at = models.DateTimeField()
    queued_until = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    held_until = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = models.Manager["RecipientDomain"]()

    class Meta:
        ordering = ["domain"]

    def __str__(self) -> str:
        return self.domain
