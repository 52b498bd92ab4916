"""`manage.py send_digests`: plan and hand over all that is due, without Celery."""

import json
import signal
import time
from argparse import ArgumentParser
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from subscriptions import outbox
from subscriptions.accounts import sweeping
from subscriptions.models import Delivery
from subscriptions.planning import planner, runs, suggestions
from subscriptions.planning.waiting import Waiting
from subscriptions.relay import open_relay
from subscriptions.relay.no_relay import WHY

POLL_SECONDS = 0.2
State = Delivery.State
OUTCOMES = (State.ACCEPTED, State.DEFERRED, State.REFUSED, State.UNKNOWN, State.SKIPPED)


def moment(text: str) -> datetime:
    """An ISO date and time; without an offset it is UTC."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Plan the digests that are due and hand over everything that waits. For cron, or by hand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", type=moment, help="plan as if it were this moment (ISO 8601)")
        parser.add_argument("--wait", action="store_true", help="return when every due delivery has ended")
        parser.add_argument("--json", action="store_true", help="print the summary as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        self.stopped = False
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        now = options["now"] or timezone.now()
        outbox.reclaim_expired(timezone.now())
        planned = planner.plan(now)
        done = self.deliver()
        while options["wait"] and not self.stopped and not settings.EMAIL_HELD and self.unfinished(now):
            time.sleep(POLL_SECONDS)
            outbox.reclaim_expired(timezone.now())
            planned += planner.plan(now)  # who had a digest in somebody's hands before
            done += self.deliver()
        runs.update_states(timezone.now())
        sweeping.sweep(timezone.now())
        suggestions.make_daily(timezone.now())
        if settings.EMAIL_HELD:
            self.stderr.write(self.style.ERROR(f"Nothing was sent: {WHY}."))
        summary: dict[str, float] = {
            "planned": planned.pending,
            "nothing_new": planned.skipped,
            "superseded": planned.superseded,
            **{state.value: done[state] for state in OUTCOMES},
            "seconds": round(time.monotonic() - started, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(", ".join(f"{key.replace('_', ' ')} {value}" for key, value in summary.items()))

    def unfinished(self, now: datetime) -> bool:
        """Whether somebody due by `now` is not planned yet, or a delivery waits or is in a sender's hands.

        Who waits for a source that is late is left to the next call.
        """
        by_then = now + timedelta(milliseconds=1)  # a moment that had its digest is moved on by less
        return Waiting(now).due().exists() or outbox.unfinished(by_then).exists()

    def deliver(self) -> Counter[str]:
        relay = open_relay()
        try:
            return outbox.deliver(relay, stopped=lambda: self.stopped)
        finally:
            relay.close()

    def stop(self, *_: object) -> None:
        """Finish the mail in transmission, then end."""
        self.stopped = True
