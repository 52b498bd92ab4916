"""The first start shows the product; one action takes the show away."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from time_machine import travel

from digest.ingestion import shipped_topics
from digest.models import Edition, Paper, Selection, Source
from subscriptions.devtools import demo_data
from subscriptions.lib.email_addresses import is_reserved
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.planning import planner
from subscriptions.relay import local_mailbox
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db


def test_the_first_start_brings_an_admin_whose_password_is_told_once() -> None:
    password = demo_data.create_admin()
    assert get_user_model().objects.get(username="admin").check_password(password or "")
    assert demo_data.create_admin() is None


def test_demo_readers_get_their_digest() -> None:
    shipped_topics.load()
    sent = demo_data.create(NOW)
    assert sent == len(demo_data.READERS) >= 5
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    assert all(is_reserved(subscriber.email) for subscriber in Subscriber.objects.all())
    assert local_mailbox.entries().total == sent


def test_a_demo_reader_gets_what_is_trending_and_another_what_is_like_their_library() -> None:
    shipped_topics.load()
    demo_data.create(NOW)
    kinds = {"grace@readers.example": "trending", "hugo@readers.example": "library"}
    for email, kind in kinds.items():
        selection = Delivery.objects.get(subscriber__email=email).selection
        assert selection is not None
        assert [filter_["kind"] for filter_ in selection.filters] == [kind]
        assert len(selection.items) >= 3


def test_no_demo_where_real_mail_could_be_sent(settings: object) -> None:
    settings.EMAIL_URL = "smtp://relay.example.org"  # type: ignore[attr-defined]
    assert demo_data.create(NOW) == 0
    assert not Subscriber.objects.exists()


def test_removing_the_demo_leaves_everything_else() -> None:
    shipped_topics.load()
    demo_data.create(NOW)
    edition(
        "A paper of the operator",
        "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
    )
    reader("person@university.example.org", topics=[topic("agents", "agents")])
    removed = demo_data.remove()
    assert removed.readers == len(demo_data.READERS)
    assert [s.email for s in Subscriber.objects.all()] == ["person@university.example.org"]
    assert [s.name for s in Source.objects.all()] == ["huggingface"]
    assert Edition.objects.count() == 1
    assert Paper.objects.count() == 2
    assert (Delivery.objects.count(), Selection.objects.count(), FilterSet.objects.count()) == (0, 0, 1)


def run() -> str:
    said = io.StringIO()
    call_command("demo", stdout=said)
    return said.getvalue()


def test_a_relay_means_an_admin_but_no_demo(settings: Any) -> None:
    settings.EMAIL_URL = "smtp://relay.example.org"
    assert "Admin user “admin”, password " in run()
    assert get_user_model().objects.get().is_superuser
    assert not Subscriber.objects.exists()


def test_a_start_interrupted_in_the_demo_is_made_up_for_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped_topics.load()
    with monkeypatch.context() as broken:
        broken.setattr(planner, "plan", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert not get_user_model().objects.exists()
    said = run()
    password = said.split("password ")[1].split()[0]
    assert get_user_model().objects.get().check_password(password)
    assert Delivery.objects.filter(state="accepted").count() == len(demo_data.READERS)
    assert "Continuing" in run()


def test_a_start_interrupted_while_sending_keeps_admin_and_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped_topics.load()
    monkeypatch.setattr(demo_data, "send", _interrupted)
    said = io.StringIO()
    with pytest.raises(KeyboardInterrupt):
        call_command("demo", stdout=said)
    assert "password " in said.getvalue()
    assert get_user_model().objects.exists()
    assert Delivery.objects.filter(state="pending").count() == len(demo_data.READERS)


def _interrupted(*_: object) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("today", "edition_day"),
    [
        (date(2026, 11, 30), date(2026, 11, 30)),  # a Monday
        (date(2026, 11, 29), date(2026, 11, 27)),
        (date(2028, 1, 1), date(2027, 12, 31)),
    ],
)
def test_the_sample_is_the_newest_weekday_edition_of_the_first_start(
    client: Client, today: date, edition_day: date
) -> None:
    shipped_topics.load()
    with travel(datetime(today.year, today.month, today.day, 10, tzinfo=UTC), tick=False):
        demo_data.create(timezone.now())
        assert [edition.day for edition in Edition.objects.all()] == [edition_day]
        assert set(Paper.objects.values_list("day", flat=True)) == {edition_day}
        offered = client.get("/").content.decode()
        assert f"{edition_day.day} {edition_day:%B %Y}" in offered
        topic_page = client.get("/topics/quantization/").content.decode()
        assert f"{edition_day.day} {edition_day:%B %Y}" in topic_page
        mail = local_mailbox.read(local_mailbox.entries("ada@").entries[0].key)
        assert mail is not None
        named = f"{edition_day:%A}, {edition_day.day} {edition_day:%B}"
        assert named + (f" {edition_day.year}" if edition_day.year != today.year else "") in mail.text


def test_dates_of_other_years_name_theirs_in_a_mail_and_on_pages(client: Client) -> None:
    shipped_topics.load()
    demo_data.create(datetime(2025, 11, 5, 8, tzinfo=UTC))
    with travel(datetime(2026, 11, 30, 10, tzinfo=UTC), tick=False):
        paper = Paper.objects.get(key="arxiv:2505.14065")
        for language, date_of in (("en", "arXiv, 20 May 2025"), ("de", "arXiv, 20. Mai 2025")):
            page = client.get(f"/papers/{paper.key}/", {"lang": language}).content.decode()
            assert date_of in page, language
