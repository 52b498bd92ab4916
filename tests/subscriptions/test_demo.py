"""The first start shows the product; one action takes the show away."""

import pytest
from django.contrib.auth import get_user_model

from digest import presets
from digest.models import Edition, Paper, Selection, Source
from subscriptions import demo, mailbox
from subscriptions.addresses import is_reserved
from subscriptions.models import Delivery, FilterSet, Subscriber
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db


def test_the_first_start_brings_an_admin_whose_password_is_told_once() -> None:
    password = demo.create_admin()
    assert get_user_model().objects.get(username="admin").check_password(password or "")
    assert demo.create_admin() is None


def test_demo_readers_get_their_digest() -> None:
    presets.load()
    sent = demo.create(NOW)
    assert sent == len(demo.READERS) >= 5
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}
    assert all(is_reserved(subscriber.email) for subscriber in Subscriber.objects.all())
    assert mailbox.entries().total == sent


def test_no_demo_where_real_mail_could_be_sent(settings: object) -> None:
    settings.EMAIL_URL = "smtp://relay.example.org"  # type: ignore[attr-defined]
    assert demo.create(NOW) == 0
    assert not Subscriber.objects.exists()


def test_removing_the_demo_leaves_everything_else() -> None:
    presets.load()
    demo.create(NOW)
    edition(
        "A paper of the operator",
        "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
    )
    reader("person@university.example.org", topics=[topic("agents", "agents")])
    removed = demo.remove()
    assert removed.readers == len(demo.READERS)
    assert [s.email for s in Subscriber.objects.all()] == ["person@university.example.org"]
    assert [s.name for s in Source.objects.all()] == ["huggingface"]
    assert Edition.objects.count() == 1
    assert Paper.objects.count() == 2
    assert (Delivery.objects.count(), Selection.objects.count(), FilterSet.objects.count()) == (0, 0, 1)
