"""Fetching from a real server on this machine that is slow, broken, hostile or somebody else's."""

import gzip
import random
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.http.client import DEFAULTS, NOTHING_KNOWN, Timing, Validators, fetch
from digest.sources.http.client import Answer as Fetched

LOCAL = replace(DEFAULTS, allow_loopback=True, total_time=60)
Answer = tuple[int, dict[str, str], bytes]


class Site:
    """A server that gives the answers it was told, the last one again and again."""

    def __init__(self) -> None:
        self.answers: Sequence[Answer | Callable[[Any], None]] = [(200, {}, b"hello")]
        self.requests: list[dict[str, str]] = []
        self.waits: list[float] = []
        self.asked: list[str] = []
        self.timing = Timing(self.asked.append, self.waits.append, jitter=lambda: 0.5)
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append({"path": self.path, **self.headers})
                answer, *later = site.answers
                site.answers = later or [answer]
                if callable(answer):
                    answer(self)
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients here hang up on purpose
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fetch(self, path: str = "/", **settings: Any) -> bytes:
        body = self.ask(path, **settings).body
        assert body is not None
        return body

    def ask(
        self,
        path: str = "/",
        known: Validators = NOTHING_KNOWN,
        headers: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Fetched:
        return fetch(
            self.url + path,
            replace(LOCAL, **settings),
            known=known,
            headers=headers,
            timing=self.timing,
        )


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def test_a_body_comes_back_and_the_server_learns_who_asks(site: Site) -> None:
    assert site.fetch("/papers?p=1") == b"hello"
    assert site.requests[0]["path"] == "/papers?p=1"
    assert site.requests[0]["User-Agent"].startswith("paper-digest/")


def test_a_gzipped_body_is_unzipped(site: Site) -> None:
    site.answers = [(200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello" * 1_000))]
    assert site.fetch() == b"hello" * 1_000


def test_a_body_that_is_too_long_is_refused(site: Site) -> None:
    site.answers = [(200, {}, b"x" * 101)]
    with pytest.raises(SourceChanged, match="at most 100 bytes"):
        site.fetch(max_bytes=100)
    assert site.fetch(max_bytes=101) == b"x" * 101


def test_a_decompression_bomb_does_not_unfold(site: Site) -> None:
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    site.answers = [(200, {"Content-Encoding": "gzip"}, bomb)]
    with pytest.raises(SourceChanged, match="at most 10,000,000 bytes"):
        site.fetch()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate"])
def test_an_encoding_that_was_not_asked_for_is_refused(site: Site, encoding: str) -> None:
    site.answers = [(200, {"Content-Encoding": encoding}, b"hello")]
    with pytest.raises(SourceChanged, match="encoding"):
        site.fetch()


def test_what_is_called_gzip_and_is_not_is_refused(site: Site) -> None:
    site.answers = [(200, {"Content-Encoding": "gzip"}, b"hello")]
    with pytest.raises(SourceChanged, match="gzipped"):
        site.fetch()


@pytest.mark.parametrize(
    "cut",
    [
        (200, {"Content-Length": "100"}, b"half"),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"hello" * 99)[:-9]),
    ],
    ids=["short", "cut gzip"],
)
def test_half_a_body_is_no_body(site: Site, cut: Answer) -> None:
    site.answers = [cut, (200, {}, b"whole")]
    assert site.fetch() == b"whole"
    site.answers = [cut]
    with pytest.raises(SourceUnavailable):
        site.fetch()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again_with_growing_waits(site: Site, status: int) -> None:
    site.answers = [(status, {}, b"")] * 3 + [(200, {}, b"at last")]
    assert site.fetch() == b"at last"
    assert site.waits == [2, 4, 8]


def test_a_server_that_stays_in_trouble_is_given_up(site: Site) -> None:
    site.answers = [(503, {}, b"")]
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        site.fetch()
    assert len(site.requests) == 4


@pytest.mark.parametrize(
    ("asked", "waited"), [("7", 7.5), ("0", 0.5), ("30", 30.5), ("soon", 10), ("-3", 10), ("", 10)]
)
def test_retry_after_is_honoured(site: Site, asked: str, waited: float) -> None:
    site.answers = [(429, {"Retry-After": asked}, b""), (200, {}, b"hello")]
    assert site.fetch(total_time=60) == b"hello"
    assert site.waits == [waited]


@pytest.mark.parametrize("asked", ["31", "86400", "9" * 400])
def test_who_asks_for_more_patience_than_we_have_is_left_alone(site: Site, asked: str) -> None:
    site.answers = [(503, {"Retry-After": asked}, b"")]
    with pytest.raises(SourceUnavailable, match="HTTP 503") as failed:
        site.fetch(total_time=60)
    assert (len(site.requests), site.waits) == (1, [])
    assert failed.value.rest == float(asked)


def test_too_many_requests_without_a_time_means_more_than_a_moment(site: Site) -> None:
    """As arXiv's API says it: as a page, without Retry-After."""
    site.answers = [(429, {"Content-Type": "text/html"}, b"Rate exceeded.")]
    with pytest.raises(SourceUnavailable, match="HTTP 429"):
        site.fetch()
    assert site.waits == [10, 20, 30]


def test_those_who_failed_together_come_back_apart(site: Site) -> None:
    jitters = iter([0.0, 0.999])
    site.timing = Timing(sleep=site.waits.append, jitter=lambda: next(jitters))
    for _ in range(2):
        site.answers = [(503, {}, b""), (200, {}, b"hello")]
        site.fetch()
    assert site.waits == [1.5, pytest.approx(2.5, abs=0.01)]


def test_an_empty_answer_is_no_answer(site: Site) -> None:
    empty = (200, {"Content-Encoding": "gzip"}, gzip.compress(b""))
    site.answers = [(200, {}, b""), empty, (200, {}, b"at last")]
    assert site.fetch() == b"at last"
    site.answers = [(200, {}, b"")]
    with pytest.raises(SourceUnavailable, match="empty"):
        site.fetch()


def test_what_did_not_change_is_not_sent_again(site: Site) -> None:
    said = {"ETag": '"one"', "Last-Modified": "Wed, 05 Nov 2025 09:00:00 GMT"}
    site.answers = [(200, said, b"hello"), (304, {}, b"")]
    first = site.ask()
    again = site.ask(known=first.validators)
    assert (first.body, again) == (b"hello", Fetched(None, first.validators))
    assert "If-None-Match" not in site.requests[0]
    assert site.requests[1]["If-None-Match"] == said["ETag"]
    assert site.requests[1]["If-Modified-Since"] == said["Last-Modified"]


def test_not_modified_is_no_answer_to_who_knows_nothing(site: Site) -> None:
    site.answers = [(304, {}, b"")]
    with pytest.raises(SourceChanged, match="HTTP 304"):
        site.fetch()


def test_a_redirect_to_another_server_takes_no_key_along(site: Site) -> None:
    other = Site()
    site.answers = [(302, {"Location": "/next"}, b""), (302, {"Location": f"{other.url}/far"}, b"")]
    url = site.url.replace("//", "//ada:s3cret@")
    fetch(url, LOCAL, headers={"x-api-key": "s3cret", "Accept": "text/csv"}, known=Validators('"s3cret"'))
    other.close()
    assert site.requests[1]["x-api-key"] == "s3cret"
    assert other.requests[0]["path"] == "/far"
    assert "s3cret" not in str(other.requests)


def test_every_request_waits_for_its_turn(site: Site) -> None:
    site.answers = [(503, {}, b""), (302, {"Location": "/next"}, b""), (200, {}, b"hello")]
    site.fetch()
    assert site.asked == ["127.0.0.1"] * 3


def endless(handler: Any) -> None:
    """Send gzip without an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    zipped = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for _ in range(100_000):
        handler.wfile.write(zipped.compress(random.randbytes(100_000)))


def test_gzip_without_an_end_is_refused(site: Site) -> None:
    site.answers = [endless]
    with pytest.raises(SourceChanged, match="at most 10,000,000 bytes"):
        site.fetch()


def test_retry_after_may_be_a_date(site: Site) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    site.answers = [(429, {"Retry-After": soon}, b""), (200, {}, b"hello")]
    site.fetch(total_time=60)
    assert 15 < site.waits[0] <= 20.5


def test_a_wait_past_the_whole_time_is_not_begun(site: Site) -> None:
    site.answers = [(429, {"Retry-After": "25"}, b"")]
    with pytest.raises(SourceUnavailable):
        site.fetch(total_time=5)
    assert (len(site.requests), site.waits) == (1, [])


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410])
def test_other_answers_are_not_asked_for_again(site: Site, status: int) -> None:
    site.answers = [(status, {}, b"")]
    with pytest.raises(SourceChanged, match=f"HTTP {status}"):
        site.fetch()
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    ("status", "header"), [(202, ("x-amzn-waf-action", "challenge")), (403, ("cf-mitigated", "challenge"))]
)
def test_a_bot_challenge_is_for_later_and_not_hammered(
    site: Site, status: int, header: tuple[str, str]
) -> None:
    site.answers = [(status, dict([header]), b"")]
    with pytest.raises(SourceUnavailable, match="bot challenge"):
        site.fetch()
    assert len(site.requests) == 1


def test_redirects_are_followed_five_times(site: Site) -> None:
    site.answers = [(302, {"Location": "/next"}, b"")] * 5 + [(200, {}, b"here")]
    assert site.fetch() == b"here"
    site.answers = [(302, {"Location": "/next"}, b"")]
    with pytest.raises(SourceChanged, match="5 redirects"):
        site.fetch()


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:70/"])
def test_a_redirect_to_another_protocol_is_refused(site: Site, target: str) -> None:
    site.answers = [(302, {"Location": target}, b"")]
    with pytest.raises(SourceChanged, match="http or https"):
        site.fetch()


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/"]
)
def test_a_redirect_into_a_private_network_is_refused(site: Site, target: str) -> None:
    site.answers = [(302, {"Location": target}, b"")]
    with pytest.raises(SourceChanged, match="public address"):
        site.fetch()


def test_this_machine_is_not_reached_unless_allowed(site: Site, localhost: str) -> None:
    for host in ("127.0.0.1", localhost, "[::ffff:127.0.0.1]"):
        with pytest.raises(SourceChanged, match="public address"):
            fetch(f"http://{host}:{site.server.server_port}/", replace(DEFAULTS, attempts=1))
    assert site.requests == []


@pytest.mark.parametrize(
    "url", ["", "papers", "file:///etc/passwd", "ftp://a.example/", "http://", "http://a.example:port/"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(SourceChanged, match="http or https"):
        fetch(url, LOCAL)


def test_a_machine_that_does_not_answer_is_unavailable(site: Site) -> None:
    port = site.server.server_port
    site.server.shutdown()
    site.server.server_close()
    with pytest.raises(SourceUnavailable):
        fetch(f"http://127.0.0.1:{port}/", LOCAL, timing=site.timing)
    assert len(site.waits) == 3


def drip(handler: Any) -> None:
    """Send a header that never ends, one byte at a time: no single read ever takes long."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.02)


def test_a_server_that_drips_does_not_hold_us_past_the_whole_time(site: Site) -> None:
    site.answers = [drip]
    begun = time.monotonic()
    with pytest.raises(SourceUnavailable):
        site.fetch(total_time=0.5)
    assert time.monotonic() - begun < 8


def test_a_silent_server_is_unavailable(site: Site) -> None:
    site.answers = [lambda handler: time.sleep(1)]
    with pytest.raises(SourceUnavailable):
        site.fetch(idle_time=0.1, attempts=2)
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    "answers",
    [
        [(404, {}, b"")],
        [(503, {}, b"")],
        [(200, {"x-amzn-waf-action": "challenge"}, b"")],
        [(200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100)[:-4])],
        [(200, {}, b"x" * 100)],
        [(200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 100))],
        [(302, {"Location": "ftp://ada:s3cret@a.example/?key=s3cret"}, b"")],
        [lambda handler: handler.connection.close()],
    ],
    ids=["404", "503", "challenge", "cut", "long", "long when unzipped", "redirected", "hung up"],
)
def test_no_error_or_log_repeats_a_password(
    site: Site, answers: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    site.answers = answers
    url = f"http://ada:s3cret@127.0.0.1:{site.server.server_port}/papers?day=1&api_key=s3cret"
    with pytest.raises((SourceChanged, SourceUnavailable)) as failed:
        fetch(url, replace(LOCAL, max_bytes=90, attempts=1))
    assert "s3cret" not in str(failed.value)
    if "a.example" not in str(failed.value):  # where it was sent on to
        assert "/papers?day=1&api_key=…" in str(failed.value)
    assert "ada:" not in caplog.text
    assert site.requests[0]["Authorization"] == "Basic YWRhOnMzY3JldA=="


@pytest.mark.parametrize("url", ["http://ada:s3#cret@a.example/", "http://ada:s3cret@a.example:port/"])
def test_no_error_repeats_an_address_that_cannot_be_read(url: str) -> None:
    with pytest.raises(SourceChanged) as failed:
        fetch(url, LOCAL)
    assert "s3" not in str(failed.value)
