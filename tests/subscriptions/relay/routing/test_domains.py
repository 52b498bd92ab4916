"""When a recipients' domain may have its next mails, and which replies are about it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.outbox.circuit_breaker import RETRY_AFTER
from subscriptions.relay.routing import domains
from subscriptions.relay.routing.domains import Judge, admit, fresh

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
BUSY = "RCPT TO rejected: 421 4.7.0 Try again later"
SLOW_DOWN = "RCPT TO rejected: 450 4.7.28 unusual rate of mail"


def judge(*accepted: str) -> Judge:
    known = Judge()
    for domain in accepted:
        known.accept(domain, 0.0)
    return known


@given(
    st.sampled_from([0.05, 1.0, 4.0]), st.lists(st.tuples(st.integers(1, 50), st.floats(0, 300)), max_size=40)
)
def test_no_more_mails_are_sent_than_the_rate_allows_in_any_span(
    rate: float, claims: list[tuple[int, float]]
) -> None:
    pace, now = fresh(NOON, rate), NOON
    sent: list[tuple[datetime, int]] = []
    for mails, seconds in claims:
        admitted = admit(pace, rate, mails, now)
        pace = admitted.pace
        assert admitted.now + len(admitted.later) == mails
        assert all(moment > now for moment in admitted.later)
        sent.append((now, admitted.now))
        now += timedelta(seconds=seconds)
    for first, (begin, _) in enumerate(sent):
        for last in range(first, len(sent)):
            seconds = (sent[last][0] - begin).total_seconds()
            number = sum(count for _, count in sent[first : last + 1])
            assert number <= max(1.0, rate * domains.BURST) + seconds * rate + 1e-6


def test_mails_that_wait_for_the_rate_get_moments_one_after_the_other() -> None:
    pace = admit(fresh(NOON, 1.0), 1.0, 60, NOON).pace
    first = admit(pace, 1.0, 3, NOON)
    second = admit(first.pace, 1.0, 2, NOON)
    moments = [*first.later, *second.later]
    assert moments == [NOON + timedelta(seconds=number) for number in (1, 2, 3, 4, 5)]


def test_a_domain_that_refused_waits_longer_each_time_and_is_tried_with_one_mail() -> None:
    pace, now, holds = fresh(NOON, 0), NOON, []
    for _ in range(8):
        pace = domains.refused(pace, now)
        assert pace.held_until is not None
        holds.append((pace.held_until - now).total_seconds() / 60)
        during = admit(pace, 0, 5, now)
        assert (during.now, set(during.later)) == (0, {pace.held_until})
        now = pace.held_until
        assert admit(pace, 0, 5, now).now == 1
    assert holds == [2, 4, 8, 16, 32, 60, 60, 60]
    assert admit(domains.accepted(pace), 0, 5, now).now == 5


def test_a_refusal_of_mail_sent_before_a_hold_does_not_make_it_longer() -> None:
    pace = domains.refused(fresh(NOON, 0), NOON)
    assert domains.refused(pace, NOON + timedelta(seconds=1)) == pace


def test_what_may_be_the_relays_word_to_everybody_holds_a_domain_for_long_enough_to_try_another() -> None:
    pace = domains.suspected(domains.suspected(fresh(NOON, 0), NOON), NOON)
    assert (pace.failures, pace.held_until) == (1, NOON + domains.FIRST_HOLD)
    assert domains.FIRST_HOLD > RETRY_AFTER


def test_a_421_is_about_the_domain_if_the_relay_takes_mail_for_others() -> None:
    assert judge("one.example").about_domain("busy.example", BUSY, 1.0, of_relay=True)


@pytest.mark.parametrize(
    ("accepted", "answer", "at"),
    [
        ((), BUSY, 1.0),  # nobody's mail was accepted: it may be the relay
        (("busy.example",), BUSY, 1.0),
        (("one.example",), BUSY, domains.EVIDENCE + 1),
        (("one.example",), "MAIL FROM rejected: 421 4.7.0 busy", 1.0),
        (("one.example",), "RCPT TO rejected: 450 4.2.1 mailbox busy", 1.0),
        (("one.example",), "RCPT TO rejected: 535 5.7.8 no", 1.0),
    ],
)
def test_other_replies_are_about_the_relay_or_the_reader(
    accepted: tuple[str, ...], answer: str, at: float
) -> None:
    assert not judge(*accepted).about_domain("busy.example", answer, at, of_relay=True)


def test_a_reply_that_names_the_domain_is_about_it_and_quoting_an_address_is_no_naming() -> None:
    named = "RCPT TO rejected: 421 4.7.0 busy.example has enough of your mail"
    quoted = "RCPT TO rejected: 421 4.7.0 <ada@busy.example>: too many connections"
    assert judge().about_domain("busy.example", named, 1.0, of_relay=True)
    assert not judge().about_domain("busy.example", quoted, 1.0, of_relay=True)


def test_if_three_domains_refuse_one_after_the_other_it_is_the_relay() -> None:
    known = judge("one.example")
    told = [known.about_domain(f"{name}.example", BUSY, 1.0, of_relay=True) for name in "abc"]
    assert told == [True, True, False]
    known.accept("one.example", 2.0)
    assert known.about_domain("a.example", BUSY, 3.0, of_relay=True)


def test_single_mails_that_are_told_to_come_later_count_for_the_domain_from_the_third_in_a_row() -> None:
    known = judge("one.example")
    told = [known.about_domain("busy.example", SLOW_DOWN, 1.0, of_relay=False) for _ in range(3)]
    assert told == [False, False, True]


def test_greylisting_is_about_single_readers() -> None:
    known = judge("one.example")
    greylisted = "RCPT TO rejected: 450 4.7.1 <ada@busy.example>: Recipient address rejected: Greylisted"
    assert not any(known.about_domain("busy.example", greylisted, 1.0, of_relay=False) for _ in range(9))
