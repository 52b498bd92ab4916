"""A server on this machine that plays arXiv: the feed of the day it is there, OAI-PMH and the API for any."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from digest.sources.arxiv.announcement_days import submitted_for

_FEED = """<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>cs.LG updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.LG</link>
<lastBuildDate>{day:%a, %d %b %Y} 05:00:12 +0000</lastBuildDate>
<pubDate>{day:%a, %d %b %Y} 00:00:00 -0500</pubDate>
{items}</channel></rss>"""
_ITEM = """<item><title>{title}</title><link>https://arxiv.org/abs/{id}</link>
<description>arXiv:{id}v{version} Announce Type: {kind} \nAbstract: All about it.</description>
<guid>oai:arXiv.org:{id}v{version}</guid><pubDate>{day:%a, %d %b %Y} 00:00:00 -0500</pubDate>
<arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>Ada Lovelace</dc:creator></item>"""
_RECORDS = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<request verb="ListRecords" from="{day}">http://oaipmh.arxiv.org/oai</request>{found}</OAI-PMH>"""
_RECORD = """<record><header><datestamp>{day}</datestamp></header><metadata>
<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id>{versions}<title>{title}</title>
<authors>Ada Lovelace</authors><categories>cs.LG</categories><abstract>All about it.</abstract></arXivRaw>
</metadata></record>"""
_ANSWER = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<id>https://arxiv.org/api/x</id><updated>{today}T06:00:00Z</updated>
<opensearch:totalResults>{total}</opensearch:totalResults>{entries}</feed>"""
_ENTRY = """<entry><id>http://arxiv.org/abs/{id}v{version}</id><title>{title}</title>
<published>{submitted:%Y-%m-%dT%H:%M:%SZ}</published><summary>All about it.</summary>
<author><name>Ada Lovelace</name></author></entry>"""
_NONE = '<error code="noRecordsMatch">None.</error>'


@dataclass(frozen=True)
class Listed:
    """A paper by the days on which its versions were announced; `revised` is its title since the second."""

    id: str
    title: str
    versions: tuple[date, ...]
    revised: str = ""

    def title_on(self, day: date) -> str:
        return self.revised if self.revised and day >= self.versions[1] else self.title


@dataclass
class ArxivSite:
    """`today` is the day of the feed; `asked` are the requests: "feed", the day of records, of submissions.

    While `only` days are set, records are there for no others.
    """

    papers: list[Listed]
    today: date
    most_items: int = 2_000
    only: frozenset[date] = frozenset()
    shown: date | None = None  # the day of the items, if it is not that on which the feed is made
    asked: list[str] = field(default_factory=list)

    def feed(self) -> str:
        self.asked.append("feed")
        day = self.shown or self.today
        items = [
            _ITEM.format(
                id=one.id,
                title=one.title_on(day),
                version=one.versions.index(day) + 1,
                kind="replace" if one.versions.index(day) else "new",
                day=day,
            )
            for one in self.papers
            if day in one.versions
        ]
        return _FEED.format(day=self.today, items="".join(items[: self.most_items]))

    def records(self, day: date) -> str:
        """The records that were last changed on that day."""
        self.asked.append(day.isoformat())
        if self.only and day not in self.only:
            return ""
        records = [
            _RECORD.format(id=one.id, title=one.title_on(self.today), day=day, versions=self._versions(one))
            for one in self.papers
            if max(version for version in one.versions if version <= self.today) == day
        ]
        found = f"<ListRecords>{''.join(records)}</ListRecords>" if records else _NONE
        return _RECORDS.format(day=day, found=found)

    def submitted(self, query: str) -> str:
        """The papers whose first version was submitted in the time that a query names."""
        month = (date(2026, 3, number) for number in range(2, 31))
        asked = next(day for day in month if f"[{submitted_for(day)[0]:%Y%m%d%H%M} TO" in query)
        self.asked.append(f"submitted for {asked}")
        found = [one for one in self.papers if one.versions[0] == asked]
        entries = (
            _ENTRY.format(
                id=one.id,
                title=one.title_on(self.today),
                version=len(one.versions),
                submitted=submitted_for(asked)[0],
            )
            for one in found
        )
        return _ANSWER.format(today=self.today, total=len(found), entries="".join(entries))

    def _versions(self, paper: Listed) -> str:
        return "".join(
            f'<version version="v{number}"><date>{format_datetime(submitted_for(day)[0])}</date></version>'
            for number, day in enumerate(paper.versions, start=1)
            if day <= self.today
        )


@contextmanager
def playing(site: ArxivSite) -> Iterator[dict[str, str]]:
    """While this lasts, arXiv is here: what to set as SOURCE_MIRRORS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            if "search_query" in query:
                answer = site.submitted(query["search_query"][0])
            else:
                answer = site.records(date.fromisoformat(query["from"][0])) if query else site.feed()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    yield {"https://rss.arxiv.org": here, "https://oaipmh.arxiv.org": here, "https://export.arxiv.org": here}
    server.shutdown()
    server.server_close()
