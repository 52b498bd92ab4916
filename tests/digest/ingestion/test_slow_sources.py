"""A source that takes long until it begins to answer."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from digest.ingestion import fetchers
from digest.sources import SourceUnavailable
from digest.sources.http.client import DEFAULTS
from tests.digest.sources.bulletin import BULLETIN, SITE

DAY = date(2025, 11, 5)
NOW = datetime(2025, 11, 5, 9, tzinfo=UTC)


@pytest.fixture
def slow_bulletin(settings: Any) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(0.5)
            body = f"bulletin of {DAY}: 1 papers\nPaper snails crawl".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked may be gone
                self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.SOURCE_MIRRORS = {SITE: f"http://127.0.0.1:{server.server_port}"}
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("slow_bulletin")
def test_a_source_is_waited_for_as_long_as_its_adapter_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetchers, "DEFAULTS", replace(DEFAULTS, attempts=1))
    parsed, _ = fetchers.fetch_day(replace(BULLETIN, patience=10), DAY, NOW)
    assert [paper.title for paper in parsed.papers] == ["Paper snails crawl"]
    with pytest.raises(SourceUnavailable, match="found none"):
        fetchers.fetch_day(replace(BULLETIN, patience=0.1), DAY, NOW)
