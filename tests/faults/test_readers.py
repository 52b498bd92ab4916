"""Readers who leave during the run, and papers that mean harm."""

import email
import email.policy
import time
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client

from digest.models import Edition, Paper, Selection
from subscriptions.accounts import data_rights
from subscriptions.lib import signed_links
from subscriptions.lib.selection_rows import kept
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.outbox.ledger import FRESH
from tests.faults.accounts import settle
from tests.faults.conftest import Note
from tests.faults.scene import WORDS, Scene, address
from tests.faults.sink import Mail

pytestmark = pytest.mark.services

READERS = 30
BEGUN_OR_SENT = {"handing", "accepted", "unknown"}


@pytest.mark.parametrize(
    ("readers", "leaving"), [(120, 12), pytest.param(2000, 200, marks=pytest.mark.faults)]
)
def test_who_leaves_during_the_run_gets_no_mail_after_that(
    scene: Scene, note: Note, readers: int, leaving: int
) -> None:
    scene.readers(readers)
    scene.edition()
    scene.sink.pause = 0.2
    sender = scene.sender("--wait")
    scene.sink.wait_for(1)
    digests = Delivery.objects.filter(kind=Delivery.DIGEST)
    left: dict[str, float] = {}
    begun = set()
    # In turn one whose mail waits, and one whose mail is of the batch that goes out, if there is any.
    for number in range(leaving):
        waiting = (number % 2 and _in("handing")) or _in("pending")
        reader = Subscriber.objects.get(pk=max(waiting))
        assert Client().post(f"/u/{signed_links.token('unsubscribe', reader)}/").status_code == 200
        left[reader.email] = time.time()
        if digests.filter(subscriber=reader, state__in=BEGUN_OR_SENT).exists():
            begun.add(reader.email)
    assert sender.process.wait(300) == 0, sender.output
    late = [mail for mail in digests_of(left, scene) if mail.taken > left[mail.recipient]]
    assert {mail.recipient for mail in late} <= begun
    assert all(
        mail.begun - left[mail.recipient] < FRESH + 0.5 for mail in late
    )  # a batch is half a second of mail
    assert 0 < len(begun) < len(left) == leaving
    Subscriber.objects.filter(email__in=left).update(left_at=None)  # too long ago to be undone
    Delivery.objects.filter(state="deferred").update(not_before=scene.now)
    scene.send_the_next_day()
    assert not [mail for mail in digests_of(left, scene) if mail.begun > left[mail.recipient] + FRESH + 0.5]
    note(
        "unsubscribe during the run",
        left=leaving,
        **{"of these begun": len(begun), "mails after": len(late)},
        **settle(scene, without=left).figures(),
    )


def test_who_is_erased_while_others_are_planned_takes_nobodys_papers_along(scene: Scene) -> None:
    scene.readers(1)
    scene.edition()
    scene.send()
    selection = Delivery.objects.get().selection_id
    assert selection is not None

    def erase() -> None:
        data_rights.erase(Subscriber.objects.get(email=address(0)))
        connection.close()

    same = FilterSet.objects.obtain((), WORDS[:1])
    other = Subscriber.objects.create(email=address(1), email_key=address(1), filter_set=same)
    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            assert kept([selection]) == {selection}
            erased = pool.submit(erase)
            time.sleep(0.5)  # it waits for us, or will
            Delivery.objects.create(
                subscriber=other, due_at=scene.now, selection_id=selection, not_before=scene.now
            )
        erased.result(30)
    assert [d.selection for d in Delivery.objects.all()] == [Selection.objects.get(pk=selection)]


def digests_of(readers: Container[str], scene: Scene) -> list[Mail]:
    """Not the letter that says goodbye."""
    return [mail for mail in scene.sink.mails if mail.delivery and mail.recipient in readers]


def _in(state: str) -> list[int]:
    """Readers who have not left, and whose mail is in `state` now."""
    mails = Delivery.objects.filter(state=state, subscriber__state=Subscriber.State.ACTIVE)
    return list(mails.values_list("subscriber_id", flat=True))


POISON = (
    "<script>alert(1)</script> agents",
    "{{7*7}} {% raise %} ${7*7} %(to)b %s agents",
    "\u202egnihton si eveileb\u2066 agents",
    "lone surrogate \ud800 agents",
    "nul \x00 and bell \x07 agents",
    "agents\r\nBcc: everybody@readers.example\r\n\r\nA body",
    "agents\n.\nMAIL FROM:<x@readers.example>",
    "agents " + "x" * 1_000_000,
    "agents " + "\u0301" * 5000,
    "=?utf-8?q?agents?= agents",
    '"><img src=x onerror=alert(1)> agents',
    "agents and fireworks " + "🧨" * 300,
)
QUARANTINED = ["its title is damaged (it holds half a character)"]


def test_hostile_papers_hold_up_no_mail(scene: Scene, note: Note) -> None:
    scene.sink.keep_content = True
    scene.readers(READERS)
    titles = [title.replace("agents", WORDS[n % len(WORDS)]) for n, title in enumerate(POISON)]
    scene.edition(papers=3, titles=titles)
    stored = set(Paper.objects.values_list("url", flat=True))
    listed = set().union(*scene.due.values())
    assert [refused["why"] for refused in Edition.objects.get().rejected] == QUARANTINED
    scene.due.update({reader: papers & stored for reader, papers in scene.due.items()})
    scene.send()
    assert {mail.recipient for mail in scene.sink.mails} == {address(number) for number in range(READERS)}
    for mail in scene.sink.mails:
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        assert not message.defects
        assert message["To"] == mail.recipient
        assert message["Bcc"] is None
        html = message.get_body(("html",))
        assert html is not None
        assert "<script" not in html.get_content()
        assert "<img src=x" not in html.get_content()
    scene.send_the_next_day()
    note("poison papers", hostile=len(POISON), quarantined=len(listed - stored), **settle(scene).figures())
