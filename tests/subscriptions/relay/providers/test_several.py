"""A provider beside other relays: each takes its part, one that fails holds no other, waiting is idle."""

from collections.abc import Iterator
from typing import Any

import pytest

from digest import mail_env
from subscriptions import outbox
from subscriptions.models import Delivery, Run
from subscriptions.relay import Event, open_relay
from subscriptions.relay.providers.provider_relay import ProviderRelay
from subscriptions.relay.signing import Algorithm, new_key
from tests.services.habitual_smtp import Habits, HabitualServer, habitual
from tests.services.provider_api import NONE, Answer, ProviderApi, provider_api
from tests.subscriptions.outbox.test_refusals import planned, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Iterator[ProviderApi]:
    with provider_api() as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[HabitualServer]:
    with habitual(Habits()) as server:
        yield server


def deliver(settings: Any, *urls: str) -> None:
    settings.EMAIL_URL = ", ".join(urls)
    settings.EMAIL_RELAYS = mail_env.email_relays(settings.EMAIL_URL)
    settings.DEFAULT_FROM_EMAIL = "Paper Digest <digest@example.org>"
    relay = open_relay()
    try:
        outbox.deliver(relay)
    finally:
        relay.close()


def both(api: ProviderApi, smtp: HabitualServer) -> tuple[str, str]:
    return api.url("postmark://token"), f"smtp://127.0.0.1:{smtp.port}"


def test_a_provider_and_a_mail_server_share_a_run(
    settings: Any, api: ProviderApi, smtp: HabitualServer
) -> None:
    planned(60)
    deliver(settings, *both(api, smtp))
    assert states(Delivery) == {"accepted": 60}
    assert len(api.calls) > 5
    assert len(smtp.took) > 5
    everybody = sorted([*api.recipients, *(recipient for recipient, _ in smtp.took)])
    assert everybody == sorted(f"reader{number}@readers.example" for number in range(60))


@pytest.mark.parametrize("answer", [NONE, Answer(401), Answer(429)])
def test_a_provider_that_fails_does_not_hold_the_mail_server(
    settings: Any, api: ProviderApi, smtp: HabitualServer, answer: Answer
) -> None:
    planned(60)
    api.answer = lambda call: answer
    deliver(settings, *both(api, smtp))
    counted = states(Delivery)
    assert len(api.calls) <= settings.SMTP_CONNECTIONS
    assert counted["accepted"] == len(smtp.took) >= 60 - settings.SMTP_CONNECTIONS
    assert set(counted) <= {"accepted", "unknown" if answer is NONE else "deferred"}
    assert Run.objects.get().state != "paused"


def test_waiting_for_a_provider_beside_a_mail_server_is_idle(
    settings: Any, api: ProviderApi, smtp: HabitualServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(1)
    taken = {"ErrorCode": 0, "Message": "OK", "MessageID": "x", "To": "reader0@readers.example"}
    api.answer = lambda call: Answer(200, taken, seconds=2)
    asked: list[float] = []
    poll = ProviderRelay.poll

    def counted(relay: ProviderRelay, timeout: float = 1.0) -> list[Event]:
        asked.append(timeout)
        return poll(relay, timeout)

    monkeypatch.setattr(ProviderRelay, "poll", counted)
    deliver(settings, f"{api.url('postmark://token')}&share=100", f"smtp://127.0.0.1:{smtp.port}?failover=1")
    assert states(Delivery) == {"accepted": 1}
    assert len(api.calls) == 1
    assert len(asked) < 100


def test_several_mail_servers_get_signed_mail_and_keep_their_limits(
    settings: Any, tmp_path: Any, smtp: HabitualServer
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(new_key(Algorithm.ED25519))
    settings.DKIM_KEYS = {"spring": path}
    planned(30)
    with habitual(Habits()) as other:
        deliver(settings, f"smtp://127.0.0.1:{smtp.port}?per_day=10", f"smtp://127.0.0.1:{other.port}")
        took = [*smtp.took, *other.took]
        assert len(smtp.took) <= 10
        assert len(took) == 30
        assert all(b"DKIM-Signature: v=1; a=ed25519-sha256" in message for _, message in took)
