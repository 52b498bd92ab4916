"""One relay without limits: all passes through, but that a reply may be about the recipient's domain."""

import time
from collections import deque
from collections.abc import Callable

from subscriptions.relay.interface import (
    POLL_TIMEOUT,
    Completed,
    Event,
    Mail,
    Relay,
    Returned,
    Unavailable,
)
from subscriptions.relay.reply_codes import DomainDeferred, DomainSuspected, Verdict
from subscriptions.relay.routing.domains import Judge, domain_of, may_be_about_domain


class SessionsEnded:
    """Replies about a domain that ended sessions: that none is left then is no failure of the relay."""

    def __init__(self) -> None:
        self._replies: deque[str] = deque(maxlen=16)

    def judged(self, judge: Judge, domain: str, event: Completed) -> Completed:
        """The outcome of a mail that was not accepted, with the domain as the reason if it is that."""
        answer = event.outcome.answer
        if judge.about_domain(domain, answer, time.monotonic(), of_relay=event.error is not None):
            self._replies.append(answer.partition("rejected: ")[2])
            return Completed(event.key, event.outcome, DomainDeferred(answer))
        return event

    def explain(self, event: Unavailable) -> bool:
        """Whether the relay is unavailable for no other reason."""
        return any(reply in str(event.error) for reply in self._replies)


def suspected(event: Completed) -> Completed:
    """The outcome with the domain under suspicion, if the answer stops everything and may be about that."""
    if event.error is None or not may_be_about_domain(event.outcome.answer):
        return event
    return Completed(event.key, event.outcome, DomainSuspected(event.outcome.answer))


class SingleRelay:
    """A relay whose replies are judged."""

    def __init__(self, relay: Relay) -> None:
        self.local = relay.local
        self.capacity: Callable[[], int] = relay.capacity
        self.finish: Callable[[int], None] = relay.finish
        self.close: Callable[[], None] = relay.close
        self._relay = relay
        self._judge = Judge()
        self._ended = SessionsEnded()
        self._recipients: dict[int, str] = {}  # of the mails in flight

    @property
    def smtputf8(self) -> bool | None:
        return self._relay.smtputf8

    def offer(self, mail: Mail) -> None:
        self._recipients[mail.key] = mail.recipient
        self._relay.offer(mail)

    def abort(self, key: int) -> None:
        self._recipients.pop(key, None)
        self._relay.abort(key)

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        events: list[Event] = []
        for event in self._relay.poll(timeout):
            if isinstance(event, Completed):
                events.append(self._completed(event))
            elif not isinstance(event, Unavailable):
                if isinstance(event, Returned):
                    del self._recipients[event.key]
                events.append(event)
            elif not self._ended.explain(event):
                events.append(event)
        return events

    def _completed(self, event: Completed) -> Completed:
        domain = domain_of(self._recipients.pop(event.key))
        if event.outcome.verdict == Verdict.ACCEPTED:
            self._judge.accept(domain, time.monotonic())
            return event
        judged = self._ended.judged(self._judge, domain, event)
        return suspected(event) if judged is event else judged
