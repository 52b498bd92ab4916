"""Relays that reset connections, reject mails, go down and do not reply."""

import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from subscriptions import outbox
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import planner
from subscriptions.relay import Event, Mail, SmtpRelay
from tests.faults.accounts import settle
from tests.faults.conftest import Note
from tests.faults.scene import CONNECTIONS, Scene, address, backoffs_end, states
from tests.faults.sink import Act, Script, Sink, Stage

pytestmark = pytest.mark.services

READERS = 40


def answering(answers: dict[tuple[Stage, str], str | Act]) -> Script:
    """A script that answers like this at these stages to these readers, and as usual otherwise."""
    return lambda stage, reader: answers.get((stage, reader))


def readers_in(state: str) -> set[str]:
    return {address(int(number)) for number, found in states().items() if found == state}


def test_a_mail_accepted_without_a_reply_is_unknown_and_not_retried(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    unanswered = {address(3), address(17)}
    scene.sink.script = answering({(Stage.END, reader): Act.TAKE_WITHOUT_REPLY for reader in unanswered})
    scene.send()
    assert readers_in("unknown") == unanswered
    backoffs_end()
    scene.send()
    assert len(scene.sink.mails) == READERS
    scene.send_the_next_day()
    note("no reply after acceptance", unanswered=2, **settle(scene, unknown=2).figures())


def test_a_reset_before_end_of_data_is_retried_and_one_mail_comes(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    certain = {(Stage.DATA, address(17)), (Stage.RCPT, address(30))}
    # Within the message: if end of data has left this machine by then, nobody can tell where it got to.
    reset = {*certain, (Stage.BODY, address(3))}
    scene.sink.script = answering(dict.fromkeys(reset, Act.RESET))
    scene.send()
    unknown = len(readers_in("unknown"))
    assert readers_in("deferred") >= {reader for _, reader in certain}
    assert readers_in("deferred") | readers_in("unknown") == {reader for _, reader in reset}
    scene.sink.script = None
    backoffs_end()
    scene.send()
    assert len(scene.sink.mails) == READERS - unknown
    scene.send_the_next_day()
    note("reset before end of data", resets=len(reset), **settle(scene, unknown=1).figures())


def test_answers_about_one_reader_or_mail_concern_nobody_else(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    later = {
        (Stage.RCPT, address(2)): "450 4.2.1 Mailbox busy",
        (Stage.RCPT, address(9)): "451 4.7.1 Greylisted",
        (Stage.END, address(15)): "452 4.3.1 No room",
        (Stage.END, address(22)): "554 5.7.1 Content refused",
    }
    dead, unclear = (Stage.RCPT, address(5)), (Stage.RCPT, address(30))
    refused = {dead: "550 5.1.1 No such user", unclear: "550 Unknown"}
    scene.sink.script = answering({**later, **refused})
    scene.send()
    assert readers_in("deferred") == {reader for _, reader in later}
    assert readers_in("refused") == {address(5), address(30)}
    assert len(scene.sink.mails) == READERS - len(later) - len(refused)
    scene.sink.script = answering(dict(refused))
    backoffs_end()
    scene.send()
    assert len(scene.sink.mails) == READERS - len(refused)
    assert list(Subscriber.objects.filter(state="refused").values_list("email", flat=True)) == [address(5)]
    scene.send_the_next_day()
    found = settle(scene, without={address(5)})  # the other has the papers of both days
    note("450, 451, 452, 550, 5.7.1", answers=len(later) + len(refused), **found.figures())


REFUSALS = {
    Stage.CONNECT: "421 4.3.2 Going down",
    Stage.MAIL: "530 5.7.0 Authentication required",
    Stage.RCPT: "554 5.7.1 Relay access denied",
    Stage.END: "421 4.7.0 Too much from you",
}


def test_a_relay_that_refuses_us_gets_nothing_and_costs_no_reader(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    for at, refusal in REFUSALS.items():
        scene.sink.script = lambda stage, _, at=at, refusal=refusal: refusal if stage == at else None
        scene.send()
        assert not scene.sink.mails
        assert not Delivery.objects.exclude(state__in=["pending", "deferred"]).exists()
        backoffs_end()
    assert not Subscriber.objects.exclude(state="active").exists()
    scene.sink.script = None
    scene.send()
    assert len(scene.sink.mails) == READERS
    scene.send_the_next_day()
    note("421, 530, 5.7.x to everybody", refusals=len(REFUSALS), **settle(scene).figures())


def test_a_relay_that_goes_down_between_two_mails_defers_the_others(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    begun = 0

    def leave(stage: Stage, _reader: str) -> Act | None:
        nonlocal begun
        begun += stage == Stage.MAIL
        if begun == READERS // 3 and stage == Stage.MAIL:
            scene.sink.leave()
        return Act.RESET if begun >= READERS // 3 else None

    scene.sink.script = leave
    scene.send()
    came = {mail.recipient for mail in scene.sink.mails}
    assert len(came) < READERS
    assert readers_in("accepted") <= came <= readers_in("accepted") | readers_in("unknown")
    scene.sink.script = None
    scene.sink.come_back()
    backoffs_end()
    scene.send()
    scene.send_the_next_day()
    note("down between two mails", **settle(scene, unknown=CONNECTIONS).figures())


class Slow(SmtpRelay):
    """To a sink that accepts a mail and resets; the next is too late to be pipelined with end of data."""

    def __init__(self, sink: Sink) -> None:
        super().__init__({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": sink.port}, connections=1)
        self._sink = sink
        self._end_received, self._offered = threading.Event(), threading.Event()
        sink.script = self._answer

    def _answer(self, stage: Stage, _reader: str) -> Act | None:
        if stage != Stage.END or self._end_received.is_set():
            return None
        self._end_received.set()
        self._offered.wait(30)
        return Act.TAKE_WITHOUT_REPLY

    def offer(self, mail: Mail) -> None:
        if self._end_received.is_set():
            self._offered.set()
            self._sink.wait_for(1)
            time.sleep(0.2)  # until the reset is here
        super().offer(mail)

    def poll(self, timeout: float = 1.0) -> list[Event]:
        events = super().poll(timeout)
        if self._end_received.is_set():
            backoffs_end()
        return events


def test_a_mail_accepted_before_a_reset_during_the_next_comes_once(scene: Scene, note: Note) -> None:
    scene.readers(2)
    scene.edition()
    planner.plan(scene.now)
    late = Delivery.objects.get(subscriber__email=address(1))
    later = timezone.now() + timedelta(hours=1)
    Delivery.objects.filter(pk=late.pk).update(state="deferred", not_before=later)
    relay = Slow(scene.sink)
    outbox.deliver(relay)
    relay.close()
    assert readers_in("unknown") == {address(0)}
    backoffs_end()
    scene.send()
    assert [mail.recipient for mail in scene.sink.mails] == [address(0), address(1)]
    scene.send_the_next_day()
    note("accepted, then reset during the next mail", **settle(scene, unknown=1).figures())


@pytest.mark.faults
def test_a_relay_that_does_not_reply_is_given_up(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    hanging = {(Stage.RCPT, address(3)): Act.NO_REPLY, (Stage.END, address(17)): Act.NO_REPLY}
    scene.sink.script = answering(dict(hanging))
    scene.send(seconds=600, OUTBOX_LEASE_SECONDS="300")
    assert readers_in("deferred") == {address(3)}
    assert readers_in("unknown") == {address(17)}
    scene.sink.script = None
    backoffs_end()
    scene.send()
    assert len(scene.sink.mails) == READERS - 1
    scene.send_the_next_day()
    note("no reply", unanswered=2, **settle(scene, unknown=1).figures())
