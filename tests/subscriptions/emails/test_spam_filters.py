"""What a spam filter holds of the mails: nothing."""

from pathlib import Path

import pytest

from digest.compose import Sender, prepare
from digest.compose.samples import READER
from tests.services.spamassassin import scores
from tests.subscriptions.emails.composed import COMPOSED

SENDER = Sender(
    "Paper Digest <digest@digest.example.org>",
    list_id="digest.digest.example.org",
    feedback_id="digest:paper-digest",
)
MOST = 0.1  # 5 is what SpamAssassin calls spam


@pytest.mark.faults
@pytest.mark.usefixtures("spamassassin")
def test_no_letter_and_no_digest_looks_like_spam_to_spamassassin(tmp_path: Path) -> None:
    mails = {name: prepare(letter, SENDER).message(READER) for name, letter in COMPOSED.items()}
    judged = scores(mails, tmp_path)
    assert judged.keys() == mails.keys()
    assert {name: found for name, found in judged.items() if found[0] > MOST} == {}
