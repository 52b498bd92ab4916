"""An operator sees what a source answered, what parsing it again would change, and what waits for readers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from digest.ingestion import raw_answers, store
from digest.models import Edition, Paper, RawAnswer, Release
from digest.sources import ParsedAnswer
from digest.sources.record_fields import build_record
from tests.digest.admin.test_admin import act, listing, page, told
from tests.digest.ingestion.test_replay import HOUR, keep
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db
WAITING = "/admin/digest/edition/waiting/"
SET_ASIDE = "/admin/digest/edition/set-aside/"
UNREADABLE = b"<!DOCTYPE html><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW + 2 * HOUR, tick=False):
        yield


def said(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def replay_url(*editions: Edition) -> str:
    return reverse("admin:digest_edition_replay") + "?" + "&".join(f"edition={one.pk}" for one in editions)


def upgraded() -> Edition:
    """An edition, and a kept answer of which more can be read than when it came."""
    stored = edition(record("FP4 training", upvotes=3, organization=None))
    keep(record("FP4 training", upvotes=9, organization="ISTA"), "Agents at work", at=NOW + HOUR)
    return stored.editions[0]


def only_stored(title: str, age: int = 0) -> None:
    day = DAY - timedelta(days=age)
    store.store(
        ParsedAnswer(day, "records", (build_record(day, title=title),), ()), source(), NOW, release=False
    )


def looking_on(*names: str) -> Client:
    """Somebody with only these permissions."""
    user = User.objects.create_user("eve", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def test_parsing_again_shows_what_would_change_before_anything_is_stored(admin_client: Client) -> None:
    stored = upgraded()
    chosen = {"action": "parse_again", "_selected_action": [stored.pk]}
    response = admin_client.post(listing(Edition), chosen)
    assert response["Location"] == replay_url(stored)
    shown = said(admin_client.get(response["Location"]))
    assert "Edition of 5 Nov 2025: papers 1 → 2, set aside 0 → 0" in shown
    assert "Papers found Agents at work" in shown
    assert "FP4 training organization none ISTA" in shown
    assert "upvotes 3 9" in shown
    assert Paper.objects.get().upvotes == 3


def test_what_was_shown_is_applied_and_goes_to_no_reader(admin_client: Client) -> None:
    stored = upgraded()
    response = admin_client.post(replay_url(stored))
    assert response["Location"] == page(stored)
    assert told(response) == ["Huggingface, 05 Nov 2025: 1 paper found, facts of 1 paper changed."]
    assert Paper.objects.get(title="FP4 training").upvotes == 9
    assert Paper.objects.get(title="Agents at work").release is None
    assert Release.objects.count() == 1
    assert LogEntry.objects.get().change_message == "Parsed again."


def test_where_nothing_would_change_there_is_nothing_to_apply(admin_client: Client) -> None:
    stored = edition("FP4 training").editions[0]
    response = admin_client.get(replay_url(stored))
    assert "Parsing the kept answers again changes nothing." in said(response)
    assert "Apply" not in said(response)


def test_an_answer_that_cannot_be_parsed_any_more_is_shown_with_the_reason(admin_client: Client) -> None:
    stored = edition("FP4 training").editions[0]
    RawAnswer.objects.update(format="of-a-later-version")
    shown = said(admin_client.get(replay_url(stored)))
    assert "can no longer be parsed, and what is stored of it stays" in shown
    assert "found “of-a-later-version”" in shown


def test_so_many_editions_at_once_are_a_matter_for_the_command(admin_client: Client) -> None:
    days = [edition("First", day=DAY - timedelta(days=age)).editions[0] for age in range(15)]
    assert act(admin_client, "parse_again", *days) == [
        "Choose at most 14 editions; “manage.py replay” does any number."
    ]


def test_an_edition_shows_its_raw_answers(admin_client: Client) -> None:
    stored = upgraded()
    shown = said(admin_client.get(page(stored)))
    assert "5 Nov 2025, 10:00" in shown
    assert "records download" in shown


def test_an_answer_is_shown_as_text_and_never_as_a_page(admin_client: Client) -> None:
    raw_answers.keep(source(), DAY, (UNREADABLE,), "", NOW)
    answer = RawAnswer.objects.get()
    content = admin_client.get(page(answer)).content.decode()
    assert "&lt;script&gt;alert(1)" in content
    assert "could not be read" in content
    response = admin_client.get(reverse("admin:digest_rawanswer_download", args=[answer.pk]))
    assert response.content == UNREADABLE
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'attachment; filename="huggingface-20251105-090000-1.txt"'


def test_answers_that_could_not_be_read_at_all_are_found_and_tried_again(admin_client: Client) -> None:
    edition("FP4 training", of="other")
    source(adapter="none")
    keep("Agents at work", form="")
    (answer,) = admin_client.get(listing(RawAnswer), {"readable": "no"}).context["cl"].result_list
    again = reverse("admin:digest_rawanswer_replay", args=[answer.pk])
    assert "Papers found Agents at work" in said(admin_client.get(again))
    assert admin_client.post(again)["Location"] == page(answer)
    assert Paper.objects.filter(title="Agents at work").exists()
    assert not RawAnswer.objects.filter(format="").exists()


def test_entries_set_aside_say_why_and_disappear_when_they_can_be_read(admin_client: Client) -> None:
    stored = edition("FP4 training").editions[0]
    Edition.objects.update(rejected=[{"position": 2, "title": "Agents at work", "why": "it has no key"}])
    keep("FP4 training", "Agents at work", at=NOW + HOUR)
    shown = said(admin_client.get(SET_ASIDE))
    assert "Agents at work It has no key. Huggingface, Wed 5 Nov 2025 , number 2; can be read now" in shown
    admin_client.post(replay_url(stored))
    assert "Nothing is set aside" in said(admin_client.get(SET_ASIDE))
    assert Paper.objects.filter(title="Agents at work").exists()


def test_entries_that_still_cannot_be_read_stay(admin_client: Client) -> None:
    stored = edition("FP4 training", "Agents at work", record("")).editions[0]
    assert "number 3; still so" in said(admin_client.get(SET_ASIDE))
    admin_client.post(replay_url(stored))
    assert "number 3; still so" in said(admin_client.get(SET_ASIDE))


def test_the_list_of_editions_says_what_waits(admin_client: Client) -> None:
    edition("FP4 training")
    assert "not released" not in said(admin_client.get(listing(Edition)))
    only_stored("Agents at work")
    Edition.objects.update(rejected=[{"position": 2, "title": "", "why": "it has no title"}])
    shown = said(admin_client.get(listing(Edition)))
    assert "1 paper was stored and not released: look and release" in shown
    assert "1 edition has entries that could not be read: set aside" in shown


def test_papers_are_released_after_one_more_question(admin_client: Client) -> None:
    only_stored("Agents at work")
    only_stored("FP4 training", age=1)
    only_stored("Too old", age=181)
    shown = said(admin_client.get(WAITING))
    assert "2 papers of 2 days." in shown
    assert "Release 2 papers to readers …" in shown
    assert "Too old" not in shown
    asked = said(admin_client.get(WAITING, {"ask": ""}))
    assert "Release 2 papers to readers? They become new to every reader, in order of day" in asked
    assert not Release.objects.exists()
    response = admin_client.post(WAITING, {"papers": "2"})
    assert told(response) == ["2 papers released: the next digests bring those that readers’ filters match."]
    assert "No paper waits for a release." in said(admin_client.get(WAITING))


def test_the_papers_of_one_source_and_some_days_are_released_alone(admin_client: Client) -> None:
    only_stored("Agents at work")
    only_stored("FP4 training", age=1)
    chosen = f"{WAITING}?source={source().pk}&since={DAY}&until={DAY}"
    assert "Release 1 paper to readers …" in said(admin_client.get(chosen))
    admin_client.post(chosen, {"papers": "1"})
    assert Paper.objects.get(release=None).title == "FP4 training"


def test_more_than_was_asked_about_is_not_released(admin_client: Client) -> None:
    only_stored("Agents at work")
    only_stored("FP4 training")
    assert told(admin_client.post(WAITING, {"papers": "1"})) == [
        "Meanwhile it is 2 papers: nothing was released yet."
    ]
    assert not Release.objects.exists()


def test_who_may_only_look_can_neither_parse_nor_release() -> None:
    stored = upgraded()
    only_stored("Gaussian splats")
    raw_answers.keep(source(), DAY, (UNREADABLE,), "", NOW)
    client = looking_on("view_edition", "view_rawanswer")
    for url in (WAITING, SET_ASIDE, page(stored), page(RawAnswer.objects.all()[0])):
        assert client.get(url).status_code == 200
    assert "Release 1 paper" not in said(client.get(WAITING))
    again = reverse("admin:digest_rawanswer_replay", args=[RawAnswer.objects.all()[0].pk])
    for url in (replay_url(stored), again):
        assert client.get(url).status_code == 403
        assert client.post(url).status_code == 403
    assert client.post(WAITING, {"papers": "1"}).status_code == 403
    assert Paper.objects.filter(release=None).count() == 1


def test_who_may_not_see_answers_cannot_download_them() -> None:
    edition("FP4 training")
    client = looking_on("view_edition")
    download = reverse("admin:digest_rawanswer_download", args=[RawAnswer.objects.get().pk])
    assert client.get(download).status_code == 403
