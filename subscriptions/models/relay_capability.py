"""What the relay said it can do, so that pages know it too."""

from django.db import models


class RelayCapability(models.Model):
    """The answer of one relay to EHLO, as a sender last heard it."""

    relay = models.CharField(max_length=300, unique=True, help_text="Host and port.")
    smtputf8 = models.BooleanField(help_text="Takes mail to addresses that are not ASCII (RFC 6531).")
    learnt_at = models.DateTimeField(auto_now=True)

    objects = models.Manager["RelayCapability"]()

    def __str__(self) -> str:
        return self.relay
