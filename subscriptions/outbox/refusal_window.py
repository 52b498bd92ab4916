"""When a run is held for its refusals: by the last replies to RCPT TO of each run."""

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.conf import settings

from subscriptions.models import Delivery, Refusal
from subscriptions.relay import Cause, gist

WINDOW = 200  # readers
_ACCEPTED = (0, "")
_DEAD = "dead"


@dataclass(slots=True)
class RefusalWindow:
    """The last finished RCPTs of one run: whom each refused, and by what gist, or that it was accepted."""

    _last: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def accept(self) -> None:
        self._last.append(_ACCEPTED)

    def refuse(self, reader: int, cause: Cause, gist_: str) -> str | None:
        """Note a refusal; returns why the run is to be held, or None.

        Many dead addresses, or a relay that says so of anybody: a share of the readers. Anything else that is
        said to many in the same words is about us. A full mailbox is tried all day, and counts once.
        """
        if any(known == reader for known, _ in self._last):
            return None
        self._last.append((reader, _DEAD if cause == Cause.DEAD else gist_))
        most = settings.REFUSALS_HOLD
        count = Counter(said for _, said in self._last if said)
        refused = count.total()
        if refused >= most and refused * 100 >= settings.REFUSALS_HOLD_PERCENT * len(self._last):
            return f"{refused} of the last {len(self._last)} readers refused, the last with: {gist_}"
        if cause != Cause.DEAD and count[gist_] >= most:
            return f"{count[gist_]} of the last {len(self._last)} readers refused alike: {gist_}"
        return None


def windows_of(runs: Collection[int]) -> Mapping[int, RefusalWindow]:
    """The windows of these runs as earlier passes and other senders left them, by the run's number."""
    windows = {run: RefusalWindow() for run in runs}
    for run, window in windows.items():
        refused = Refusal.objects.filter(run=run).order_by("-at").select_related("run")
        rows = [row for row in refused[:WINDOW] if row.run and row.at >= (row.run.refusals_from or row.at)]
        if not rows:
            continue
        accepted = Delivery.objects.filter(
            run=run, state=Delivery.State.ACCEPTED, settled_at__gte=rows[-1].at
        ).order_by("-settled_at")
        moments = [
            (moment, None) for moment in accepted.values_list("settled_at", flat=True)[:WINDOW] if moment
        ]
        for _, row in sorted([*moments, *((row.at, row) for row in rows)], key=lambda at: at[0]):
            if row is None:
                window.accept()
            else:
                window.refuse(row.subscriber_id, Cause(row.cause), gist(row.answer))
    return windows
