"""What receivers run accepts our signatures: opendkim and rspamd themselves."""

import time
from pathlib import Path

import pytest

from digest.compose import Sender, prepare
from digest.compose.samples import READER
from subscriptions.relay.signing import signatures
from tests.services import dkim_verifiers
from tests.services.dkim_verifiers import Verifier
from tests.subscriptions.emails.composed import COMPOSED
from tests.subscriptions.relay.signing.keys import KEYS, RECORDS, SELECTORS

pytestmark = pytest.mark.faults
SENDER = Sender("Paper Digest <digest@example.org>", list_id="digest.example.org", list_name="Paper Digest")


def assert_judged_rightly(verify: Verifier) -> None:
    """Every letter verifies with both keys; with another body or one more field, with neither."""
    for name, letter in COMPOSED.items():
        mail = prepare(letter, SENDER).message(READER)
        signed = signatures(mail, KEYS, int(time.time())) + mail
        assert verify(signed) == SELECTORS, name
    assert verify(signed.replace(b"\r\n\r\n", b"\r\n\r\nBuy now!\r\n", 1)) == set()
    assert verify(b"Subject: Buy now!\r\n" + signed) == set()


def test_opendkim_verifies_every_letter_and_no_changed_one(opendkim: None, tmp_path: Path) -> None:
    assert_judged_rightly(dkim_verifiers.opendkim(tmp_path, RECORDS))


def test_rspamd_verifies_every_letter_and_no_changed_one(rspamd: None) -> None:
    with dkim_verifiers.rspamd(RECORDS) as verify:
        assert_judged_rightly(verify)
