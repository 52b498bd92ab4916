"""Papers by hand: a file or pasted text is previewed, then stored for a source there is or a new one."""

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from kombu.exceptions import OperationalError

from digest.ingestion import by_hand, raw_answers
from digest.models import Edition, Paper, Source
from digest.sources.jsonl import JSON_LINES
from digest.sources.uploads import UPLOADS
from digest.tasks import refresh_search
from tests.factories import DAY, edition, record, source

pytestmark = pytest.mark.django_db

UPLOAD = reverse("admin:digest_source_upload")


@pytest.fixture(autouse=True)
def refreshed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the search was asked to take up papers."""
    asked: list[str] = []
    monkeypatch.setattr(refresh_search, "apply_async", lambda *_, **__: asked.append("search"))
    return asked


def lines(*titles: str, **values: Any) -> str:
    return "\n".join(json.dumps(record(title, **values)) for title in titles)


def file(content: str, name: str = "papers.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def words(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(BeautifulSoup(answer.content, "lxml").get_text(" ").split())


def previewed(client: Client, **values: Any) -> str:
    answer = client.post(f"{UPLOAD}?_preview=1", values, headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    return words(answer)


def test_a_file_becomes_a_source_of_its_own(admin_client: Client, refreshed: list[str]) -> None:
    brought = lines("FP4 training", "Agents at work")
    answer = admin_client.post(
        UPLOAD, {"title": "Reading group", "file": file(brought), "release": "on"}, follow=True
    )
    row = Source.objects.get()
    assert (row.title, row.name, row.adapter, row.enabled) == (
        *("Reading group", "reading-group", JSON_LINES.name, False),
    )
    stored = row.editions.get()
    assert (stored.day, stored.entries.count()) == (DAY, 2)
    assert answer.request["PATH_INFO"] == reverse("admin:digest_edition_change", args=[stored.pk])
    assert "2 papers stored for “Reading group”, 2 of them new; released to readers." in words(answer)
    assert not Paper.objects.filter(release=None).exists()
    assert refreshed == ["search"]


@pytest.mark.parametrize(
    ("form", "brought"),
    [
        ("table", "title,authors\nFP4 training,Ada Example"),
        ("bibtex", "@article{one, title={FP4 training}, author={Example, Ada}}"),
        ("ris", "TY  - JOUR\nTI  - FP4 training\nAU  - Example, Ada\nER  - \n"),
    ],
)
def test_tables_and_lists_of_references_are_taken(admin_client: Client, form: str, brought: str) -> None:
    admin_client.post(UPLOAD, {"title": "Reading group", "text": brought, "day": DAY, "release": "on"})
    stored = Edition.objects.get()
    assert (stored.format, stored.day) == (form, DAY)
    assert stored.source.adapter == UPLOADS.name
    paper = Paper.objects.get()
    assert (paper.title, paper.author_names) == ("FP4 training", ["Ada Example"])


def test_what_was_brought_is_kept_as_it_came(admin_client: Client) -> None:
    brought = lines("FP4 training")
    admin_client.post(UPLOAD, {"title": "Reading group", "file": file(brought), "day": DAY})
    kept = raw_answers.latest(Source.objects.get(), DAY)
    assert kept
    assert kept.parts == (brought.encode(),)
    assert kept.format == "records"


def test_pasted_text_goes_to_a_source_that_there_is(admin_client: Client) -> None:
    row = source()
    pasted = lines("FP4 training", "Agents at work").replace("\n", "\r\n")  # as browsers send it
    admin_client.post(UPLOAD, {"source": row.pk, "text": pasted, "release": "on"})
    assert list(Edition.objects.values_list("source", "day")) == [(row.pk, DAY)]
    assert Paper.objects.count() == 2


def test_without_release_papers_are_only_stored(admin_client: Client) -> None:
    row = source()
    answer = admin_client.post(UPLOAD, {"source": row.pk, "text": lines("FP4 training")}, follow=True)
    assert "not released" in words(answer)
    assert Paper.objects.get().release is None


def test_the_page_offers_to_release_and_comes_with_the_source_it_was_asked_from(admin_client: Client) -> None:
    row = source()
    page = BeautifulSoup(admin_client.get(UPLOAD, {"source": row.pk}).content, "lxml")
    assert page.select_one("input[name=release][checked]")
    chosen = page.select_one("select[name=source] option[selected]")
    assert chosen
    assert chosen.get_text(strip=True) == row.title
    assert "At most 900 kB" in page.get_text(" ")


def test_the_preview_says_what_storing_would_do_and_does_nothing(admin_client: Client) -> None:
    edition("Agents at work")
    bad = json.dumps(record("") | {"key": None})
    shown = previewed(
        admin_client,
        title="Reading group",
        text=f"{lines('FP4 training', 'Agents at work')}\n{bad}",
        release="on",
    )
    assert "Read as “Papers as JSON Lines”" in shown
    assert "1 new paper would go to readers" in shown
    assert "2 papers, 1 of them stored already" in shown
    assert "Number 3: it has no title" in shown
    assert "days old, and would be new to readers all the same" in shown
    assert Paper.objects.count() == 1
    assert not Source.objects.filter(title="Reading group").exists()


def test_the_preview_without_release_promises_readers_nothing(admin_client: Client) -> None:
    shown = previewed(admin_client, title="Reading group", text=lines("FP4 training"))
    assert "nothing would go to readers" in shown
    assert "days old" not in shown


def test_without_scripts_the_preview_is_a_page(admin_client: Client) -> None:
    answer = admin_client.post(
        f"{UPLOAD}?_preview=1", {"title": "Reading group", "text": lines("FP4 training")}
    )
    assert "FP4 training" in words(answer)
    assert b"<html" in answer.content


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"title": "Ours"}, "Choose a file, or paste its content."),
        ({"text": lines("FP4")}, "Give the new source a title, or choose a source."),
        (
            {"title": "Huggingface", "text": lines("FP4")},
            "There is a source with this title: choose it above.",
        ),
        (
            {"title": "Ours", "text": "Dear colleagues,"},
            "found something that begins with “Dear colleagues,”",
        ),
        ({"title": "Ours", "text": lines("FP4"), "day": "yesterday"}, "Enter a valid date."),
        (
            {"title": "Ours", "text": lines("FP4"), "day": "2025-11-06"},
            "of 2025-11-06, found that of 2025-11-05",
        ),
        ({"title": "Ours", "text": "x" * (by_hand.MOST_BYTES + 1)}, "It is larger than 900 kB."),
        ({"source": "99", "text": lines("FP4")}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_stored(
    admin_client: Client, values: dict[str, str], told: str
) -> None:
    source()
    assert told in words(admin_client.post(UPLOAD, values))
    assert told in previewed(admin_client, **values)
    assert not Paper.objects.exists()
    assert Source.objects.count() == 1


def test_a_file_that_is_too_large_is_refused(admin_client: Client) -> None:
    large = file("x" * (by_hand.MOST_BYTES + 1))
    assert "It is larger than 900 kB." in words(admin_client.post(UPLOAD, {"title": "Ours", "file": large}))


def test_the_same_again_changes_nothing(admin_client: Client) -> None:
    row = source()
    for _ in range(2):
        answer = admin_client.post(
            UPLOAD, {"source": row.pk, "text": lines("FP4 training"), "release": "on"}, follow=True
        )
    assert "0 of them new" in words(answer)
    assert (Paper.objects.count(), row.raw_answers.count()) == (1, 1)


def test_papers_are_stored_though_the_task_queue_cannot_be_reached(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(refresh_search, "apply_async", unreachable)
    admin_client.post(UPLOAD, {"title": "Ours", "text": lines("FP4 training")})
    assert Paper.objects.count() == 1


@pytest.mark.parametrize(
    ("permissions", "existing", "new"),
    [
        ((), 403, 403),
        (("view",), 403, 403),
        (("change",), 302, 200),
        (("add",), 200, 302),
        (("add", "change"), 302, 302),
    ],
)
def test_only_who_may_add_or_change_sources_brings_papers_for_them(
    client: Client, permissions: tuple[str, ...], existing: int, new: int
) -> None:
    row = source()
    assistant = User.objects.create_user("assistant", is_staff=True)
    codenames = [f"{name}_source" for name in permissions]
    assistant.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(assistant)
    assert client.post(UPLOAD, {"source": row.pk, "text": lines("FP4 training")}).status_code == existing
    assert client.post(UPLOAD, {"title": "Ours", "text": lines("Agents at work")}).status_code == new
    listed = client.get(reverse("admin:digest_source_changelist"))
    if listed.status_code == 200:
        assert ("Upload or paste papers" in words(listed)) == ("change" in permissions)
    if existing == new == 302:
        links = BeautifulSoup(listed.content, "lxml").select("a[href]")
        (button,) = [link for link in links if "Upload or paste papers" in link.get_text()]
        assert client.get(str(button["href"])).headers["Location"] == UPLOAD


def test_it_stands_in_the_history_of_the_source(admin_client: Client) -> None:
    row = source()
    admin_client.post(UPLOAD, {"source": row.pk, "text": lines("FP4 training")})
    history = admin_client.get(reverse("admin:digest_source_history", args=[row.pk]))
    assert "1 paper stored by hand, not released." in words(history)
