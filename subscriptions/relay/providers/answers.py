"""What each answer of a provider means for a delivery, and for those behind it. Pure.

Only an answer that says so by its status means that the provider does not have the mail. Without one, or
where the provider itself failed (500, 502, 504), it may have it, and the mail is in doubt.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from subscriptions.relay.causes import Cause, cause_of
from subscriptions.relay.reply_codes import MessageRefused, Outcome, RelayUnavailable, Verdict

_LONGEST_WAIT = timedelta(hours=6)
AFTER_DOUBT = timedelta(minutes=5)  # so few mails are in doubt while a provider is down
Judged = tuple[Outcome, RelayUnavailable | None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A negative answer: its HTTP status, its text, and the header Retry-After."""

    status: int
    text: str
    retry_after: str = ""


def judged(provider: str, refusal: Refusal, recipient: str, now: datetime) -> Judged:
    """What a negative answer means; the error is about us or the provider, not about the recipient."""
    status, said = refusal.status, f"{refusal.status} {' '.join(refusal.text.split())}"[:400]
    if status in {401, 403}:
        return _stopped(f"{provider} does not accept the key in EMAIL_URL, or not for this sender: {said}")
    if status == 402:
        return _stopped(f"{provider} wants to be paid: {said}")
    if status < 400 or status in {404, 405}:
        return _stopped(f"{provider} does not know the address or domain in EMAIL_URL: {said}")
    if status == 429:
        wait = _wait(refusal.retry_after, now)
        return _stopped(f"{provider} takes no more mail for now: {said}", wait)
    if status == 503:
        return _stopped(f"{provider} is out of service: {said}", _wait(refusal.retry_after, now))
    if status >= 500:
        return in_doubt(provider, f"failed: {said}")
    return _about_the_message(provider, refusal, said, recipient)


def _about_the_message(provider: str, refusal: Refusal, said: str, recipient: str) -> Judged:
    """4xx: about the recipient only if it names the mailbox."""
    answer = f"{provider}: {said}"
    if refusal.status == 413:
        return Outcome(Verdict.DEFERRED, answer, Cause.MESSAGE), None
    if recipient.lower() in refusal.text.lower() and cause_of(550, refusal.text) == Cause.DEAD:
        return Outcome(Verdict.REFUSED, answer, Cause.DEAD), None
    return Outcome(Verdict.DEFERRED, answer), MessageRefused(answer)


def unreachable(provider: str, why: str) -> Judged:
    """The call never began: nothing of the mail was sent."""
    return _stopped(f"cannot connect to {provider}: {why}")


def in_doubt(provider: str, why: str) -> Judged:
    """The provider may have the mail: it is never given again."""
    text = f"{provider} {why}"[:500]
    return Outcome(Verdict.UNKNOWN, text, retry_after=AFTER_DOUBT), RelayUnavailable(text)


def _stopped(text: str, wait: timedelta | None = None) -> Judged:
    text = text[:500]
    return Outcome(Verdict.DEFERRED, text, retry_after=wait), RelayUnavailable(text)


def _wait(text: str, now: datetime) -> timedelta | None:
    """What Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); None if it cannot be read."""
    if text.isdecimal():
        wait = timedelta(seconds=min(int(text), int(_LONGEST_WAIT.total_seconds())))
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        wait = min((until if until.tzinfo else until.replace(tzinfo=UTC)) - now, _LONGEST_WAIT)
    return wait if wait > timedelta(0) else None
