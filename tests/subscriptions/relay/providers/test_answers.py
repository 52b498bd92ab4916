"""What any answer of a provider means, read without a provider."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.relay import Cause, MessageRefused, Verdict
from subscriptions.relay.providers.answers import Refusal, judged

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
RECIPIENT = "ada@example.org"
_texts = st.one_of(st.text(max_size=80), st.just(f"no such user: {RECIPIENT}"), st.just("unknown recipient"))


@given(st.integers(300, 599), _texts, st.text(max_size=30))
def test_no_negative_answer_is_acceptance_and_only_a_providers_failure_is_in_doubt(
    status: int, text: str, retry_after: str
) -> None:
    outcome, error = judged("Postmark", Refusal(status, text, retry_after), RECIPIENT, NOW)
    assert outcome.verdict != Verdict.ACCEPTED
    assert (outcome.verdict == Verdict.UNKNOWN) == (status >= 500 and status != 503)
    assert error is not None or outcome.verdict == Verdict.REFUSED or status == 413
    if outcome.verdict == Verdict.REFUSED:
        assert RECIPIENT in text
        assert outcome.cause == Cause.DEAD
    assert outcome.retry_after is None or timedelta(0) < outcome.retry_after <= timedelta(hours=6)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("Mon, 30 Nov 2026 09:02:00 GMT", 120),
        ("Mon, 30 Nov 2026 08:00:00 GMT", None),
        ("99999999999999999999", 6 * 3600),
        ("soon", None),
        ("", None),
        ("0", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: int | None) -> None:
    outcome, _ = judged("Mailgun", Refusal(429, "", text), RECIPIENT, NOW)
    assert outcome.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_a_bad_mail_stops_nothing_a_bad_key_stops_everything() -> None:
    _, of_mail = judged("Mailgun", Refusal(400, "bad header"), RECIPIENT, NOW)
    _, of_key = judged("Mailgun", Refusal(401, "Forbidden"), RECIPIENT, NOW)
    assert isinstance(of_mail, MessageRefused)
    assert of_key is not None
    assert not isinstance(of_key, MessageRefused)
    assert (
        str(of_key) == "Mailgun does not accept the key in EMAIL_URL, or not for this sender: 401 Forbidden"
    )
