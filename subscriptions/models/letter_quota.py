"""Letter quotas: how lately an address got letters that a stranger can cause. No address is in here."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import F
from django.utils.crypto import salted_hmac

INTERVAL = timedelta(minutes=10)  # between two letters
DAY = timedelta(days=1)  # in which there are at most two
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_SALT = "subscriptions.letter-quota"


class LetterQuotaManager(models.Manager["LetterQuota"]):
    def take(self, email_key: str, now: datetime) -> bool:
        """Count a letter to this address; whether it may be sent: two a day, however many ask at once.

        The database decides, and who asks meanwhile waits for the end of this transaction. Take it before the
        row of any reader is locked: else two could wait for each other for ever.
        """
        recipient = salted_hmac(_SALT, email_key, algorithm="sha256").hexdigest()
        self.get_or_create(recipient=recipient, defaults={"latest_at": _NEVER, "earlier_at": _NEVER})
        free = self.filter(recipient=recipient, latest_at__lte=now - INTERVAL, earlier_at__lte=now - DAY)
        return bool(free.update(earlier_at=F("latest_at"), latest_at=now))

    def forget_old(self, now: datetime) -> None:
        """Delete what limits nothing any more."""
        self.filter(latest_at__lte=now - DAY).delete()


class LetterQuota(models.Model):
    """The last two letters to one address, which stands here as a hash under the site's key."""

    recipient = models.CharField(max_length=64, unique=True)
    latest_at = models.DateTimeField(db_index=True)
    earlier_at = models.DateTimeField()

    objects = LetterQuotaManager()

    def __str__(self) -> str:
        return self.recipient[:12]
