"""A server on this machine that plays Hugging Face's API, day by day, and what can happen to it."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = bytes | int  # a body, or the status of an error
SITE = "https://huggingface.co"


def listed(day: date, *titles: str) -> bytes:
    """An answer that lists these papers on `day`."""
    entries = [
        {"paper": {"title": title, "summary": f"About {title}.", "submittedOnDailyAt": f"{day}T09:00:00Z"}}
        for title in titles
    ]
    return json.dumps(entries).encode()


class HuggingFace:
    """Answers for each day as `answers` says, and `further` of pages after the first.

    `asked` are the days of first pages, in order.
    Every body has an ETag, and is not sent to who has it: `unsent` counts that.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.answers: Callable[[date], Answer] = lambda day: b"[]"
        self.further: Callable[[date], Answer] = lambda day: b"[]"
        self.asked: list[date] = []
        self.requests: list[Mapping[str, str]] = []
        self.unsent = 0
        self.redirects_to = self.retry_after = ""
        self.server = ThreadingHTTPServer((address, 0), _handler(self))
        self.url = f"http://{address}:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()

    def lists(self, papers: Mapping[date, Answer]) -> None:
        self.answers = lambda day: papers.get(day, b"[]")


def _handler(site: HuggingFace) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            day, first = date.fromisoformat(query["date"][0]), query.get("p", ["0"]) == ["0"]
            if first:
                site.asked.append(day)
                site.requests.append(dict(self.headers))
            answer = site.answers(day) if first else site.further(day)
            status, body = (answer, b"") if isinstance(answer, int) else (200, answer)
            tag = f'"{hashlib.sha256(body).hexdigest()}"'
            if status == 200 and self.headers["If-None-Match"] == tag:
                site.unsent += first
                status, body = 304, b""
            if site.redirects_to:
                status, body = 302, b""
            self.send_response(status)
            for name, value in [("Location", site.redirects_to), ("Retry-After", site.retry_after)]:
                if value:
                    self.send_header(name, value)
            if status in {200, 304}:
                self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler


@contextmanager
def playing(address: str = "127.0.0.1") -> Iterator[HuggingFace]:
    site = HuggingFace(address)
    try:
        yield site
    finally:
        site.server.shutdown()
        site.server.server_close()
