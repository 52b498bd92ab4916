"""One account at a provider: each call hands over one mail, and always has an outcome."""

import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError
from django.utils.module_loading import import_string

from subscriptions.relay.causes import Cause
from subscriptions.relay.interface import Completed, Mail
from subscriptions.relay.providers.answers import Judged, in_doubt, judged, unreachable
from subscriptions.relay.providers.catalogue import Provider
from subscriptions.relay.providers.message import FinishedMessage
from subscriptions.relay.providers.responses import never_sent, refusal_of, status_of
from subscriptions.relay.reply_codes import MessageRefused, Outcome, Verdict

_REPEATS = 2  # of a call without an answer, where the provider takes an idempotency key
_TAKEN = {"sent", "queued"}
_NOT_TAKEN = {"rejected", "invalid"}  # the provider names this recipient


class Account:
    """An account at `provider`; `options` are the arguments of its backend. For one thread."""

    def __init__(self, provider: Provider, options: Mapping[str, Any]) -> None:
        self._provider = provider
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # anymail tests SendGrid no more, and says so at each start
            self._backend = import_string(provider.backend)(**options)
        self._backend.open()
        if session := getattr(self._backend, "session", None):
            session.max_redirects = 0  # a call that is led elsewhere would be made twice

    def close(self) -> None:
        self._backend.close()

    def hand_over(self, mail: Mail) -> Completed:
        """Give this mail to the provider, once; again, without an answer, only with an idempotency key."""
        message = FinishedMessage(mail, self._provider)
        try:
            payload = self._backend.build_message_payload(message, {})
        except AnymailError as error:
            text = f"{self._provider.title} cannot be given this mail: {_words(error)}"[:500]
            return Completed(mail.key, Outcome(Verdict.DEFERRED, text), MessageRefused(text))
        if header := self._provider.idempotency:
            payload.headers[header] = blake2b(mail.content, digest_size=24, person=b"mail").hexdigest()
        judgement = self._call(payload, message, mail.recipient)
        for _ in range(_REPEATS if header else 0):
            if judgement[0].verdict == Verdict.UNKNOWN:
                judgement = self._call(payload, message, mail.recipient)
        return Completed(mail.key, *judgement)

    def _call(self, payload: Any, message: FinishedMessage, recipient: str) -> Judged:
        title = self._provider.title
        try:
            response = self._backend.post_to_esp(payload, message)
        except AnymailAPIError as error:
            return self._failed(error, recipient)
        try:
            statuses = self._backend.parse_recipient_status(response, payload, message)
            status = next(iter(statuses.values()))
        except (AnymailError, StopIteration) as error:
            if status_of(response) >= 400:
                return self._judged(response, recipient)
            return in_doubt(title, f"gave an answer that cannot be read: {_words(error)}")
        if status.status in _TAKEN:
            taken = f"{title} took it as {status.message_id}"[:500]
            return Outcome(Verdict.ACCEPTED, taken, provider_id=str(status.message_id)), None
        if status.status in _NOT_TAKEN:
            answer = f"{title}: {refusal_of(response).text or status.status}"[:500]
            return Outcome(Verdict.REFUSED, answer, Cause.DEAD), None
        if status_of(response) >= 400:
            return self._judged(response, recipient)
        return in_doubt(title, f"does not say what became of it: {status.status}")

    def _failed(self, error: AnymailAPIError, recipient: str) -> Judged:
        """What an error of a call means: an answer, no connection, or no answer."""
        cause = error.__cause__
        response = getattr(cause, "response", None) if error.response is None else error.response
        if response is not None:
            return self._judged(response, recipient)
        if never_sent(cause):
            return unreachable(self._provider.title, str(cause)[:300])
        return in_doubt(self._provider.title, f"did not answer: {cause or _words(error)}")

    def _judged(self, response: Any, recipient: str) -> Judged:
        return judged(self._provider.title, refusal_of(response), recipient, datetime.now(UTC))


def _words(error: Exception) -> str:
    """What an error of anymail's says by itself, without the answer that it quotes."""
    return " ".join(map(str, error.args))[:300] or type(error).__name__
