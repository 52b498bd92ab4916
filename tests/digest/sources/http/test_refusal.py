"""What a server says of why it refuses is told to the operator; the keys it was asked with never are."""

import json
import logging
from collections.abc import Iterator

import pytest

from digest.sources import SourceChanged, SourceRefused, SourceUnavailable
from tests.digest.sources.http.test_client import Site

KEY = "s3cret-k3y"


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Forbidden", "message": "Daily allowance is used up."}, "Daily allowance is used up."),
        ({"error": {"code": 7, "message": "No such filter."}}, "No such filter."),
        ({"version": "6.9", "errMsg": "No query."}, "No query."),
        (b"Rate exceeded.\n", "Rate exceeded."),
        (b"<html><head><title>Too many\nrequests</title></head></html>", "Too many requests"),
        (b"<?xml version='1.0'?><rss><channel><title>Feed error for query: cs.XY</title>", "cs.XY"),
        (
            b"<rss><channel><title>Feed error</title><description>Bad subject class 'XY'.</description>",
            "Bad subject class 'XY'.",
        ),
        (b"<feed><title>x</title><entry><summary>incorrect id</summary></entry></feed>", "incorrect id"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(site: Site, body: object, words: str) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    for status, error in ((400, SourceRefused), (403, SourceChanged), (429, SourceUnavailable)):
        site.answers = [(status, {}, raw)]
        with pytest.raises(error) as raised:
            site.fetch(attempts=1)
        assert f"HTTP {status}" in str(raised.value)
        assert words in str(raised.value)
        assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"\xff\x00", b"{", b"[" * 100_000, b"x" * 200_000, b"[7]"]
)
def test_a_refusal_without_words_is_told_as_short_as_before(site: Site, body: bytes) -> None:
    site.answers = [(403, {}, body)]
    with pytest.raises(SourceChanged) as raised:
        site.fetch()
    assert len(str(raised.value)) < 400


def test_a_key_that_a_server_repeats_is_not_told(site: Site) -> None:
    for path, headers in [
        (f"/?api_key={KEY}&query=kites", {}),
        ("/", {"x-api-key": KEY}),
        ("/", {"Authorization": f"Bearer {KEY}"}),
    ]:
        site.answers = [(403, {}, json.dumps({"message": f"The key {KEY} is not valid"}).encode())]
        with pytest.raises(SourceChanged) as raised:
            site.ask(path, headers=headers)
        assert "The key … is not valid" in str(raised.value)
        assert KEY not in str(raised.value)


def test_a_key_in_an_address_is_in_no_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)  # as a worker logs
    assert site.fetch(f"/?api_key={KEY}") == b"hello"
    assert KEY not in caplog.text
