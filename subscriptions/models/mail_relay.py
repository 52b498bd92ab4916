"""Mail relays: those that the admin's page adds to EMAIL_URL's, and what each has been given and answered."""

from datetime import UTC, date, datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Encryption(models.TextChoices):
    STARTTLS = "starttls", "STARTTLS (mostly port 587)"
    TLS = "tls", "TLS from the beginning (mostly port 465)"
    NONE = "none", "none"


class MailRelay(models.Model):
    """One relay. Of those of EMAIL_URL only the name is stored here, and how they fare."""

    name = models.CharField(max_length=200, unique=True, help_text="As you call it.")
    from_url = models.BooleanField(default=False, editable=False)
    enabled = models.BooleanField(default=True, help_text="Off: it is given no more mail.")

    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(
        default=587, validators=[MinValueValidator(1), MaxValueValidator(65_535)]
    )
    encryption = models.CharField(max_length=10, choices=Encryption, default=Encryption.STARTTLS)
    user = models.CharField(max_length=255, blank=True)
    password = models.CharField(max_length=255, blank=True)

    connections = models.PositiveSmallIntegerField(
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(64)],
        help_text="Of each worker process.",
    )
    rate = models.CharField(
        max_length=20, blank=True, help_text="The most mails of all workers: 20/s, 600/m, 10000/h."
    )
    per_session = models.PositiveIntegerField(
        default=0, help_text="Mails after which a session is ended and a new one begun. 0: no limit."
    )
    per_day = models.PositiveIntegerField(
        default=0, help_text="Mails a day, from midnight to midnight UTC. 0: no limit."
    )
    share = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Beside a relay with 1, one with 3 gets three mails of four.",
    )
    failover = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(9)],
        help_text="0: always. 1: only while none with 0 takes mail, and so on.",
    )
    warm_up = models.PositiveIntegerField(
        default=0,
        help_text="For a new sender: the mails of the first day. Each day that at least half is used doubles "
        "them, ten times. 0: none.",
    )

    day = models.DateField(default=date(1970, 1, 1), editable=False)
    used = models.PositiveIntegerField(default=0, editable=False)
    steps = models.PositiveSmallIntegerField(default=0, editable=False)
    tokens = models.FloatField(default=1.0, editable=False)
    refilled_at = models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC), editable=False)
    turn = models.FloatField(default=0.0, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failed_at = models.DateTimeField(null=True, editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)

    objects = models.Manager["MailRelay"]()

    class Meta:
        ordering = ["failover", "name"]
        verbose_name = "relay"

    def __str__(self) -> str:
        return self.name
