"""The lines of “Adding a source” in CONTRIBUTING.md, followed for a source that only tests know."""

import io
import re
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from digest import tasks
from digest.ingestion import fetchers
from digest.models import Edition, Paper, Source
from digest.sources import SourceChanged, parse, registry
from digest.sources.adapter import Adapter, Format
from tests.digest.sources.bulletin import BULLETIN, SITE
from tests.digest.sources.test_registry import formats_without_a_page
from tests.factories import DAY

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "fixtures" / "pages"
LIST, ADD = "admin:digest_source_changelist", "admin:digest_source_add"


def bulletin(day: date, *titles: str) -> bytes:
    return "\n".join([f"bulletin of {day}: {len(titles)} papers", *titles]).encode()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The files that the bulletin's site serves, for the last three days."""
    today = timezone.now().date()
    for age, titles in enumerate([("Paper boats float", "Paper planes fly"), (), ("Paper hats fit",)]):
        day = today - timedelta(days=age)
        (tmp_path / f"{day}.txt").write_bytes(bulletin(day, *titles))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.SOURCE_MIRRORS = {SITE: f"http://127.0.0.1:{server.server_port}"}
    yield tmp_path
    server.shutdown()
    server.server_close()


def register(monkeypatch: pytest.MonkeyPatch, adapter: Adapter = BULLETIN) -> None:
    """The line in the registry, while a test lasts."""
    monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, adapter))


def add(client: Client) -> Any:
    """Choose the bulletin among the kinds of sources, and fill in its form."""
    form = {"title": "Our bulletin", "name": "ours", "enabled": "on"}
    return client.post(f"{reverse(ADD)}?adapter={BULLETIN.name}", form)


def test_it_is_chosen_in_the_admin_fetched_and_stored(
    admin_client: Client, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    assert "The Bulletin" in admin_client.get(reverse(ADD)).content.decode()
    assert add(admin_client).status_code == 302
    assert "The Bulletin" in admin_client.get(reverse(LIST)).content.decode()
    tasks.fetch_sources()
    row = Source.objects.get()
    assert (row.name, row.error) == ("ours", "")
    assert set(row.editions.values_list("format", flat=True)) == {"bulletin-text"}
    today = {"Paper boats float", "Paper planes fly"}  # days before it was enabled are not fetched
    assert set(Paper.objects.values_list("title", flat=True)) == today


def test_a_page_that_is_not_what_it_expects_is_refused(
    admin_client: Client, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    add(admin_client)
    today = timezone.now().date()
    for page, expected in [
        (b"<html><title>Down for repairs</title></html>", "The Bulletin, found a page titled “Down for rep"),
        (bulletin(today, "One", "Two")[:-4], "a bulletin with all its papers"),
        (bulletin(DAY, "One"), f"a bulletin of {today}, found that of {DAY}"),
        ((PAGES / "records.jsonl").read_bytes(), "The Bulletin, found something that begins with"),
    ]:
        (site / f"{today}.txt").write_bytes(page)
        tasks.fetch_sources()
        assert expected in Source.objects.get().error
        assert not Edition.objects.filter(day=today).exists()


def test_an_address_on_this_machine_is_fetched_only_where_the_operator_named_it(
    site: Path, settings: Settings
) -> None:
    today = timezone.now().date()
    here = f"{settings.SOURCE_MIRRORS[SITE]}/{today}.txt"
    follows = replace(BULLETIN, fetch_day=lambda _day, get: [get(here)])  # as if a page had named it
    with pytest.raises(SourceChanged, match=r"Expected a public address, found 127\.0\.0\.1: not fetched"):
        fetchers.fetch_day(follows, today, timezone.now())
    by_mirror, _ = fetchers.fetch_day(BULLETIN, today, timezone.now())
    assert len(by_mirror.papers) == 2


def test_a_url_on_the_command_line_may_be_on_this_machine(
    db: None, site: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    call_command("ingest", f"{settings.SOURCE_MIRRORS[SITE]}/{timezone.now().date()}.txt")
    assert Paper.objects.count() == 2


def test_its_files_are_recognised_and_ingested_by_hand(
    db: None, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    (site / "file").write_bytes(bulletin(DAY, "Paper boats float"))
    call_command("ingest", str(site / "file"))
    call_command("ingest", "bulletin")
    row = Source.objects.get()
    assert (row.name, row.title, row.adapter) == ("bulletin", "The Bulletin", "bulletin")
    assert row.editions.count() == 3  # it still asks for the last days, as they may list more


def test_a_command_that_finds_nothing_to_ask_for_yet_says_so(
    db: None, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom = replace(BULLETIN, pause=3_600, growing_days=0)
    register(monkeypatch, seldom)
    (site / f"{timezone.now().date()}.txt").write_bytes(bulletin(timezone.now().date(), "Paper boats float"))
    said = [io.StringIO(), io.StringIO()]
    for out in said:
        call_command("ingest", "bulletin", stdout=out)
    assert [out.getvalue() for out in said] == [
        "bulletin: 1 paper, 1 added, 1 of them new\n",
        "bulletin: nothing to ask for yet, it was asked a short while ago\n",
    ]


def test_it_needs_no_migration(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # ends with 1 if there is one


# --- and every line is needed ----------------------------------------------------------------


def test_without_a_format_nothing_of_it_is_read(
    admin_client: Client, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, replace(BULLETIN, formats=()))
    add(admin_client)
    tasks.fetch_sources()
    assert "found something that begins with “bulletin of" in Source.objects.get().error
    assert not Paper.objects.exists()


def test_without_a_way_to_fetch_it_is_fed_by_hand(
    admin_client: Client, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch, replace(BULLETIN, fetch_day=None))
    add(admin_client)
    tasks.fetch_sources()
    assert Source.objects.get().checked_at is None
    chosen = {"action": "fetch_now", "_selected_action": [Source.objects.get().pk]}
    answer = admin_client.post(reverse(LIST), chosen)
    told = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "There is nothing to fetch: files are ingested by hand." in told


def test_without_its_line_in_the_registry_nobody_knows_it(admin_client: Client, site: Path) -> None:
    assert "no kind of source called “bulletin”" in add(admin_client).content.decode()
    with pytest.raises(SourceChanged, match="found something that begins with “bulletin of"):
        parse(bulletin(DAY, "Paper boats float"), today=DAY)
    with pytest.raises(CommandError, match="nor a source"):
        call_command("ingest", "bulletin")


def test_without_a_page_its_format_is_missed(tmp_path: Path) -> None:
    assert formats_without_a_page((BULLETIN,), tmp_path) == {"bulletin-text"}
    (tmp_path / "bulletin.txt").write_bytes(bulletin(date(2024, 3, 5), "Paper boats float"))
    assert formats_without_a_page((BULLETIN,), tmp_path) == set()


def test_the_lines_name_all_that_there_is_to_write_and_nothing_else() -> None:
    section = re.split(r"^## ", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE)
    (adding,) = [part for part in section if part.startswith("Adding a source\n")]
    lines = adding.strip().splitlines()[2:]
    assert [line[:2] for line in lines if line[0] != " "] == ["1.", "2.", "3.", "4.", "5.", "6."]
    named = set(re.findall(r"`([^`]+)`", adding))
    paths = {name for name in named if "/" in name}
    assert all((ROOT / path).exists() for path in paths - {"digest/sources/NAME.py"})
    parts = {part.name for kind in (Adapter, Format) for part in fields(kind)}
    assert named - paths == parts | {"Adapter", "Format", "ADAPTERS", "SourceChanged"}
