"""Fetching over HTTP from hosts that may be down, slow or hostile.

Only this package knows httpx and tenacity.
"""

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx
import tenacity

from digest.sources.errors import SourceChanged
from digest.sources.http.refusal import words_of
from digest.sources.http.response import TryAgain, check, read_body, without_secrets
from digest.sources.http.ssrf_guard import GuardedNetwork

__all__ = ["DEFAULTS", "NOTHING_KNOWN", "Answer", "FetchSettings", "Timing", "Validators", "fetch"]


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits of a fetch. Times are in seconds."""

    user_agent: str = "paper-digest/0.1 (self-hosted digest of research papers)"
    max_bytes: int = 10_000_000  # after decompression
    max_redirects: int = 5
    total_time: float = 120  # all attempts and the waits between them
    idle_time: float = 15  # one connect, read or write
    attempts: int = 4
    longest_wait: float = 30  # between two attempts; who asks for more is left alone
    allow_loopback: bool = False  # for an address that the operator typed


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a body, so that it need not send it again (RFC 9110, 8.8)."""

    etag: str = ""
    last_modified: str = ""

    def as_headers(self) -> dict[str, str]:
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value and value.isascii()}


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, decompressed, and what is to be said when it is asked for again; no body if it is as it was."""

    body: bytes | None
    validators: Validators


def _at_once(_host: str) -> None:
    """Nothing is waited for before a request."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a fetch waits for. `before_request` is called with the host, and may raise SourceUnavailable.

    `jitter`, from 0 to 1, keeps those who failed together from coming back together.
    """

    before_request: Callable[[str], None] = _at_once
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


DEFAULTS = FetchSettings()
AT_ONCE = Timing()
NOTHING_KNOWN = Validators()


def fetch(
    url: str,
    settings: FetchSettings = DEFAULTS,
    *,
    headers: Mapping[str, str] | None = None,
    known: Validators = NOTHING_KNOWN,
    timing: Timing = AT_ONCE,
) -> Answer:
    """What `url` answers with; if it still has what it said to be `known`, no body.

    Only http and https, only public addresses (checked on each connection, so after each redirect
    too), only so many bytes, redirects and seconds. `headers` go to the host of `url` alone: they may
    hold a key. Network failures, 429, 5xx and empty answers are tried again, after the wait that the
    server asks for or a growing one.

    Raises SourceUnavailable if none of the attempts got through, the server asks for more patience than
    `settings` have or a bot challenge was in the way, SourceChanged for what trying again does not mend.
    """
    deadline = time.monotonic() + settings.total_time

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, TryAgain)
        if error.rest is not None:
            return error.rest + timing.jitter()
        growing = error.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(growing, settings.longest_wait) * (0.75 + timing.jitter() / 2)

    def may_end_soon(error: BaseException) -> bool:
        return isinstance(error, TryAgain) and (error.rest or 0) <= settings.longest_wait

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception(may_end_soon),
        wait=wait,
        stop=tenacity.stop_after_attempt(settings.attempts) | tenacity.stop_before_delay(settings.total_time),
        sleep=timing.sleep,
        reraise=True,
    )
    call = _Call(url, settings, deadline, headers or {}, known, timing.before_request)
    return attempts(_attempt, call)


@dataclass(frozen=True, slots=True)
class _Call:
    """What `fetch` was asked for; `deadline` is on the clock of `time.monotonic`."""

    url: str
    settings: FetchSettings
    deadline: float
    headers: Mapping[str, str]
    known: Validators
    before_request: Callable[[str], None]


@cache
def _tls() -> ssl.SSLContext:
    """What all connections are verified by; reading the certificates takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport, on a network that keeps to public addresses and to the deadline."""

    def __init__(self, network: GuardedNetwork) -> None:
        super().__init__(verify=_tls(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in {"http", "https"}:
            raise SourceChanged(
                f"Expected an http or https address, found {without_secrets(request.url)}: not fetched."
            )
        return super().handle_request(request)


def _attempt(call: _Call) -> Answer:
    guard = GuardedNetwork(call.deadline, allow_loopback=call.settings.allow_loopback)
    headers = {"User-Agent": call.settings.user_agent, "Accept-Encoding": "gzip"}
    try:
        with httpx.Client(
            transport=_GuardedTransport(guard),
            headers=headers,
            timeout=call.settings.idle_time,
            trust_env=False,
        ) as client:
            return _follow(client, _request(client, call), call)
    except httpx.InvalidURL as error:  # not repeated: nobody knows which part of it is a password
        raise SourceChanged("Expected an http or https address, found one that cannot be read.") from error
    except httpx.UnsupportedProtocol as error:
        raise SourceChanged(
            f"Expected an http or https address, found {without_secrets(httpx.URL(call.url))}: not fetched."
        ) from error
    except httpx.TransportError as error:
        raise TryAgain(
            f"Expected an answer from {without_secrets(httpx.URL(call.url))}, found none: "
            f"{error or type(error).__name__}"
        ) from error


def _request(client: httpx.Client, call: _Call) -> httpx.Request:
    """The first request; user and password go into a header, for httpx logs addresses as they are."""
    url = httpx.URL(call.url)
    headers = {**call.headers, **call.known.as_headers()}
    request = client.build_request("GET", url.copy_with(userinfo=b""), headers=headers)
    if url.userinfo:
        next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
    return request


def _follow(client: httpx.Client, request: httpx.Request, call: _Call) -> Answer:
    """The answer at the end of the redirects, whose own bodies are never read."""
    first = request.url
    for _ in range(call.settings.max_redirects + 1):
        call.before_request(request.url.host)
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                return _answer(response, call)
            request = response.next_request
            if not _same_server(first, request.url):
                for name in (*call.headers, *call.known.as_headers(), "Authorization"):
                    request.headers.pop(name, None)
        finally:
            response.close()
    raise SourceChanged(f"Expected an answer after {call.settings.max_redirects} redirects, found one more.")


def _answer(response: httpx.Response, call: _Call) -> Answer:
    """What the response says, if it is what was asked for."""
    said = Validators(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))
    if response.status_code == httpx.codes.NOT_MODIFIED and call.known != NOTHING_KNOWN:
        return Answer(None, call.known if said == NOTHING_KNOWN else said)
    check(response, "" if response.is_success else words_of(response))
    body = read_body(response, call.settings.max_bytes)
    if not body:
        raise TryAgain(f"Expected an answer from {without_secrets(response.request.url)}, found it empty.")
    return Answer(body, said)


def _same_server(first: httpx.URL, then: httpx.URL) -> bool:
    """Whether what is meant for `first` may go to `then`: the same host and port, or from http to https."""
    upgraded = (first.scheme, then.scheme) == ("http", "https") and first.port == then.port is None
    return first.host == then.host and (upgraded or (first.scheme, first.port) == (then.scheme, then.port))
