"""A sender whose relay takes long: mails are accepted, lost and claimed again meanwhile."""

import importlib
import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from subscriptions import outbox
from subscriptions.models import Delivery
from subscriptions.outbox import ledger, transitions
from subscriptions.relay import Completed, Event, Mail, Outcome, Ready, RelayUnavailable, Unavailable, Verdict
from tests.subscriptions.outbox.test_outbox import planned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("either_way")]
TAKEN, LOST = Outcome(Verdict.ACCEPTED, "250 taken"), Outcome(Verdict.DEFERRED, "connection lost")


@dataclass
class _Open:
    """A mail at the relay, whose next event comes after `asked` more polls."""

    mail: Mail
    asked: int
    ready: bool = False
    ended: bool = False


class Moody:
    """Has capacity for several mails, and for the next as soon as one is completed; its events come late.

    It loses some before end of data. Once, all leases expire while it does nothing.
    """

    local = True
    smtputf8 = None

    def __init__(self, chance: random.Random, *, losing: bool, falls: bool) -> None:
        self._chance, self._losing, self._falls = chance, losing, falls
        self._capacity, self._sleeps_at = chance.randint(1, 4), chance.randint(1, 5)
        self._open: dict[int, _Open] = {}
        self._offered = 0
        self._begun: set[int] = set()
        self._down = False
        self.taken: Counter[str] = Counter()

    def capacity(self) -> int:
        return 0 if self._down else self._capacity - len(self._open)

    def offer(self, mail: Mail) -> None:
        self._offered += 1
        if self._offered == self._sleeps_at:
            idle = Delivery.objects.filter(state__in=Delivery.CLAIMED).exclude(pk__in=self._begun)
            idle.update(leased_until=timezone.now() - timedelta(minutes=1))
            transitions.reclaim_expired(timezone.now())
        assert mail.key not in self._open
        self._open[mail.key] = _Open(mail, self._chance.randint(0, 2))

    def poll(self, timeout: float = 1.0) -> list[Event]:
        events = [event for key in list(self._open) if (event := self._event_of(key))]
        if self._falls and self._offered == 4 and not self._down:
            self._down = True
            lost = [Completed(key, LOST) for key, one in self._open.items() if not one.ended]
            self._open = {key: one for key, one in self._open.items() if one.ended}
            known = {event.key for event in events if isinstance(event, Completed)}
            events = [event for event in events if isinstance(event, Completed)]
            events += [event for event in lost if event.key not in known]
            events.append(Unavailable(RelayUnavailable("421 going down")))
        return events

    def _event_of(self, key: int) -> Event | None:
        one = self._open[key]
        one.asked -= 1
        if self._losing and one.ready and not one.ended and self._chance.random() < 0.15:
            del self._open[key]
            return Completed(key, LOST)
        if one.asked >= 0:
            return None
        if one.ended:
            del self._open[key]
            return Completed(key, TAKEN)
        if one.ready:
            return None
        one.ready = True
        return Ready(key)

    def finish(self, key: int) -> None:
        one = self._open[key]
        assert one.ready, "end of data before the relay had the message"
        self._begun.add(key)
        one.ended, one.asked = True, self._chance.randint(0, 2)
        self.taken[one.mail.recipient] += 1

    def abort(self, key: int) -> None:
        self._open.pop(key, None)

    def close(self) -> None:
        """Nothing is held open."""


@pytest.mark.parametrize("seeds", [20, pytest.param(200, marks=pytest.mark.faults)])
@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("losing", [False, True])
def test_whatever_happens_meanwhile_each_mail_goes_once_and_its_state_is_right(
    monkeypatch: pytest.MonkeyPatch, losing: bool, falls: bool, seeds: int
) -> None:
    planned(*(f"reader-{number}" for number in range(8)))
    claiming = importlib.import_module("subscriptions.outbox.claiming")
    monkeypatch.setattr(claiming, "RESCAN_AFTER", 0.0)
    for seed in range(seeds):
        chance = random.Random(seed)
        monkeypatch.setattr(claiming, "BATCH", chance.randint(1, 6))
        monkeypatch.setattr(claiming, "FEWEST", chance.randint(1, 6))
        monkeypatch.setattr(ledger, "FRESH", chance.choice([0.0, 1.0]))
        with transaction.atomic():
            relay = Moody(chance, losing=losing, falls=falls)
            outbox.deliver(relay)
            assert set(relay.taken.values()) <= {1}, seed
            states = dict(Delivery.objects.values_list("subscriber__email", "state"))
            assert {who for who, state in states.items() if state == "accepted"} == set(relay.taken), seed
            assert set(states.values()) <= {"accepted", "deferred"}, seed
            assert losing or falls or set(states.values()) == {"accepted"}, seed
            transaction.set_rollback(True)
