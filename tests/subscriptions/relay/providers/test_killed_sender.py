"""A sender that is killed while it calls a provider: nothing is sent twice, nothing lost, little in doubt."""

import signal
from collections import Counter
from datetime import timedelta

import pytest

from subscriptions.models import Delivery
from tests.factories import NOW, edition, reader, topic
from tests.services.fixtures import StartService
from tests.services.provider_api import Answer, provider_api
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
READERS, CALLS = 40, 4
TOMORROW = NOW + timedelta(days=1)


def test_a_killed_sender_leaves_as_many_in_doubt_as_it_made_calls_at_once(
    service: StartService, database_url: str
) -> None:
    agents = topic("agents", "agents")
    edition("First agents")
    for number in range(READERS):
        reader(f"reader{number}@readers.example", topics=[agents], next_digest_at=TOMORROW)
    command = ("send_digests", "--now", TOMORROW.isoformat(), "--wait")
    with provider_api() as api:
        api.answer = lambda call: Answer(
            200, {"id": f"<{call.recipient}>", "message": "Queued. Thank you."}, seconds=0.05
        )
        environment = {
            "DATABASE_URL": database_url,
            "EMAIL_URL": api.url("mailgun://key@mg.example.org"),
            "OUTBOX_LEASE_SECONDS": "3",
            "SMTP_CONNECTIONS": str(CALLS),
        }
        killed = service(*command, env=environment)
        wait_until(lambda: len(api.calls) > CALLS, 60, what="calls")
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(10)
        assert len(api.calls) < READERS
        assert service(*command, env=environment).process.wait(120) == 0
        called = Counter(call.recipient for call in api.calls)
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert set(called.values()) == {1}
    assert set(states) <= {"accepted", "unknown"}
    assert states.total() == READERS
    assert states["unknown"] <= CALLS
    assert len(called) >= states["accepted"]
