"""How mail is divided among relays: never more than a limit, always by the shares, and who failed is left."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from subscriptions.relay.routing import budget
from subscriptions.relay.routing.budget import Account, Budget, grant
from subscriptions.relay.routing.forecast import done_at
from subscriptions.relay.routing.limits import WARM_UP_STEPS, Limits, daily, step_after

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
FRESH = Budget(day=NOON.date(), refilled_at=NOON)

limits = st.builds(
    Limits,
    rate=st.sampled_from([0.0, 0.5, 3.0]),
    per_day=st.sampled_from([0, 1, 7, 40]),
    share=st.integers(1, 4),
    failover=st.integers(0, 1),
    warm_up=st.sampled_from([0, 5]),
)


def accounts(*given_limits: Limits) -> dict[str, Account]:
    return {f"relay{number}": Account(one, FRESH) for number, one in enumerate(given_limits)}


def after(known: dict[str, Account], budgets: object) -> dict[str, Account]:
    return {name: Account(one.limits, budgets[name]) for name, one in known.items()}  # type: ignore[index]


@given(
    st.lists(limits, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 50), st.floats(0, 40_000)), max_size=30),
)
def test_no_relay_is_ever_given_more_than_its_day_and_its_rate_allow(
    given_limits: list[Limits], asked: list[tuple[int, float]]
) -> None:
    known, now = accounts(*given_limits), NOON
    given_on: Counter[tuple[str, object]] = Counter()
    for mails, seconds in asked:
        granted = grant(known, mails, now)
        assert sum(granted.mails.values()) <= mails
        for name, number in granted.mails.items():
            given_on[name, now.date()] += number
            one = granted.budgets[name]
            allowed = daily(known[name].limits, one.steps)
            assert allowed is None or given_on[name, now.date()] <= allowed
            assert number <= max(1.0, known[name].limits.rate) or not known[name].limits.rate
        if not granted.mails:
            assert granted.wait > 0 or (granted.until is not None and granted.until > now)
        known = after(known, granted.budgets)
        now += timedelta(seconds=seconds)


@given(
    st.lists(st.integers(1, 5), min_size=2, max_size=4),
    st.lists(st.integers(1, 50), min_size=20, max_size=40),
)
def test_relays_get_mail_by_their_shares_however_it_is_asked_for(shares: list[int], asked: list[int]) -> None:
    known = accounts(*(Limits(share=share) for share in shares))
    total: Counter[str] = Counter()
    for mails in asked:
        granted = grant(known, mails, NOON)
        total.update(granted.mails)
        known = after(known, granted.budgets)
    for number, share in enumerate(shares):
        due = sum(asked) * share / sum(shares)
        assert abs(total[f"relay{number}"] - due) <= share + len(shares)


def test_a_relay_of_a_higher_failover_gets_mail_only_while_the_first_takes_none() -> None:
    known = accounts(Limits(per_day=10), Limits(failover=1))
    first = grant(known, 50, NOON)
    assert first.mails == {"relay0": 10}
    assert grant(after(known, first.budgets), 50, NOON).mails == {"relay1": 50}
    failed = known | {"relay0": Account(Limits(), budget.failed(FRESH, NOON))}
    assert grant(failed, 50, NOON).mails == {"relay1": 50}
    later = grant(failed, 50, NOON + budget.FIRST_HOLD)
    assert later.mails == {"relay0": 1}  # one mail tries it


def test_a_relay_that_waits_for_its_rate_is_no_reason_for_failover() -> None:
    known = accounts(Limits(rate=1), Limits(failover=1))
    first = grant(known, 50, NOON)
    assert first.mails == {"relay0": 1}
    second = grant(after(known, first.budgets), 50, NOON)
    assert (second.mails, second.wait) == ({}, 1.0)


def test_a_relay_that_fails_again_and_again_is_left_for_longer_while_another_carries_the_mail() -> None:
    bad, now = FRESH, NOON
    holds = []
    for _ in range(6):
        bad = budget.failed(bad, now)
        assert bad.held_until is not None
        holds.append((bad.held_until - now).total_seconds() / 60)
        now = bad.held_until
    assert holds == [1, 2, 4, 8, 15, 15]
    assert budget.failed(budget.recovered(bad), now).held_until == now + budget.FIRST_HOLD


def test_if_all_relays_fail_each_is_tried_again_after_a_minute() -> None:
    bad = FRESH
    for _ in range(6):
        bad = budget.failed(bad, NOON)
    known = {"a": Account(Limits(), bad), "b": Account(Limits(), bad)}
    nothing = grant(known, 5, NOON)
    assert (nothing.mails, nothing.until) == ({}, NOON + budget.FIRST_HOLD)
    assert grant(known, 5, NOON + budget.FIRST_HOLD).mails == {"a": 1, "b": 1}


def test_a_relay_that_was_away_does_not_get_all_mail_afterwards() -> None:
    known = accounts(Limits(), Limits())
    known["relay0"] = Account(Limits(), budget.failed(FRESH, NOON))
    for _ in range(100):
        known = after(known, grant(known, 50, NOON).budgets)
    known["relay0"] = Account(Limits(), budget.recovered(known["relay0"].budget))
    back = grant(known, 50, NOON + budget.FIRST_HOLD)
    assert 25 <= back.mails["relay0"] <= 30


def test_with_every_quota_used_mail_waits_until_midnight_utc() -> None:
    known = accounts(Limits(per_day=3), Limits(per_day=4, failover=1))
    for _ in range(2):
        known = after(known, grant(known, 50, NOON).budgets)
    nothing = grant(known, 50, NOON)
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    assert (nothing.mails, nothing.until) == ({}, midnight)
    assert grant(after(known, nothing.budgets), 50, midnight).mails == {"relay0": 3}


def test_what_is_given_back_may_be_given_again_on_the_same_day_only() -> None:
    used = Budget(day=NOON.date(), refilled_at=NOON, used=5)
    assert budget.given_back(used, 2, NOON.date()).used == 3
    assert budget.given_back(used, 2, NOON.date() - timedelta(days=1)).used == 5


def test_a_warm_up_doubles_each_day_that_was_made_use_of_and_ends() -> None:
    new = Limits(warm_up=50, per_day=1_000)
    assert [daily(new, step) for step in range(6)] == [50, 100, 200, 400, 800, 1_000]
    assert daily(Limits(warm_up=50), WARM_UP_STEPS) is None
    assert (step_after(new, 0, 24), step_after(new, 0, 25), step_after(new, 1, 25)) == (0, 1, 1)


@given(st.integers(0, 3_000), st.lists(limits, min_size=1, max_size=3))
def test_mail_has_left_when_the_forecast_says_and_not_before(
    waiting: int, given_limits: list[Limits]
) -> None:
    """Play the days: what the budgets grant, as often as they grant anything, is what was foretold."""
    given_limits = [Limits(per_day=max(one.per_day, 1), warm_up=one.warm_up) for one in given_limits]
    known, now, left = accounts(*given_limits), NOON, waiting
    while left:
        granted = grant(known, left, now)
        left -= sum(granted.mails.values())
        known = after(known, granted.budgets)
        if left and granted.until:
            now = granted.until
        if (now - NOON).days > 300:
            return
    assert done_at(waiting, accounts(*given_limits).values(), NOON) == now


def test_the_forecast_counts_the_rate_and_knows_when_nothing_limits() -> None:
    assert done_at(1_200, accounts(Limits(per_day=500)).values(), NOON) == datetime(2026, 12, 2, tzinfo=UTC)
    assert done_at(7_200, accounts(Limits(rate=2)).values(), NOON) == NOON + timedelta(hours=1)
    assert done_at(10**6, accounts(Limits(per_day=5), Limits()).values(), NOON) is None
    assert done_at(150, accounts(Limits(warm_up=50)).values(), NOON) == datetime(2026, 12, 1, tzinfo=UTC)
