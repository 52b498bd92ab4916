"""After an upgrade: what the version before stored is sent, searched and planned on by this one."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from digest.ingestion.fetchers import fetchable
from digest.lib.likely_twins import likely_key
from digest.lib.records import title_key
from digest.models import AnswerBody, Edition, IndexSegment, Paper, RawAnswer
from subscriptions.models import Delivery
from subscriptions.planning import planner
from subscriptions.relay import local_mailbox
from tests.flow.old_tables import models_before
from tests.services.processes import ROOT

pytestmark = pytest.mark.django_db

BEFORE = [("digest", "0006_heartbeat"), ("subscriptions", "0006_alarm")]


def store_papers(add: Callable[..., Any], now: datetime) -> dict[str, Any]:
    """A paper of yesterday and two of today, with an index that only the version before could read."""
    add("digest.Source", name="records", title="Records", adapter="none")
    source = add("digest.Source", name="huggingface", title="Hugging Face", adapter="huggingface")
    papers = {}
    for days, titles in ((1, ["Agents of yesterday"]), (0, ["Agents that plan", "Splats"])):
        day = now.date() - timedelta(days=days)
        edition = add("digest.Edition", source=source, day=day, format="page", raw=b"", fetched_at=now)
        release = add("digest.Release", edition=edition, released_at=now)
        for position, title in enumerate(titles):
            listed = {"source_name": source.name, "day": day, "release": release, "upvotes": 7}
            names = {"title": title, "key": title, "title_key": title, "url": "https://example.org/paper"}
            paper = papers[title] = add("digest.Paper", **listed, **names, abstract="By agents.")
            add("digest.EditionEntry", edition=edition, paper=paper, release=release, position=position)
    span = {"number": 0, "count": 3, "stamp": now, "first_day": day, "last_day": day}
    add("digest.Shelf", made_by="the version before", papers=b"", index=b"", **span)
    return papers


def store_readers(add: Callable[..., Any], now: datetime, paper: Any) -> None:
    """Ada's digest with this paper was planned and waits. Eve had what was released before, and is due."""
    topic = {"name": "Agents", "query": "title:agents upvotes>=5", "colour": "#1f5fbf"}
    filters = add("subscriptions.FilterSet", key="agents")
    filters.topics.add(add("digest.Topic", slug="agents", **topic))
    release = paper.release_id

    def reader(address: str, **values: Any) -> Any:
        known = {"email": address, "email_key": address, "state": "active", "filter_set": filters}
        return add("subscriptions.Subscriber", **known, **values)

    ada = reader("ada@readers.example", next_digest_at=now + timedelta(days=1), covered=release)
    reader("eve@readers.example", next_digest_at=now, covered=release - 1)
    span = {"since": release - 1, "until": release, "had": release - 1, "most": 5, "day": paper.day}
    items = [{"paper": paper.pk, "filter": 0}]
    found = {"key": "before", "filters": [topic | {"own": False}], "items": items, "scanned": 2}
    selection = add("digest.Selection", **span, **found)
    run = add("subscriptions.Run", moment=now, until=release)
    planned = {"run": run, "due_at": now, "not_before": now}
    add("subscriptions.Delivery", subscriber=ada, kind="digest", selection=selection, **planned)


def send_digests(url: str, data_dir: Path) -> dict[str, float]:
    """What the command reports; executed as by an operator, on the service's own settings."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": url, "DATA_DIR": str(data_dir)}
    command = (sys.executable, "manage.py", "send_digests", "--json")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report: dict[str, float] = json.loads(done.stdout)
    return report


def test_a_digest_that_waits_is_sent_after_an_upgrade_and_all_goes_on_from_there(
    url: str, tmp_path: Path, settings: Any, client: Client
) -> None:
    now = timezone.now()
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    add = models_before(BEFORE)
    store_readers(add, now, store_papers(add, now)["Agents that plan"])
    call_command("migrate", verbosity=0)

    report = send_digests(url, tmp_path)
    assert (report["planned"], report["accepted"]) == (1, 2)
    entries = local_mailbox.entries().entries
    assert sorted(entry.recipient for entry in entries) == ["ada@readers.example", "eve@readers.example"]
    for entry in entries:  # planned by the version before, and by this one
        mail = local_mailbox.read(entry.key)
        assert mail
        text = " ".join(mail.text.split())
        assert "Why: title has “Agents”; 7 upvotes" in text
        assert "Agents of yesterday" not in text
        assert "Splats" not in text
        marks = BeautifulSoup(mail.html, "html.parser").select(".hit")
        assert [mark.get_text() for mark in marks] == ["Agents"]

    tomorrow = now + timedelta(days=1, minutes=1)
    planned = planner.plan(tomorrow)
    assert (planned.pending, planned.skipped) == (0, 2)
    assert not Delivery.objects.waiting(tomorrow).exists()

    assert [source.name for source in fetchable()] == ["huggingface"]
    page = client.get("/search/", {"q": "title:agents"}).content.decode()
    assert "Agents that plan" in page
    assert "Splats" not in page
    assert IndexSegment.objects.get().count == Paper.objects.count()


@pytest.mark.usefixtures("url")
def test_papers_stored_before_are_shown_without_tex_and_their_links_lead_to_them(client: Client) -> None:
    add = models_before(BEFORE)
    now = timezone.now()
    source = add("digest.Source", name="huggingface", title="Hugging Face", adapter="huggingface")
    edition = add("digest.Edition", source=source, day=now.date(), format="page", raw=b"", fetched_at=now)

    def paper(key: str, url: str, title: str = "A title", abstract: str = "") -> Any:
        named = {"key": key, "title": title, "title_key": title_key(title), "abstract": abstract, "url": url}
        return add("digest.Paper", **named, source_name="none", day=now.date(), author_names=names)

    names = [r"Zo\"e Example", "Ada Example"]

    listed = paper(
        "arxiv:2511.00001", "https://huggingface.co/papers/2511.00001", r"R\&D in a caf\'e", r"By 60\%."
    )
    add("digest.EditionEntry", edition=edition, paper=listed, position=1)
    paper("arxiv:2511.00002", "https://huggingface.co/papers/2511.00002")
    paper("doi:10.1000/a#b?c", "https://doi.org/10.1000/a#b?c")
    paper("doi:10.1000/d", "https://journal.example.org/d")
    call_command("migrate", verbosity=0)

    now_listed = Paper.objects.get(key="arxiv:2511.00001")
    assert (now_listed.title, now_listed.abstract) == ("R&D in a café", "By 60%.")
    assert {name for paper in Paper.objects.all() for name in paper.author_names} == {
        "Zoë Example",
        "Ada Example",
    }
    assert now_listed.title_key == title_key("R&D in a cafe")
    assert dict(Paper.objects.values_list("key", "url")) == {
        "arxiv:2511.00001": "https://huggingface.co/papers/2511.00001",
        "arxiv:2511.00002": "https://arxiv.org/abs/2511.00002",
        "doi:10.1000/a#b?c": "https://doi.org/10.1000/a%23b%3Fc",
        "doi:10.1000/d": "https://journal.example.org/d",
    }
    assert "R&amp;D in a" in client.get("/search/", {"q": "title:café"}).content.decode()


@pytest.mark.usefixtures("url")
def test_the_answer_that_an_edition_was_read_from_is_kept_and_the_version_before_may_still_write() -> None:
    add = models_before([("digest", "0013_sources_with_settings")])
    now = timezone.now()
    source = add("digest.Source", name="huggingface", title="Hugging Face", adapter="huggingface")
    for days, raw in enumerate((b"the same", b"the same", b"another")):
        day = now.date() - timedelta(days=days)
        stored = {"raw": zlib.compress(raw), "fetched_at": now - timedelta(hours=days)}
        add("digest.Edition", source=source, day=day, format="page", **stored)
    call_command("migrate", verbosity=0)
    kept = RawAnswer.objects.order_by("-day").select_related("body")
    assert [zlib.decompress(one.body.compressed) for one in kept] == [b"the same", b"the same", b"another"]
    assert [one.fetched_at for one in kept] == list(Edition.objects.values_list("fetched_at", flat=True))
    assert AnswerBody.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT raw FROM digest_edition")
        assert {zlib.decompress(raw) for (raw,) in cursor.fetchall()} == {b""}


@pytest.mark.usefixtures("url")
def test_papers_stored_before_know_all_their_sources_and_are_found_by_their_titles() -> None:
    add = models_before([("digest", "0015_fetching")])
    now = timezone.now()
    named = {"title": "Sparse Adapters for Retrieval", "url": "https://example.org/paper", "day": now.date()}
    both, one = (
        add("digest.Paper", key=key, title_key=key, source_name="list", **named) for key in ("a", "b")
    )
    for days, name in enumerate(("list", "archive")):
        listing = add("digest.Source", name=name, title=name.title(), adapter="huggingface")
        day = now.date() - timedelta(days=days)
        edition = add("digest.Edition", source=listing, day=day, format="page", fetched_at=now)
        for position, paper in enumerate((both, one) if name == "list" else (both,)):
            add("digest.EditionEntry", edition=edition, paper=paper, position=position)
    call_command("migrate", verbosity=0)
    papers = Paper.objects.in_bulk([both.pk, one.pk])
    assert set(papers[both.pk].source_names) == {"list", "archive"}
    assert papers[one.pk].source_names == ("list",)
    assert {paper.likely_key for paper in papers.values()} == {likely_key(named["title"])}
