"""arXiv's API on this machine: answers for the papers it is given, and keeps what it was asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from digest.sources.arxiv.lookup import SITE

_ENTRY = """<entry><id>http://arxiv.org/abs/{id}v2</id><title>{title}</title><updated>2024-02-01T00:00:00Z</updated>
<published>2023-11-21T18:00:00Z</published><summary>  {abstract}</summary>
<author><name>Ada Lovelace</name></author><author><name>Émile Borel</name></author></entry>"""
_FEED = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'


@dataclass
class Arxiv:
    """`papers` are title and abstract by id; `status` is what every request is answered with."""

    papers: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: int = 200
    refused: set[str] = field(default_factory=set)  # ids that spoil a request
    instead: bytes = b""  # what every request is answered with, if anything, in place of a feed
    asked: list[list[str]] = field(default_factory=list)

    def answer(self, ids: list[str]) -> tuple[int, bytes]:
        self.asked.append(ids)
        if self.status != 200 or self.refused & {*ids}:
            return (400 if self.status == 200 else self.status), b"Rate exceeded."
        if self.instead:
            return 200, self.instead
        entries = (
            _ENTRY.format(id=one, title=escape(self.papers[one][0]), abstract=escape(self.papers[one][1]))
            for one in ids
            if one in self.papers
        )
        return 200, _FEED.format(entries="".join(entries)).encode()


@contextmanager
def arxiv_here(settings: Any) -> Iterator[Arxiv]:
    """arXiv as it is asked while this lasts."""
    arxiv = Arxiv()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            status, body = arxiv.answer(query["id_list"][0].split(","))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.SOURCE_MIRRORS = {SITE: f"http://127.0.0.1:{server.server_port}"}
    try:
        yield arxiv
    finally:
        server.shutdown()
        server.server_close()
