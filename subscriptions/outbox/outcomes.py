"""What becomes of a delivery whose mail was offered to the relay."""

from dataclasses import replace
from datetime import datetime, timedelta

from subscriptions.accounts import unsubscribing
from subscriptions.emails.letters import LETTER_OF
from subscriptions.models import Delivery, Subscriber
from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.transitions import Transition, backoff
from subscriptions.relay import Outcome, Verdict

RETRY_WHILE_PAUSED = timedelta(days=1)
MAX_ATTEMPTS = 36  # five days, by their backoffs: RFC 5321, 4.5.4.1
State = Delivery.State
_STATES = {verdict: State(verdict.value) for verdict in Verdict}


def after_attempt(leased: Leased, outcome: Outcome, now: datetime) -> Transition:
    """The transition for what the relay replied; if deferred, until its backoff ends."""
    email, cause = leased.subscriber.email, outcome.cause
    if outcome.verdict == Verdict.DEFERRED:
        again = tried_again(leased, outcome.answer, now, outcome.retry_after or timedelta())
        return replace(again, email=email, cause=cause)
    state = _STATES[outcome.verdict]
    return Transition(
        leased.pk,
        state,
        outcome.answer,
        attempted=True,
        email=email,
        cause=cause,
        provider_id=outcome.provider_id,
    )


def tried_again(
    leased: Leased, reason: str, now: datetime, not_within: timedelta = timedelta()
) -> Transition:
    """The transition of a mail that is tried again later; after so many attempts it is given up."""
    attempts = leased.attempts + 1
    if attempts >= MAX_ATTEMPTS:
        why = f"given up after {attempts} attempts; the last: {reason}"
        return Transition(leased.pk, State.REFUSED, why, attempted=True)
    wait = max(backoff(attempts), not_within)
    return Transition(leased.pk, State.DEFERRED, reason, now + wait, attempted=True)


def after_denial(leased: Leased, now: datetime) -> Transition:
    """The transition when `handing` was denied: the lease expired, or the reader no longer wants the mail.

    With the lease gone it waits again. Otherwise it is kept while the reader may come back: a pause ends, and
    unsubscribing can be undone; the digest planned then carries this one's papers.
    """
    reader = Subscriber.objects.filter(pk=leased.subscriber.pk).first()
    if reader is not None and reader.state in LETTER_OF[leased.kind].wanted_in:
        return Transition(leased.pk, State.PENDING)
    if leased.kind == Delivery.DIGEST and reader is not None:
        if reader.state == Subscriber.State.PAUSED:
            retry_at = now + RETRY_WHILE_PAUSED
            return Transition(leased.pk, State.DEFERRED, "the reader paused meanwhile", retry_at)
        if reader.left_at is not None and reader.left_at > now - unsubscribing.UNDO:
            retry_at = now + unsubscribing.UNDO
            return Transition(leased.pk, State.DEFERRED, "the reader left meanwhile", retry_at)
    return Transition(leased.pk, State.SKIPPED, "the reader left meanwhile")
