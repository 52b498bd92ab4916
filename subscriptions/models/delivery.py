"""Deliveries: one row per reader and mail, whose states keep mails from being lost or sent twice."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from subscriptions.models.run import Run
from subscriptions.models.subscriber import Subscriber

STOPPED = "stopped by the operator"
# Digests that bear on the reader's next one: not ended, or refused or perhaps not arrived, and not yet
# carried over.
_OPEN = ["pending", "deferred", "leased", "handing", "unknown", "refused"]
OPEN = Q(kind="digest", carried_by=None) & (Q(state__in=_OPEN) | Q(state="skipped", reason=STOPPED))

# SQLite uses a partial index only where the condition stands in the query letter by letter.
IS_OPEN = RawSQL(  # noqa: S611 - of our own words; for queries of deliveries alone
    "carried_by_id IS NULL AND kind = 'digest'"
    f" AND (state IN {tuple(_OPEN)} OR (reason = {STOPPED!r} AND state = 'skipped'))",
    (),
    models.BooleanField(),
)
_WAITS = RawSQL("subscriptions_delivery.state IN ('pending', 'deferred')", (), models.BooleanField())
_WENT_WRONG = RawSQL(
    "subscriptions_delivery.state IN ('deferred', 'refused', 'unknown')", (), models.BooleanField()
)
_IS_LETTER = RawSQL("NOT subscriptions_delivery.kind = 'digest'", (), models.BooleanField())
_IS_CLAIMED = RawSQL("subscriptions_delivery.state IN ('leased', 'handing')", (), models.BooleanField())


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def post(self, subscriber: Subscriber, kind: str, now: datetime) -> "Delivery":
        """Queue a letter about the subscription itself; it goes before digests."""
        return self.create(
            subscriber=subscriber, kind=kind, due_at=now, not_before=now, priority=Delivery.WAITED_FOR
        )

    def welcoming(self) -> "DeliveryQuerySet":
        """Digests that welcome their readers."""
        return self.filter(kind=Delivery.DIGEST, priority=Delivery.WAITED_FOR).exclude(
            state=Delivery.State.SKIPPED
        )

    def waiting(self, now: datetime) -> "DeliveryQuerySet":
        """Rows that a worker may claim at `now`: those of runs that are paused or stopped are not."""
        return self.unclaimed().filter(_may_be_claimed(now))

    def unclaimed(self) -> "DeliveryQuerySet":
        """Rows that wait to be claimed, now or later; found by their own index."""
        return self.filter(_WAITS)

    def claimed(self) -> "DeliveryQuerySet":
        """Rows that are leased to a worker, which may have crashed: few, and found by their own index."""
        return self.filter(_IS_CLAIMED)

    def went_wrong(self) -> "DeliveryQuerySet":
        """Rows that are deferred, refused or unknown; found by their own index."""
        return self.filter(_WENT_WRONG)

    def letters(self) -> "DeliveryQuerySet":
        """Letters about the subscription itself; found by their own index."""
        return self.filter(_IS_LETTER)

    def unfinished(self, now: datetime) -> "DeliveryQuerySet":
        """Rows that a worker may claim at `now` or has claimed."""
        return self.filter(_may_be_claimed(now) | Q(state__in=Delivery.CLAIMED))


def _may_be_claimed(now: datetime) -> Q:
    return Q(state__in=Delivery.WAITING, not_before__lte=now) & ~Q(run__in=Run.objects.halted())


class Delivery(models.Model):
    """One mail for one reader: a digest, or a letter about the subscription itself.

    pending → leased → handing → accepted | deferred | refused | unknown | skipped. `handing` is
    committed before the end of data is sent; a row found there after its sender died becomes
    `unknown` and is never sent again by itself.
    """

    DIGEST = "digest"  # the kind that planning, runs and the archive are about; letters' names are the others

    class State(models.TextChoices):
        PENDING = "pending"
        LEASED = "leased"
        HANDING = "handing"
        ACCEPTED = "accepted"
        DEFERRED = "deferred"
        REFUSED = "refused"
        UNKNOWN = "unknown"
        SKIPPED = "skipped"

    WAITING = (State.PENDING, State.DEFERRED)
    CLAIMED = (State.LEASED, State.HANDING)
    WAITED_FOR = 0  # the priority of letters, and of the digest that welcomes a reader

    subscriber = models.ForeignKey(
        "subscriptions.Subscriber",
        models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the constraint's index begins with it
    )
    # The database looks up each key of each of a hundred thousand rows: only the reader's is worth that.
    run = models.ForeignKey(
        Run,
        models.SET_NULL,
        null=True,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    # The name of the letter, without `choices`: a new letter is no change of the database.
    kind = models.CharField(max_length=10, default=DIGEST)
    due_at = models.DateTimeField(help_text="The moment it is for: with reader and kind, its identity.")
    selection = models.ForeignKey(
        "digest.Selection", models.PROTECT, null=True, related_name="deliveries", db_constraint=False
    )
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(
        max_length=500, blank=True, help_text="Why it was skipped, deferred or refused."
    )
    priority = models.PositiveSmallIntegerField(default=1, help_text="0: somebody waits for it now.")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(help_text="Not handed over before.")
    worker = models.CharField(max_length=80, blank=True)
    leased_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When it reached a final state.")
    carried_by = models.ForeignKey("self", models.SET_NULL, null=True, related_name="carries", db_index=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "kind", "due_at"], name="one_delivery_per_reader_kind_and_moment"
            ),
        ]
        indexes = [
            models.Index(
                "priority",
                "not_before",
                "id",
                name="delivery_open",
                condition=Q(state__in=["pending", "deferred"]),
            ),
            models.Index("due_at", "state", name="delivery_due"),
            models.Index("run", "state", name="delivery_run"),
            models.Index(
                "due_at", name="delivery_wrong", condition=Q(state__in=["deferred", "refused", "unknown"])
            ),
            models.Index("due_at", "state", name="delivery_letter", condition=~Q(kind="digest")),
            models.Index("subscriber", name="delivery_of_next", condition=OPEN),
            models.Index("carried_by", name="delivery_carried", condition=Q(carried_by__isnull=False)),
            models.Index(
                "leased_until", name="delivery_leased", condition=Q(state__in=["leased", "handing"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.subscriber}"
