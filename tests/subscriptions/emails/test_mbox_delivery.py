"""What a mail server writes into an mbox file still bears the signature that it left with."""

import mailbox
import smtplib
import time

import pytest

from digest.compose import Sender, compose_digest, prepare
from digest.compose.content import DigestContent, Section
from digest.compose.paper.samples import DAY, item, paper
from digest.compose.samples import BRAND, READER
from subscriptions.relay.signing import signatures
from tests.services import mail_servers
from tests.services.mail_servers import MailServer
from tests.services.waiting import wait_until
from tests.subscriptions.emails.composed import COMPOSED
from tests.subscriptions.relay.signing.keys import KEYS
from tests.subscriptions.relay.signing.test_signatures import holds

SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", list_name="Paper Digest")
QUOTED = b"Subject: Hello\r\nFrom: digest@example.org\r\n\r\nA line is quoted:\r\nFrom here on.\r\n"


def signed(mail: bytes) -> bytes:
    return signatures(mail, KEYS, int(time.time())) + mail


def delivered(server: MailServer, mails: dict[str, bytes]) -> dict[str, bytes]:
    """Each mail as Python's `mailbox` reads it from the mbox, by the name that it had."""
    with smtplib.SMTP("127.0.0.1", server.port, timeout=20) as client:
        for name, mail in mails.items():
            client.sendmail("digest@example.org", f"{name}@mbox.example", mail)
    wait_until(lambda: len(server.recipients()) >= len(mails), 60, what="all mails are delivered")
    arrived = mailbox.mbox(server.mbox, create=False)
    found = {
        arrived[key]["Delivered-To"].partition("@")[0]: arrived.get_bytes(key) for key in arrived.iterkeys()
    }
    assert len(arrived) == len(mails)
    arrived.close()
    return found


def from_at_every_wrap_point() -> dict[str, bytes]:
    """Digests in which “From ” begins a line wherever a mail breaks an abstract; titles begin so too."""
    composed = {}
    for before in range(56, 80):
        abstract = f"{'x' * before} From here to there. From the start, a model reads. From it we learn."
        items = (item(paper(before, "From Words to Actions", abstract), "model"),)
        content = DigestContent(DAY, 1, 0, sections=(Section("Agents", "#c2571a", items),))
        composed[f"from-{before}"] = prepare(compose_digest(content, BRAND), SENDER).message(READER)
    return composed


@pytest.mark.faults
def test_every_signature_holds_for_mails_that_postfix_delivers_into_an_mbox(
    postfix: None,
) -> None:
    mails = {name: prepare(letter, SENDER).message(READER) for name, letter in COMPOSED.items()}
    separators = from_at_every_wrap_point()
    assert all(b"\n=46rom " in mail for mail in separators.values())
    sent = {name: signed(mail) for name, mail in (mails | separators | {"quoted": QUOTED}).items()}
    with mail_servers.postfix() as server:
        arrived = delivered(server, sent)
    assert arrived.keys() == sent.keys()
    assert b"\n>From here" in arrived["quoted"]  # so it does quote
    assert [name for name, mail in arrived.items() if holds(mail) != [True, True]] == ["quoted"]
