"""The first start shows the product; one action takes the show away."""

import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

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
