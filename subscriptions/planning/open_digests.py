"""Earlier digests that bear on a reader's next one: waiting, being sent, or perhaps not arrived."""

from collections.abc import Collection, Mapping, Sequence

from subscriptions.models import Delivery, Subscriber
from subscriptions.models.delivery import OPEN


def open_digests(readers: Collection[Subscriber], *, lock: bool = False) -> dict[int, list[Delivery]]:
    """Per reader, the earlier digests that bear on the next, which are `OPEN`.

    Locked, they stay as they are: no worker takes a waiting one while the next digest counts on it. Those
    that somebody else has locked are left out.
    """
    found: dict[int, list[Delivery]] = {reader.pk: [] for reader in readers}
    rows = Delivery.objects.filter(OPEN, subscriber__in=found)
    rows = rows.select_related("selection").defer("selection__reasons").order_by("pk")
    for delivery in rows.select_for_update(of=("self",), skip_locked=True) if lock else rows:
        found[delivery.subscriber_id].append(delivery)
    return found


def claimed_by_others(locked: Mapping[int, Sequence[Delivery]]) -> set[int]:
    """Readers with a digest that another process is sending, or changing, at this moment.

    Its end decides what comes next, so they are asked about later. Nobody waits for a row here: a worker
    that holds the delivery may want the reader, whom we hold.
    """
    ours = [d.pk for digests in locked.values() for d in digests if d.state not in Delivery.CLAIMED]
    others = Delivery.objects.filter(OPEN, subscriber__in=locked).exclude(pk__in=ours)
    return set(others.values_list("subscriber_id", flat=True))
