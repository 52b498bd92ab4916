"""Reading one response: whether it is the answer that was asked for, and its body, decompressed."""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from digest.sources.errors import BotChallenge, SourceChanged, SourceRefused, SourceUnavailable

# Seconds before the second attempt, where the server does not say. Whoever finds that there were too many
# requests means more than a moment.
FIRST_WAIT, _FIRST_WAIT_THROTTLED = 2.0, 10.0
SECRET = re.compile(r"key|token|secret|pass|auth|sig", re.IGNORECASE)


class TryAgain(SourceUnavailable):
    """The attempt failed in a way that the next may not; `first_wait` is how long to wait if nobody says."""

    def __init__(self, message: str, rest: float | None = None, first_wait: float = FIRST_WAIT) -> None:
        super().__init__(message, rest)
        self.first_wait = first_wait


def without_secrets(url: httpx.URL) -> str:
    """The address for errors and the admin: without user, password and what a parameter says of a key."""
    named = [(name, "…" if SECRET.search(name) else value) for name, value in url.params.multi_items()]
    query = "?" + "&".join(f"{name}={value}" for name, value in named) if named else ""
    port = f":{url.port}" if url.port else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}{port}{url.path}{query}"


def check(response: httpx.Response, words: str) -> None:
    """Raise unless the answer is the one that was asked for, with the `words` of a refusal."""
    url, status = without_secrets(response.request.url), response.status_code
    if "x-amzn-waf-action" in response.headers or response.headers.get("cf-mitigated") == "challenge":
        raise BotChallenge(f"Expected an answer from {url}, found a bot challenge (HTTP {status}).")
    if status in {408, 425, 429} or status >= 500:
        wait = _FIRST_WAIT_THROTTLED if status == 429 else FIRST_WAIT
        raise TryAgain(
            f"Expected an answer from {url}, found HTTP {status}.{words}", _retry_after(response), wait
        )
    if status != httpx.codes.OK:
        error = SourceRefused if status == httpx.codes.BAD_REQUEST else SourceChanged
        raise error(f"Expected an answer from {url}, found HTTP {status} {response.reason_phrase}.{words}")


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds that Retry-After asks to wait (RFC 9110, 10.2.3: a number or a date), if it does."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def read_body(response: httpx.Response, limit: int) -> bytes:
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
        raise TryAgain(f"Expected a whole answer from {url}, found a part of it.")
