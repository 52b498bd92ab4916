"""The accounts of a scene: what was prepared, what the relay took, and who has every paper."""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from subscriptions.models import Delivery
from tests.faults.scene import Scene

State = Delivery.State
TERMINAL = (State.ACCEPTED, State.REFUSED, State.UNKNOWN, State.SKIPPED)


@dataclass(frozen=True)
class Accounts:
    """`lost` and `copies` are what must be 0 whatever happened; `unknown` is what a fault may cost.

    `prepared`: deliveries planned; `mails`: what the relay took; `copies`: second mails under one
    Message-ID to one reader; `lost`: (reader, paper) pairs that no mail brought for certain; `repeated`:
    pairs that more than one mail brought for certain; `unasked`: mails and pairs that nobody was due;
    `unannounced`: mails whose row says that they never went; `missing`: mails that never came and whose row
    says that they did.
    """

    prepared: int
    settled: int
    accepted: int
    refused: int
    unknown: int
    skipped: int
    mails: int
    copies: int
    lost: int
    repeated: int
    unasked: int
    unannounced: int
    missing: int
    not_carried: int

    def figures(self) -> dict[str, Any]:
        return {
            "prepared": self.prepared,
            "at the relay": self.mails,
            "lost": self.lost,
            "copies": self.copies + self.repeated,
            "unknown": self.unknown,
        }


def accounts(scene: Scene, without: Container[str] = ()) -> Accounts:
    """The accounts of the digests of `scene`; readers `without` (by address) are owed nothing."""
    digests = Delivery.objects.filter(kind=Delivery.DIGEST)
    rows = {row.pk: row for row in digests.select_related("subscriber")}
    count = Counter(row.state for row in rows.values())
    mails = [mail for mail in scene.sink.mails if mail.delivery]
    state_of = {pk: row.state for pk, row in rows.items()}
    certain = Counter(
        (mail.recipient, paper)
        for mail in mails
        if state_of.get(mail.delivery) == State.ACCEPTED
        for paper in mail.papers
    )
    owed = {(email, paper) for email, papers in scene.due.items() for paper in papers}
    brought = {(mail.recipient, paper) for mail in mails for paper in mail.papers}
    at_the_relay = {mail.delivery for mail in mails}
    went = {pk for pk, state in state_of.items() if state == State.ACCEPTED}
    in_doubt = {pk for pk, state in state_of.items() if state in {State.HANDING, State.UNKNOWN}}
    readers = {pk: row.subscriber.email for pk, row in rows.items()}
    strangers = [mail for mail in mails if readers.get(mail.delivery) != mail.recipient]
    return Accounts(
        prepared=len(rows),
        settled=sum(count[state] for state in TERMINAL),
        accepted=count[State.ACCEPTED],
        refused=count[State.REFUSED],
        unknown=count[State.UNKNOWN],
        skipped=count[State.SKIPPED],
        mails=len(mails),
        copies=len(mails) - len({(mail.message_id, mail.recipient) for mail in mails}),
        lost=sum(pair not in certain for pair in owed if pair[0] not in without),
        repeated=sum(number > 1 for number in certain.values()),
        unasked=len(strangers) + len(brought - owed),
        unannounced=len(at_the_relay - went - in_doubt),
        missing=len(went - at_the_relay),
        not_carried=sum(row.state == State.UNKNOWN and row.carried_by_id is None for row in rows.values()),
    )


def settle(scene: Scene, unknown: int = 0, without: Container[str] = ()) -> Accounts:
    """Settle the accounts after the next digest: nothing lost, nothing twice, at most so many `unknown`."""
    found = accounts(scene, without)
    assert found.prepared == found.settled, found
    assert found.lost == found.copies == found.repeated == 0, found
    assert found.unasked == found.unannounced == found.missing == 0, found
    assert found.unknown <= unknown, found
    assert found.not_carried == 0, found
    return found
