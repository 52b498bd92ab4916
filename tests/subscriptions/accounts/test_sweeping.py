"""What a reader asked for does not outlive the reader; what somebody still holds stays."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.celery import app
from digest.models import Selection
from subscriptions import tasks
from subscriptions.accounts import data_rights, preferences, signup
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, FilterSet, LetterQuota, Subscriber
from subscriptions.models.schedule import Schedule
from subscriptions.planning.planner import plan
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db
SECRET = '"my rare disease"'


def stored() -> str:
    rows = [*FilterSet.objects.values_list("queries"), *Selection.objects.values_list("filters")]
    return str(rows)


def swept(days: int = 2) -> None:
    Selection.objects.update(created_at=timezone.now() - timedelta(days=days))
    tasks.sweep()


def test_queries_that_a_reader_gave_up_go_also_after_erasure() -> None:
    ada = reader(queries=[SECRET])
    preferences.save(ada, Choices((), ("agents",), Schedule("UTC", 7)), NOW)
    data_rights.erase(ada)
    swept()
    assert not FilterSet.objects.exists()


def test_queries_of_a_sign_up_that_nobody_confirmed_go_with_it() -> None:
    signup.request("ada@readers.example", Choices((), (SECRET,), Schedule("UTC", 7)), NOW)
    swept()
    assert SECRET in stored()
    Subscriber.objects.update(created_at=NOW)
    Delivery.objects.update(due_at=NOW)
    swept()
    assert not Subscriber.objects.exists()
    assert not FilterSet.objects.exists()


def test_queries_typed_with_the_address_of_a_reader_do_not_stay() -> None:
    reader("ada@readers.example", queries=["agents"])
    signup.request("ada@readers.example", Choices((), (SECRET,), Schedule("UTC", 7)), NOW)
    swept()
    assert SECRET not in stored()
    assert "agents" in stored()


def test_queries_of_a_reader_whom_the_operator_deleted_go_with_their_digests(admin_client: Client) -> None:
    ada = reader(queries=[f"agents OR {SECRET}"])
    edition("First agents")
    plan(NOW)
    assert "rare disease" in stored()
    admin_client.post(reverse("admin:subscriptions_subscriber_delete", args=[ada.pk]), {"post": "yes"})
    assert not Subscriber.objects.exists()
    swept()
    assert (FilterSet.objects.count(), Selection.objects.count()) == (0, 0)


def test_what_readers_and_their_digests_hold_stays() -> None:
    agents = topic("agents", "agents")
    ada, bela = reader("ada@readers.example", [agents], ["kv*"]), reader("bela@readers.example", [agents])
    edition("First agents")
    plan(NOW)
    before = (stored(), ada.filter_set_id, bela.filter_set_id)
    swept()
    assert (stored(), ada.filter_set_id, bela.filter_set_id) == before


def test_a_selection_that_a_planner_is_about_to_name_is_too_young_to_go() -> None:
    reader(queries=[SECRET])
    edition("First agents")
    plan(NOW)
    Delivery.objects.all().delete()
    swept(days=0)
    assert Selection.objects.exists()


def test_counts_of_letters_are_kept_for_a_day() -> None:
    LetterQuota.objects.take("ada@readers.example", timezone.now() - timedelta(days=1, minutes=1))
    LetterQuota.objects.take("bela@readers.example", timezone.now() - timedelta(hours=23))
    swept()
    assert LetterQuota.objects.count() == 1


def test_sweeping_is_on_the_schedule_and_in_the_command_for_cron() -> None:
    assert "subscriptions.tasks.sweep" in {entry["task"] for entry in app.conf.beat_schedule.values()}
    FilterSet.objects.obtain((), [SECRET])
    call_command("send_digests", json=True)
    assert not FilterSet.objects.exists()
