"""Indexes of the literature, asked over HTTP: what comes late is new once, and a conference comes whole."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from digest.ingestion import checks
from digest.models import EditionEntry, Paper, Source
from digest.sources import SourceChanged
from tests.factories import DAY, source

pytestmark = pytest.mark.django_db

ONE = timedelta(days=1)
KEY = "s3cret-k3y"
Site = Callable[[dict[str, str]], tuple[int, dict[str, Any]]]


@pytest.fixture
def playing(settings: Settings) -> Iterator[Callable[[str, Site], None]]:
    """Lets the site of an index be played by a function of the request's parameters."""
    servers: list[ThreadingHTTPServer] = []

    def play(address: str, site: Site) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parameters = parse_qs(urlsplit(self.path).query)
                status, answer = site({name: values[0] for name, values in parameters.items()})
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        settings.SOURCE_MIRRORS = {address: f"http://127.0.0.1:{servers[-1].server_port}"}

    yield play
    for server in servers:
        server.shutdown()
        server.server_close()


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def index(adapter: str, **values: str) -> Source:
    return source("ours", adapter=adapter, settings=values, enabled=True, enabled_at=noon(DAY))


def released() -> list[tuple[str, date]]:
    """Title and day of what was released as new, in order."""
    entries = EditionEntry.objects.exclude(release=None).order_by("release_id", "position")
    return list(entries.values_list("paper__title", "edition__day"))


def test_what_openalex_adds_days_after_its_publication_is_new_once_on_the_day_of_that(
    playing: Callable[[str, Site], None],
) -> None:
    added: list[tuple[str, date]] = []

    def site(asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        days = dict(part.split(":") for part in asked["filter"].split(","))
        since, until = (date.fromisoformat(days[f"{end}_publication_date"]) for end in ("from", "to"))
        works = [
            {"id": title, "display_name": title, "publication_date": str(day)}
            for title, day in added
            if since <= day <= until
        ]
        return 200, {"meta": {"count": len(works), "db_response_time_ms": 1}, "results": works}

    playing("https://api.openalex.org", site)
    ours = index("openalex", query="kites")
    added += [("Kites at once", DAY), ("Kites of last week", DAY - 7 * ONE)]
    checks.check(ours, noon(DAY))
    added.append(("Kites that were late", DAY))
    for day in (DAY + 5 * ONE, DAY + 6 * ONE):
        checks.check(ours, noon(day))
    assert released() == [("Kites at once", DAY), ("Kites that were late", DAY)]
    assert Paper.objects.count() == 3


def test_a_conference_of_three_thousand_papers_is_stored_as_a_whole(
    playing: Callable[[str, Site], None],
) -> None:
    moment = int(noon(DAY).timestamp() * 1_000)
    notes = [
        {
            "id": f"kite{number}",
            "pdate": moment,
            "content": {
                "title": {"value": f"Kite number {number}"},
                "venueid": {"value": "kite.example/2025/Conference"},
            },
        }
        for number in range(3_000)
    ]

    def site(asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        start = int(asked["offset"])
        return 200, {"notes": notes[start : start + 1_000], "count": len(notes)}

    playing("https://api2.openreview.net", site)
    checks.check(index("openreview", venue="kite.example/2025/Conference"), noon(DAY))
    assert len(released()) == 3_000


def test_a_used_up_allowance_is_told_in_openalexs_words_and_the_key_is_told_nowhere(
    playing: Callable[[str, Site], None],
) -> None:
    refusal = {"error": "Forbidden", "message": f"The daily allowance of {KEY} is used up."}
    playing("https://api.openalex.org", lambda _asked: (403, refusal))
    ours = index("openalex", query="kites", api_key=KEY)
    with pytest.raises(SourceChanged):
        checks.check(ours, noon(DAY))
    ours.refresh_from_db()
    assert "The daily allowance of … is used up." in ours.error
    assert KEY not in ours.error + str(list(ours.days.values_list("error", flat=True)))
