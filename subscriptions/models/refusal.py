"""Refusals: replies by which a mail server refused a reader for good (5xx to RCPT TO), and why."""

from django.db import models

from subscriptions.models.run import Run


class Refusal(models.Model):
    """One such reply. Rows with the same `run` and `gist` have the same cause, whoever they are about."""

    subscriber = models.ForeignKey("subscriptions.Subscriber", models.CASCADE, related_name="refusals")
    run = models.ForeignKey(Run, models.CASCADE, null=True, related_name="refusals", db_index=False)
    at = models.DateTimeField()
    cause = models.CharField(max_length=10, help_text="dead, full, policy, message or unknown.")
    answer = models.CharField(max_length=500)
    gist = models.CharField(max_length=200, help_text="The answer without addresses and numbers.")
    ended = models.BooleanField(
        "ended mail", default=False, help_text="Nothing more is sent to the reader because of it."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index("run", "at", name="refusal_of_run")]

    def __str__(self) -> str:
        return self.answer
