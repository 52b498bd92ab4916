"""Every delivery ends in one state, and no failure sends twice or loses a mail."""

import errno
import gc
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from unittest.mock import Mock

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.compose import Personal
from digest.models import Paper
from subscriptions import outbox
from subscriptions.accounts import data_rights, unsubscribing
from subscriptions.emails import addressing, composer
from subscriptions.emails.letters.letter_type import DeliveryLike
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import due_at
from subscriptions.outbox import ledger, outcomes, transitions
from subscriptions.outbox.circuit_breaker import RETRY_AFTER
from subscriptions.outbox.claiming import Leased, Recipient
from subscriptions.outbox.preparing import composed
from subscriptions.outbox.transitions import Transition
from subscriptions.planning.planner import plan
from subscriptions.relay import (
    Cause,
    LocalMailbox,
    Mail,
    MessageRefused,
    OneByOne,
    Outcome,
    Ready,
    RelayUnavailable,
    Verdict,
    local_mailbox,
)
from tests.factories import NOW, edition, reader, topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("either_way")]
ACCEPTED = Outcome(Verdict.ACCEPTED, "250 taken")


class FakeRelay(OneByOne):
    """Takes what it is given, or answers by recipient."""

    def __init__(self, answer: Callable[[str], Outcome] = lambda _: ACCEPTED) -> None:
        super().__init__()
        self.answer = answer
        self.taken: list[tuple[str, bytes]] = []

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        outcome = self.answer(recipient)
        if outcome.verdict in {Verdict.ACCEPTED, Verdict.UNKNOWN}:
            self.taken.append((recipient, message))
        return outcome


def planned(*names: str) -> list[Delivery]:
    """One pending digest for each reader."""
    agents = topic("agents", "agents")
    edition("First agents")
    for name in names:
        reader(f"{name}@readers.example", topics=[agents])
    plan(NOW)
    return list(Delivery.objects.order_by("pk"))


def begun(delivery: Leased, worker: str) -> bool:
    """Whether this worker may hand the mail over."""
    return bool(transitions.write(worker, [Transition(delivery.pk, Delivery.State.HANDING)], timezone.now()))


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


def test_handing_is_committed_before_the_relay_can_have_the_whole_mail() -> None:
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
        lambda r: (
            Outcome(Verdict.REFUSED, "550 no such user", Cause.DEAD) if r.startswith("ada") else ACCEPTED
        )
    )
    outbox.deliver(refusing)
    assert states() == ["refused", "accepted"]
    ada = Subscriber.objects.get(email="ada@readers.example")
    assert (ada.state, ada.next_digest_at) == ("refused", None)
    assert Delivery.objects.get(subscriber=ada).reason == "550 no such user"


def test_a_reader_is_not_refused_for_the_address_they_have_just_given_up() -> None:
    planned("ada")

    def moves_away(recipient: str) -> Outcome:
        if recipient == "ada@elsewhere.example":
            return ACCEPTED  # the letter with the new links
        Subscriber.objects.update(new_email="ada@elsewhere.example")
        assert data_rights.change_address(Subscriber.objects.get(), "192.0.2.1", NOW)
        return Outcome(Verdict.REFUSED, "550 no such user", Cause.DEAD)

    assert outbox.deliver(FakeRelay(moves_away)) == {"refused": 1, "accepted": 1}
    ada = Subscriber.objects.get()
    assert (ada.email, ada.state) == ("ada@elsewhere.example", "active")
    assert ada.next_digest_at is not None


def test_a_deferred_mail_waits_and_goes_out_later() -> None:
    (delivery,) = planned("ada")
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.DEFERRED, "451 try later")))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("deferred", 1)
    assert delivery.not_before > timezone.now()
    assert outbox.deliver(FakeRelay()) == {}
    Delivery.objects.update(not_before=timezone.now())
    assert outbox.deliver(FakeRelay()) == {"accepted": 1}


def test_no_reply_after_end_of_data_is_never_sent_again_and_makes_the_reader_due_soon() -> None:
    planned("ada")
    Subscriber.objects.update(rhythm="weekly", next_digest_at=timezone.now() + timedelta(days=6))
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.UNKNOWN, "connection lost")))
    assert states() == ["unknown"]
    assert outbox.deliver(FakeRelay()) == {}
    due = Subscriber.objects.get().next_digest_at
    assert due is not None
    assert due <= timezone.now() + timedelta(days=1)


def test_after_an_unknown_delivery_the_next_moment_is_one_the_reader_did_not_have() -> None:
    (delivery,) = planned("ada")
    had = (timezone.now() + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    Delivery.objects.update(due_at=had)  # planned by a clock ahead of this one, as with `--now`
    Subscriber.objects.update(rhythm="weekly", hour=had.hour, next_digest_at=had + timedelta(days=7))
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.UNKNOWN, "connection lost")))
    assert Subscriber.objects.get(pk=delivery.subscriber_id).next_digest_at == had + timedelta(days=1)


def test_after_an_unknown_delivery_of_a_run_far_ahead_of_the_clock_the_next_comes_after_that_run() -> None:
    ahead = timezone.now() + timedelta(days=30)
    edition("First agents")
    reader(queries=["agents"], next_digest_at=timezone.now() + timedelta(hours=1))
    plan(ahead)
    outbox.deliver(FakeRelay(lambda _: Outcome(Verdict.UNKNOWN, "connection lost")))
    due = Subscriber.objects.get().next_digest_at
    assert due is not None
    assert ahead < due <= ahead + timedelta(days=1)
    assert plan(ahead).pending == 0


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
    assert list(Delivery.objects.order_by("pk").values_list("reason", "attempts")) == [
        ("535 authentication failed", 1),
        ("held: 535 authentication failed", 0),
        ("held: 535 authentication failed", 0),
    ]


def refusing_mails_to(*names: str) -> FakeRelay:
    """A relay that refuses the messages to these readers, and takes the others."""

    def answer(recipient: str) -> Outcome:
        if recipient.partition("@")[0] in names:
            raise MessageRefused("end of data rejected: 554 5.6.0 content")
        return ACCEPTED

    return FakeRelay(answer)


def test_a_rejected_mail_waits_on_its_own_and_the_others_go_out() -> None:
    planned("ada", "bela", "chidi")
    assert outbox.deliver(refusing_mails_to("ada")) == {"deferred": 1, "accepted": 2}
    poison = Delivery.objects.get(subscriber__email="ada@readers.example")
    assert (poison.state, poison.attempts) == ("deferred", 1)
    assert poison.reason == "end of data rejected: 554 5.6.0 content"
    assert poison.not_before > timezone.now() + RETRY_AFTER
    assert Subscriber.objects.filter(state="active").count() == 3


def test_three_rejected_mails_in_a_row_defer_everything() -> None:
    planned("ada", "bela", "chidi", "dora")
    relay = refusing_mails_to("ada", "bela", "chidi")
    assert outbox.deliver(relay) == {"deferred": 4}
    assert relay.taken == []
    dora = Delivery.objects.get(subscriber__email="dora@readers.example")
    assert (dora.reason, dora.attempts) == ("held: end of data rejected: 554 5.6.0 content", 0)


def test_rejected_mails_with_an_accepted_one_between_defer_nothing_else() -> None:
    planned("ada", "bela", "chidi", "dora", "emre", "fatou")
    assert outbox.deliver(refusing_mails_to("ada", "bela", "dora", "emre")) == {"deferred": 4, "accepted": 2}


def all_but(*names: str) -> FakeRelay:
    """A relay that says of everybody else that there is no such reader."""
    return FakeRelay(
        lambda r: (
            ACCEPTED
            if r.partition("@")[0] in names
            else Outcome(Verdict.REFUSED, "550 no such user", Cause.DEAD)
        )
    )


def test_a_relay_that_refuses_every_reader_is_not_believed_for_long() -> None:
    planned(*(f"reader{n}" for n in range(25)))
    outbox.deliver(all_but())
    assert sorted(states()) == ["deferred"] * 5 + ["refused"] * 20
    assert Subscriber.objects.filter(state="active").count() == 5
    held = Delivery.objects.filter(state="deferred")
    assert set(held.values_list("reason", flat=True)) == {
        "held: 20 of the last 20 readers refused, the last with: 550 no such user"
    }


def test_an_operator_reinstates_a_reader_who_was_refused(admin_client: Client) -> None:
    planned("ada", "bela")
    Subscriber.objects.filter(email__startswith="bela").update(consented_at=None)
    outbox.deliver(all_but())
    readers = reverse("admin:subscriptions_subscriber_changelist")
    pks = list(Subscriber.objects.values_list("pk", flat=True))
    admin_client.post(readers, {"action": "reinstate", "_selected_action": pks})
    ada = Subscriber.objects.get(email="ada@readers.example")
    assert (ada.state, ada.left_at) == ("active", None)
    assert ada.next_digest_at == due_at(ada.schedule, after=timezone.now())
    assert Subscriber.objects.get(email="bela@readers.example").state == "refused"  # never confirmed
    assert [entry.get_change_message() for entry in LogEntry.objects.all()] == ["Reinstated."]


def test_an_international_domain_is_handed_over_in_ascii() -> None:
    planned("ada")
    Subscriber.objects.update(email="ada@bücher.example")
    relay = FakeRelay()
    outbox.deliver(relay)
    assert [recipient for recipient, _ in relay.taken] == ["ada@xn--bcher-kva.example"]


@pytest.mark.parametrize("address", ["ada@" + "ü" * 70 + ".example", "\ud800@a.example"])
def test_what_is_no_address_is_skipped_and_holds_up_nobody(address: str) -> None:
    leased = Leased(Recipient(1, address, "", "html", 0), 1, Delivery.DIGEST, NOW, 1, 0, 1, NOW)
    assert composed(leased, composer.Composer(), NOW, local=True) == Transition(
        1, Delivery.State.SKIPPED, "this is no address that mail can be sent to"
    )


def test_a_digest_whose_papers_were_removed_is_not_sent() -> None:
    planned("ada")
    Paper.objects.all().delete()
    relay = FakeRelay()
    outbox.deliver(relay)
    assert relay.taken == []
    assert Delivery.objects.values_list("state", "reason").get() == (
        "skipped",
        "its papers were removed meanwhile",
    )


def test_a_hand_over_begun_late_has_the_whole_lease_before_it() -> None:
    planned("ada")
    (delivery,) = outbox.claim(1, "me", timezone.now())
    Delivery.objects.update(leased_until=timezone.now() + timedelta(seconds=5))
    assert begun(delivery, "me")
    outbox.reclaim_expired(timezone.now() + timedelta(seconds=30))
    assert states() == ["handing"]


def test_a_mail_that_cannot_be_composed_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    planned("ada", "bela")
    personal = addressing.personal

    def poisoned(delivery: DeliveryLike) -> Personal:
        if delivery.subscriber.email.startswith("ada"):
            raise ValueError("hostile")
        return personal(delivery)

    monkeypatch.setattr(composer, "personal", poisoned)
    outbox.deliver(FakeRelay())
    assert states() == ["deferred", "accepted"]
    assert "hostile" in Delivery.objects.order_by("pk")[0].reason


def test_a_mail_held_up_until_its_lease_ran_out_waits_again() -> None:
    planned("ada", "bela", "chidi")

    def take_long(_: str) -> Outcome:
        Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        return ACCEPTED

    relay = FakeRelay(take_long)
    outbox.deliver(relay)
    assert states() == ["accepted"] * 3
    assert len(relay.taken) == 3


def test_who_leaves_while_their_mail_is_leased_gets_none() -> None:
    planned("ada")
    outbox.claim(10, "me", timezone.now())
    unsubscribing.unsubscribe(Subscriber.objects.get(), timezone.now())
    Delivery.objects.filter(kind="goodbye").delete()
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    outbox.reclaim_expired(timezone.now())
    relay = FakeRelay()
    outbox.deliver(relay)
    assert relay.taken == []
    assert states() == ["deferred"]  # leaving can be undone for an hour
    Subscriber.objects.update(left_at=timezone.now() - timedelta(hours=2))
    Delivery.objects.update(not_before=timezone.now())
    outbox.deliver(relay)
    assert relay.taken == []
    assert states() == ["skipped"]
    assert Delivery.objects.get().reason == "the reader left meanwhile"


def test_rows_leased_to_one_worker_are_left_alone_by_another() -> None:
    planned("ada", "bela")
    mine = outbox.claim(1, "me", timezone.now())
    others = outbox.claim(10, "other", timezone.now())
    assert {d.pk for d in mine} & {d.pk for d in others} == set()
    assert len(mine) == len(others) == 1


def test_a_worker_whose_lease_was_taken_over_can_neither_send_nor_record() -> None:
    planned("ada")
    Delivery.objects.update(state="leased", worker="slow", leased_until=timezone.now() - timedelta(seconds=1))
    outbox.reclaim_expired(timezone.now())
    (stolen,) = outbox.claim(1, "quick", timezone.now())
    assert not begun(stolen, "slow")
    accepted = Transition(stolen.pk, Delivery.State.ACCEPTED)
    assert not transitions.write("slow", [accepted], timezone.now())
    assert states() == ["leased"]


def test_an_expired_lease_waits_again_and_an_expired_hand_over_is_unknown() -> None:
    planned("ada", "bela", "chidi")
    first, second, third = Delivery.objects.order_by("pk")
    past, future = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(minutes=1)
    Delivery.objects.filter(pk=first.pk).update(state="leased", worker="dead", leased_until=past)
    Delivery.objects.filter(pk=second.pk).update(state="handing", worker="dead", leased_until=past)
    Delivery.objects.filter(pk=third.pk).update(state="handing", worker="alive", leased_until=future)
    outbox.reclaim_expired(timezone.now())
    assert states() == ["pending", "unknown", "handing"]


def test_a_delivery_whose_senders_crash_is_deferred() -> None:
    planned("ada")
    for _ in range(3):
        outbox.claim(1, "dead", timezone.now())
        Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        outbox.reclaim_expired(timezone.now())
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason, delivery.attempts) == (
        "deferred",
        "its sender crashed repeatedly (poison message?)",
        3,
    )
    assert delivery.not_before > timezone.now() + timedelta(minutes=30)


def test_a_worker_at_work_keeps_what_it_has_in_flight() -> None:
    planned("ada", "bela")
    outbox.claim(2, "me", timezone.now())
    Delivery.objects.filter(pk=Delivery.objects.earliest("pk").pk).update(state="handing")
    Delivery.objects.update(leased_until=timezone.now() + timedelta(seconds=1))
    transitions.renew("me")
    outbox.reclaim_expired(timezone.now() + timedelta(seconds=20))
    assert states() == ["handing", "leased"]


def test_a_letter_that_is_put_off_for_ever_is_given_up_after_five_days_and_says_so() -> None:
    ada = reader("ada@readers.example", state=Subscriber.State.PENDING)
    Delivery.objects.post(ada, "confirm", timezone.now())
    relay = FakeRelay(lambda _: Outcome(Verdict.DEFERRED, "451 4.7.1 greylisted"))
    waited = timedelta()
    for _ in range(100):
        now = timezone.now()
        outbox.deliver(relay)
        delivery = Delivery.objects.get()
        if delivery.state != Delivery.State.DEFERRED:
            break
        waited += delivery.not_before - now
        Delivery.objects.update(not_before=now)
    assert timedelta(days=4.5) < waited < timedelta(days=5.5)
    assert delivery.state == "refused"
    assert delivery.reason == "given up after 36 attempts; the last: 451 4.7.1 greylisted"
    assert Subscriber.objects.get().state == "pending"


class Away:
    """A database that fails at one of the statements for transitions, after its commit or before."""

    def __init__(self, at: int, *, committed: bool) -> None:
        self.write, self.left, self.committed = transitions.write, at, committed

    def __call__(self, worker: str, moves: Sequence[Transition], now: datetime) -> set[int]:
        self.left -= 1
        if self.left == 0:
            if self.committed:
                self.write(worker, moves, now)
            raise OperationalError("the server closed the connection")
        return self.write(worker, moves, now)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_away_for_a_moment_costs_no_mail_and_repeats_none(
    at: int, committed: bool, either_way: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned("ada", "bela", "chidi")
    monkeypatch.setattr(ledger, "WRITE_EVERY", 0.0)
    relay = FakeRelay()
    with monkeypatch.context() as patch:
        patch.setattr(transitions, "write", Away(at, committed=committed))
        with pytest.raises(OperationalError):
            outbox.deliver(relay)
    # With a journal the statements are for outcomes alone, and the next mail is on its way before.
    taken = min(at + 1, 3) if either_way else at - 1
    assert len(relay.taken) == taken
    assert states() == ["accepted"] * taken + ["pending"] * (3 - taken)
    assert outbox.deliver(relay)["accepted"] == 3 - taken
    assert len({recipient for recipient, _ in relay.taken}) == len(relay.taken) == 3


class Pairs(FakeRelay):
    """Has two mails in flight at once, and might have more; `ada` leaves as soon as both are."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight: dict[int, Mail] = {}

    def capacity(self) -> int:
        return 2 - len(self.in_flight) if self.in_flight else 4

    def offer(self, mail: Mail) -> None:
        self.in_flight[mail.key] = mail
        if not self.capacity():
            Subscriber.objects.filter(email__startswith="ada").update(state="unsubscribed", left_at=NOW)
            self._events = [Ready(key) for key in self.in_flight]

    def finish(self, key: int) -> None:
        self._mail = self.in_flight.pop(key)
        super().finish(key)

    def abort(self, key: int) -> None:
        del self.in_flight[key]


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_over_a_refused_hand_over_leaves_no_other_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned("ada", "bela")
    relay = Pairs()
    monkeypatch.setattr(ledger, "FRESH", 0.0)
    away = Mock(side_effect=OperationalError("the server closed the connection"))
    monkeypatch.setattr(outcomes, "after_denial", away)
    with pytest.raises(OperationalError):
        outbox.deliver(relay)
    assert [recipient for recipient, _ in relay.taken] == ["bela@readers.example"]
    assert states() == ["pending", "accepted"]


class Tardy(FakeRelay):
    """Has room for another mail, and takes so long that the lease of its first one has run out."""

    def capacity(self) -> int:
        return int(not self.taken)

    def offer(self, mail: Mail) -> None:
        if not self.taken:
            Delivery.objects.update(leased_until=NOW)
            outbox.reclaim_expired(timezone.now())
        super().offer(mail)


def test_a_worker_that_claims_a_mail_again_which_is_still_in_flight_sends_it_once() -> None:
    planned("ada")
    relay = Tardy()
    assert outbox.deliver(relay) == {"accepted": 1}
    assert (len(relay.taken), states()) == (1, ["accepted"])


def test_stopping_gives_back_what_was_not_begun() -> None:
    planned("ada", "bela", "chidi")
    relay = FakeRelay()
    outbox.deliver(relay, stopped=lambda: bool(relay.taken))
    assert sorted(states()) == ["accepted", "pending", "pending"]


def test_a_local_mailbox_on_a_full_disk_holds_everything_until_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned("ada", "bela")
    full = Mock(side_effect=OSError(errno.ENOSPC, "No space left on device"))
    with monkeypatch.context() as patch:
        patch.setattr(local_mailbox, "store", full)
        assert outbox.deliver(LocalMailbox())["deferred"] == 2
    assert full.call_count == 1
    assert all("No space left on device" in row.reason for row in Delivery.objects.all())
    Delivery.objects.update(not_before=timezone.now())
    assert outbox.deliver(LocalMailbox()) == {"accepted": 2}


def test_a_reserved_domain_is_never_handed_to_a_relay_elsewhere() -> None:
    planned("ada")
    relay = FakeRelay()
    relay.local = False
    outbox.deliver(relay)
    assert relay.taken == []
    assert states() == ["skipped"]


def test_what_a_run_leaves_in_memory_may_be_collected_again() -> None:
    planned("ada")
    outbox.deliver(FakeRelay())
    assert gc.get_freeze_count() == 0


def test_letters_go_before_digests() -> None:
    planned("ada", "bela")
    bela = Subscriber.objects.get(email="bela@readers.example")
    Delivery.objects.post(bela, "known", timezone.now())
    (first,) = outbox.claim(1, "me", timezone.now())
    assert first.kind == "known"


def test_the_message_is_the_same_at_every_attempt_but_for_its_date() -> None:
    (delivery,) = planned("ada")
    first, second = (composer.Composer().message(delivery)[0] for _ in range(2))
    ids = {message_from_bytes(raw, policy=policy.default)["Message-ID"] for raw in (first, second)}
    assert len(ids) == 1


def test_a_digest_has_the_papers_the_reasons_and_the_links() -> None:
    (delivery,) = planned("ada")
    raw, sender = composer.Composer().message(delivery)
    message = message_from_bytes(raw, policy=policy.default)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    token_url = signed_links.url("unsubscribe", delivery.subscriber)
    for part in (text.get_content(), html.get_content()):
        assert Paper.objects.get().url in part
        assert token_url in part
        assert signed_links.url("preferences", delivery.subscriber) in part
    assert "title has “agents”" in text.get_content()
    assert f"List-Unsubscribe: <{token_url}>".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert sender == "digest@localhost"


def test_bounces_come_back_to_an_address_that_names_the_delivery(settings: object) -> None:
    (delivery,) = planned("ada")
    settings.BOUNCE_ADDRESS = "bounce@digest.example.org"  # type: ignore[attr-defined]
    _, sender = composer.Composer().message(delivery)
    local, _, domain = sender.partition("@")
    assert local.startswith("bounce+")
    assert len(local) <= 64
    assert domain == "digest.example.org"
    assert composer.Composer().message(delivery)[1] == sender
