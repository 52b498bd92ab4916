"""Fetching over HTTP from hosts that may be down, slow or hostile.

The only file of the engine that knows httpx and tenacity.
"""

import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx
import tenacity

from digest.sources.errors import BotChallenge, SourceChanged, SourceRefused, SourceUnavailable
from digest.sources.http.ssrf_guard import GuardedNetwork

__all__ = ["DEFAULTS", "FetchSettings", "fetch"]


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits of a fetch. Times are in seconds."""

    user_agent: str = "paper-digest/0.1 (self-hosted digest of research papers)"
    max_bytes: int = 10_000_000  # after decompression
    max_redirects: int = 5
    total_time: float = 120  # all attempts and the waits between them
    idle_time: float = 15  # one connect, read or write
    attempts: int = 4
    longest_wait: float = 30  # between two attempts, whatever Retry-After says
    allow_loopback: bool = False  # for an address that the operator typed


DEFAULTS = FetchSettings()
_SECRET = re.compile(r"key|token|secret|pass|auth|sig", re.IGNORECASE)


class _TryAgain(SourceUnavailable):
    """The attempt failed in a way that the next may not; `after` is what the server asked us to wait."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


def fetch(
    url: str,
    settings: FetchSettings = DEFAULTS,
    *,
    headers: Mapping[str, str] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """The body that `url` answers with, decompressed.

    Only http and https, only public addresses (checked on each connection, so after each redirect
    too), only so many bytes, redirects and seconds. Network failures, 429 and 5xx are tried again
    after a growing wait, or the one the server asks for.

    Raises SourceUnavailable if none of the attempts got through or a bot challenge was in the way,
    SourceChanged for anything that trying again does not mend.
    """
    deadline = time.monotonic() + settings.total_time

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.after if isinstance(error, _TryAgain) else None
        growing = 2.0**state.attempt_number
        return min(growing if asked is None else asked, settings.longest_wait)

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(_TryAgain),
        wait=wait,
        stop=tenacity.stop_after_attempt(settings.attempts) | tenacity.stop_before_delay(settings.total_time),
        sleep=sleep,
        reraise=True,
    )
    return attempts(_attempt, url, settings, deadline, headers or {})


class _GuardedTransport(httpx.HTTPTransport):
    """httpx's own transport, on a network that keeps to public addresses and to the deadline."""

    def __init__(self, network: GuardedNetwork) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=network
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme not in {"http", "https"}:
            raise SourceChanged(
                f"Expected an http or https address, found {without_secrets(request.url)}: not fetched."
            )
        return super().handle_request(request)


def without_secrets(url: httpx.URL) -> str:
    """The address for errors and the admin: without user, password and what a parameter says of a key."""
    named = [(name, "…" if _SECRET.search(name) else value) for name, value in url.params.multi_items()]
    query = "?" + "&".join(f"{name}={value}" for name, value in named) if named else ""
    port = f":{url.port}" if url.port else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}{url.path}{query}"


def _attempt(url: str, settings: FetchSettings, deadline: float, further: Mapping[str, str]) -> bytes:
    transport = _GuardedTransport(GuardedNetwork(deadline, allow_loopback=settings.allow_loopback))
    headers = {**further, "User-Agent": settings.user_agent, "Accept-Encoding": "gzip"}
    try:
        with httpx.Client(
            transport=transport, headers=headers, timeout=settings.idle_time, trust_env=False
        ) as client:
            return _follow(client, _request(client, httpx.URL(url)), settings)
    except httpx.InvalidURL as error:  # not repeated: nobody knows which part of it is a password
        raise SourceChanged("Expected an http or https address, found one that cannot be read.") from error
    except httpx.UnsupportedProtocol as error:
        raise SourceChanged(
            f"Expected an http or https address, found {without_secrets(httpx.URL(url))}: not fetched."
        ) from error
    except httpx.TransportError as error:
        raise _TryAgain(
            f"Expected an answer from {without_secrets(httpx.URL(url))}, found none: "
            f"{error or type(error).__name__}"
        ) from error


def _request(client: httpx.Client, url: httpx.URL) -> httpx.Request:
    """The request for `url`; its user and password go into a header, for httpx logs addresses as they are."""
    request = client.build_request("GET", url.copy_with(userinfo=b""))
    if url.userinfo:
        next(httpx.BasicAuth(url.username, url.password).auth_flow(request))
    return request


def _follow(client: httpx.Client, request: httpx.Request, settings: FetchSettings) -> bytes:
    """The body at the end of the redirects, whose own bodies are never read."""
    for _ in range(settings.max_redirects + 1):
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                _check(response)
                return _body(response, settings.max_bytes)
            request = response.next_request
        finally:
            response.close()
    raise SourceChanged(f"Expected an answer after {settings.max_redirects} redirects, found one more.")


def _check(response: httpx.Response) -> None:
    """Raise unless the answer is the one that was asked for."""
    url, status = without_secrets(response.request.url), response.status_code
    if "x-amzn-waf-action" in response.headers or response.headers.get("cf-mitigated") == "challenge":
        raise BotChallenge(f"Expected an answer from {url}, found a bot challenge (HTTP {status}).")
    if status in {408, 425, 429} or status >= 500:
        raise _TryAgain(f"Expected an answer from {url}, found HTTP {status}.", _retry_after(response))
    if status != httpx.codes.OK:
        error = SourceRefused if status == httpx.codes.BAD_REQUEST else SourceChanged
        raise error(f"Expected an answer from {url}, found HTTP {status} {response.reason_phrase}.")


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that Retry-After asks to wait (RFC 9110, 10.2.3: a number or a date), if it does."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _body(response: httpx.Response, limit: int) -> bytes:
    """The body, decompressed no further than `limit` bytes."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise SourceChanged(f"Expected a gzipped or plain answer, found the encoding {encoding}.")
    body = bytearray()
    for part in response.iter_raw() if encoding == "identity" else _unzipped(response, limit):
        body += part
        if len(body) > limit:
            url = without_secrets(response.request.url)
            raise SourceChanged(f"Expected at most {limit:,} bytes from {url}, found more.")
    return bytes(body)


def _unzipped(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """The parts of a gzipped body, each at most a byte longer than `limit`: safe from decompression bombs."""
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    for part in response.iter_raw():
        try:
            yield unzip.decompress(part, max_length=limit + 1)
        except zlib.error as error:
            raise SourceChanged(f"Expected a gzipped answer, found something else ({error}).") from error
    if not unzip.eof:
        url = without_secrets(response.request.url)
        raise _TryAgain(f"Expected a whole answer from {url}, found a part of it.")
