"""Every delivery ends in one state, and no failure sends twice or loses a mail."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.utils import timezone

from digest.compose import Personal
from digest.models import Paper
from subscriptions import feedback, letters, links, outbox
from subscriptions.models import Delivery, Subscriber
from subscriptions.plan import plan
from subscriptions.relay import Outcome, RelayUnavailable, Verdict
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db
ACCEPTED = Outcome(Verdict.ACCEPTED, "250 taken")


class FakeRelay:
    """Takes what it is given, or answers by recipient."""

    local = True

    def __init__(self, answer: Callable[[str], Outcome] = lambda _: ACCEPTED) -> None:
        self.answer = answer
        self.taken: list[tuple[str, bytes]] = []

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        outcome = self.answer(recipient)
        if outcome.verdict in {Verdict.ACCEPTED, Verdict.UNKNOWN}:
            self.taken.append((recipient, message))
        return outcome

    def close(self) -> None: ...


def planned(*names: str) -> list[Delivery]:
    """One pending digest for each reader."""
    agents = topic("agents", "agents")
    edition("First agents")
    for name in names:
        reader(f"{name}@readers.example", topics=[agents])
    plan(NOW)
    return list(Delivery.objects.order_by("pk"))


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def test_each_reader_gets_one_mail() -> None:
    planned("ada", "bela")
    relay = FakeRelay()
    assert outbox.deliver(relay) == {"accepted": 2}
    assert outbox.deliver(relay) == {}
    assert sorted(recipient for recipient, _ in relay.taken) == [
        "ada@readers.example",
        "bela@readers.example",
    ]
    assert states() == ["accepted", "accepted"]


def test_handing_is_committed_before_the_relay_hears_of_the_mail() -> None:
    planned("ada")
    seen = []

    def answer(_: str) -> Outcome:
        seen.extend(states())
        return ACCEPTED

    outbox.deliver(FakeRelay(answer))
    assert seen == ["handing"]


def test_a_refused_reader_gets_no_more_mail_and_others_do() -> None:
    planned("ada", "bela")
    refusing = FakeRelay(
        lambda r: Outcome(Verdict.REFUSED, "550 no such user") if r.startswith("ada") else ACCEPTED
    )
    outbox.deliver(refusing)
    assert states() == ["refused", "accepted"]
    ada = Subscriber.objects.get(email="ada@readers.example")
    assert (ada.state, ada.next_digest_at) == ("refused", None)
    assert Delivery.objects.get(subscriber=ada).reason == "550 no such user"


def test_a_deferred_mail_waits_and_goes_out_later() -> None:
    (delivery,) = planned("ada")
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.DEFERRED, "451 try later")))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("deferred", 1)
    assert delivery.not_before > timezone.now()
    assert outbox.deliver(FakeRelay()) == {}
    Delivery.objects.update(not_before=timezone.now())
    assert outbox.deliver(FakeRelay()) == {"accepted": 1}


def test_silence_after_the_final_dot_is_never_sent_again_and_makes_the_reader_due_soon() -> None:
    planned("ada")
    Subscriber.objects.update(rhythm="weekly", next_digest_at=timezone.now() + timedelta(days=6))
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.UNKNOWN, "connection lost")))
    assert states() == ["unknown"]
    assert outbox.deliver(FakeRelay()) == {}
    due = Subscriber.objects.get().next_digest_at
    assert due is not None
    assert due <= timezone.now() + timedelta(days=1)


def test_a_relay_that_refuses_us_defers_everything_and_blames_no_reader() -> None:
    planned("ada", "bela", "chidi")
    asked = []

    def answer(recipient: str) -> Outcome:
        asked.append(recipient)
        raise RelayUnavailable("535 authentication failed")

    assert outbox.deliver(FakeRelay(answer))["deferred"] == 3
    assert len(asked) == 1
    assert states() == ["deferred"] * 3
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"active"}
    assert set(Delivery.objects.values_list("reason", flat=True)) == {"535 authentication failed"}


def test_a_mail_that_cannot_be_composed_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    planned("ada", "bela")
    personal = letters.personal

    def poisoned(delivery: Delivery) -> Personal:
        if delivery.subscriber.email.startswith("ada"):
            raise ValueError("hostile")
        return personal(delivery)

    monkeypatch.setattr(letters, "personal", poisoned)
    outbox.deliver(FakeRelay())
    assert states() == ["deferred", "accepted"]
    assert "hostile" in Delivery.objects.order_by("pk")[0].reason


@pytest.mark.parametrize("leave", [feedback.unsubscribe])
def test_who_leaves_while_their_mail_is_leased_gets_none(leave: Callable[..., None]) -> None:
    planned("ada")
    outbox.claim(10, "me", timezone.now())
    leave(Subscriber.objects.get(), timezone.now())
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    outbox.sweep(timezone.now())
    relay = FakeRelay()
    outbox.deliver(relay)
    assert relay.taken == []
    assert states() == ["skipped"]
    assert Delivery.objects.get().reason == "the reader left or paused meanwhile"


def test_rows_leased_to_one_worker_are_left_alone_by_another() -> None:
    planned("ada", "bela")
    mine = outbox.claim(1, "me", timezone.now())
    others = outbox.claim(10, "other", timezone.now())
    assert {d.pk for d in mine} & {d.pk for d in others} == set()
    assert len(mine) == len(others) == 1


def test_a_worker_whose_lease_was_taken_over_can_neither_send_nor_record() -> None:
    planned("ada")
    Delivery.objects.update(state="leased", worker="slow", leased_until=timezone.now() - timedelta(seconds=1))
    outbox.sweep(timezone.now())
    (stolen,) = outbox.claim(1, "quick", timezone.now())
    assert not outbox._start(stolen, "slow", timezone.now())
    assert not outbox._record(stolen, "slow", ACCEPTED, timezone.now())
    assert states() == ["leased"]


def test_an_expired_lease_waits_again_and_an_expired_hand_over_is_unknown() -> None:
    planned("ada", "bela", "chidi")
    first, second, third = Delivery.objects.order_by("pk")
    past, future = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(minutes=1)
    Delivery.objects.filter(pk=first.pk).update(state="leased", worker="dead", leased_until=past)
    Delivery.objects.filter(pk=second.pk).update(state="handing", worker="dead", leased_until=past)
    Delivery.objects.filter(pk=third.pk).update(state="handing", worker="alive", leased_until=future)
    outbox.sweep(timezone.now())
    assert states() == ["pending", "unknown", "handing"]


def test_stopping_gives_back_what_was_not_begun() -> None:
    planned("ada", "bela", "chidi")
    relay = FakeRelay()
    outbox.deliver(relay, stopped=lambda: bool(relay.taken))
    assert sorted(states()) == ["accepted", "pending", "pending"]


def test_a_reserved_domain_is_never_handed_to_a_relay_elsewhere() -> None:
    planned("ada")
    relay = FakeRelay()
    relay.local = False
    outbox.deliver(relay)
    assert relay.taken == []
    assert states() == ["skipped"]


def test_letters_go_before_digests() -> None:
    planned("ada", "bela")
    bela = Subscriber.objects.get(email="bela@readers.example")
    outbox.post(bela, Delivery.Kind.KNOWN, timezone.now())
    (first,) = outbox.claim(1, "me", timezone.now())
    assert first.kind == "known"


def test_the_message_is_the_same_at_every_attempt_but_for_its_date() -> None:
    (delivery,) = planned("ada")
    first, second = (letters.Composer().message(delivery)[0] for _ in range(2))
    ids = {message_from_bytes(raw, policy=policy.default)["Message-ID"] for raw in (first, second)}
    assert len(ids) == 1


def test_a_digest_has_the_papers_the_reasons_and_the_links() -> None:
    (delivery,) = planned("ada")
    raw, sender = letters.Composer().message(delivery)
    message = message_from_bytes(raw, policy=policy.default)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    token_url = links.url("unsubscribe", delivery.subscriber)
    for part in (text.get_content(), html.get_content()):
        assert Paper.objects.get().url in part
        assert token_url in part
        assert links.url("preferences", delivery.subscriber) in part
        assert "title has “agents”" in part
    assert f"List-Unsubscribe: <{token_url}>".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert sender == "digest@localhost"


def test_bounces_come_back_to_an_address_that_names_the_delivery(settings: object) -> None:
    (delivery,) = planned("ada")
    settings.BOUNCE_ADDRESS = "bounce@digest.example.org"  # type: ignore[attr-defined]
    _, sender = letters.Composer().message(delivery)
    local, _, domain = sender.partition("@")
    assert local.startswith("bounce+")
    assert len(local) <= 64
    assert domain == "digest.example.org"
    assert letters.Composer().message(delivery)[1] == sender
