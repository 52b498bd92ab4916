"""The admin pages for readers and mails: why somebody got none, help for one reader, nothing twice."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from digest.models import Source
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import Selector
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule, due_at
from subscriptions.tasks import deliver, plan_digests
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db

State = Delivery.State
READERS = reverse("admin:subscriptions_subscriber_changelist")
DELIVERIES = reverse("admin:subscriptions_delivery_changelist")
PRESSED = {"_form_submitted": "on"}


def delivery(to: Subscriber, state: str = State.ACCEPTED, **values: Any) -> Delivery:
    defaults = {"due_at": NOW, "not_before": NOW, "state": state}
    return Delivery.objects.create(subscriber=to, **defaults | values)


def page(row: Model, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def press(client: Client, row: Model, name: str) -> list[str]:
    """Press a button on the page of one row, after its question; what the operator is told."""
    assert client.get(page(row, name)).status_code == 200
    answer = client.post(page(row, name), PRESSED)
    client.get(page(row))  # reads the messages, so that the next press has only its own
    return told(answer)


def act(client: Client, where: str, name: str, *rows: Model) -> list[str]:
    return told(client.post(where, {"action": name, "_selected_action": [row.pk for row in rows]}))


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def staff(*permissions: str) -> User:
    operator = User.objects.create_user("operator", is_staff=True)
    operator.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return operator


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that workers were asked to run."""
    asked: list[str] = []
    for task in (plan_digests, deliver):
        monkeypatch.setattr(task, "apply_async", lambda *_, name=task.name, **__: asked.append(name))
    return asked


@pytest.mark.parametrize("url", [READERS, DELIVERIES])
def test_an_empty_list_says_so_and_a_fruitless_search_leads_back(url: str, admin_client: Client) -> None:
    assert "There are no" in admin_client.get(url).content.decode()
    assert "Show all" in admin_client.get(url, {"q": "nobody"}).content.decode()


def test_the_list_of_readers_shows_what_when_and_how_the_last_mail_went(admin_client: Client) -> None:
    ada = reader(topics=[topic("agents", "agent*")], queries=["moe*"], schedule=Schedule("Europe/Berlin", 7))
    delivery(ada, due_at=NOW - timedelta(days=1))
    delivery(ada, State.SKIPPED)
    content = admin_client.get(READERS).content.decode()
    for shown in ("ada@readers.example", "Agents, moe*", "every day at 07:00 (Europe/Berlin)", "skipped"):
        assert shown in content


def test_readers_are_found_by_address_state_rhythm_and_topic(admin_client: Client) -> None:
    agents = topic("agents", "agent*")
    reader("ada@readers.example", topics=[agents])
    reader("bela@readers.example", queries=["moe*"], schedule=Schedule("UTC", 7, Rhythm.WEEKLY))
    reader("chidi@readers.example", topics=[agents], state=Subscriber.State.PAUSED)
    reader("dana@readers.example", queries=["lora"], schedule=Schedule("UTC", 7, Rhythm.MONTHLY))

    def found(**query: Any) -> list[str]:
        rows = admin_client.get(READERS, query).context["cl"].result_list
        return sorted(row.email.partition("@")[0] for row in rows)

    assert found(q="bela") == ["bela"]
    assert found(state__exact="paused") == ["chidi"]
    assert found(rhythm__exact="weekly") == ["bela"]
    assert found(rhythm__exact="monthly") == ["dana"]
    assert found(topic=agents.pk) == ["ada", "chidi"]
    assert len(found(topic="nonsense")) == 4


def test_lists_cost_the_same_for_one_row_and_for_many(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        one = reader(f"reader{number}@readers.example", topics=[topic(f"topic-{number}", "agent*")])
        for day in range(3):
            delivery(one, due_at=NOW - timedelta(days=day))
    with django_assert_max_num_queries(10):
        admin_client.get(READERS)
    with django_assert_max_num_queries(8):
        admin_client.get(DELIVERIES)
    with django_assert_max_num_queries(20):
        admin_client.get(page(one))


def test_a_readers_page_says_why_there_was_no_mail(admin_client: Client) -> None:
    ada = reader()
    delivery(ada, State.SKIPPED, reason="nothing matched: 31 papers scanned")
    assert "nothing matched: 31 papers scanned" in admin_client.get(page(ada)).content.decode()


def test_nobody_is_signed_up_by_hand(admin_client: Client) -> None:
    assert admin_client.get(READERS + "add/").status_code == 403


@pytest.mark.parametrize("rhythm", [Rhythm.WEEKLY, Rhythm.MONTHLY])
def test_a_new_schedule_moves_the_next_digest_and_nothing_else(admin_client: Client, rhythm: Rhythm) -> None:
    ada = reader(queries=["moe*"])
    form = {"time_zone": "Asia/Tokyo", "hour": "9", "rhythm": str(rhythm), "weekday": "2"}
    tables = ("deliveries", "votes")
    paging = {f"{table}-{number}_FORMS": "0" for table in tables for number in ("TOTAL", "INITIAL")}
    admin_client.post(page(ada), form | paging | {"email": "eve@readers.example", "state": "paused"})
    ada.refresh_from_db()
    assert ada.schedule == Schedule("Asia/Tokyo", 9, rhythm, 2)
    assert ada.next_digest_at == due_at(ada.schedule, after=timezone.now())
    assert (ada.email, ada.state) == ("ada@readers.example", Subscriber.State.ACTIVE)
    assert ada.filter_set.queries == ["moe*"]


def test_an_unknown_time_zone_is_refused(admin_client: Client) -> None:
    ada = reader()
    form = {"time_zone": "Mars/Olympus", "hour": "9", "rhythm": "daily", "weekday": "0"}
    paging = {"deliveries-TOTAL_FORMS": "0", "deliveries-INITIAL_FORMS": "0"}
    assert "Mars/Olympus is not one of" in admin_client.post(page(ada), form | paging).content.decode()


def test_the_next_digest_can_be_asked_for_now(admin_client: Client, woken: list[str]) -> None:
    later = timezone.now() + timedelta(days=1)
    ada, away = reader(next_digest_at=later), reader("bela@x.example", state=Subscriber.State.PAUSED)
    message = "1 reader will get the next digest in a moment; where nothing is new, the delivery says so."
    assert act(admin_client, READERS, "send_now", ada, away) == [message]
    assert [one.email for one in Subscriber.objects.due(timezone.now())] == ["ada@readers.example"]
    assert woken == [plan_digests.name]


def test_without_a_broker_the_scheduler_takes_over(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(plan_digests, "apply_async", unreachable)
    (message,) = press(admin_client, reader(), "send_this_now")
    assert "within a minute, by the scheduler" in message


def test_the_next_digest_of_a_reader_who_gets_none_is_not_sent(
    admin_client: Client, woken: list[str]
) -> None:
    paused = reader(state=Subscriber.State.PAUSED, next_digest_at=None)
    assert press(admin_client, paused, "send_this_now") == ["Only active readers get digests."]
    assert woken == []


def test_readers_are_paused_and_resumed(admin_client: Client) -> None:
    ada = reader()
    assert press(admin_client, ada, "pause_this") == ["1 reader paused."]
    ada.refresh_from_db()
    assert (ada.state, ada.next_digest_at) == (Subscriber.State.PAUSED, None)
    assert press(admin_client, ada, "pause_this") == ["Only active readers can be paused."]
    assert act(admin_client, READERS, "resume", ada) == ["1 reader resumed."]
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.ACTIVE
    assert ada.next_digest_at


def test_a_reader_is_unsubscribed_after_a_question(admin_client: Client) -> None:
    ada = reader()
    admin_client.get(page(ada, "unsubscribe_this"))
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE
    press(admin_client, ada, "unsubscribe_this")
    assert Subscriber.objects.get().state == Subscriber.State.UNSUBSCRIBED
    assert "Unsubscribed." in admin_client.get(page(ada, "history")).content.decode()


def test_revoked_links_open_nothing(admin_client: Client) -> None:
    ada = reader()
    old = signed_links.token("preferences", ada)
    press(admin_client, ada, "revoke_these_links")
    assert signed_links.subscriber_for(old, "preferences") is None
    ada.refresh_from_db()
    assert signed_links.subscriber_for(signed_links.token("preferences", ada), "preferences") == ada


def test_deleting_a_reader_takes_their_mails_and_their_address(admin_client: Client) -> None:
    ada = reader()
    delivery(ada)
    press(admin_client, ada, "pause_this")
    assert admin_client.post(page(ada, "delete"), {"post": "yes"}).status_code == 302
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"a deleted reader"}


def test_readers_are_not_deleted_by_the_dozen(admin_client: Client) -> None:
    ada = reader()
    act(admin_client, READERS, "delete_selected", ada)
    assert Subscriber.objects.exists()


def test_an_operator_who_may_only_look_cannot_act_on_readers(client: Client) -> None:
    client.force_login(staff("view_subscriber", "view_delivery"))
    ada = reader()
    assert client.get(page(ada)).status_code == 200
    assert client.post(page(ada, "pause_this"), PRESSED).status_code == 403
    act(client, READERS, "pause", ada)
    assert Subscriber.objects.get().state == Subscriber.State.ACTIVE


def test_a_digests_page_shows_its_papers_under_their_filters(admin_client: Client) -> None:
    released = edition("FP4 training", "Agents at work").editions[0].releases.get()
    filters = (Filter("Quantization", "fp4"),)
    request = SelectionRequest(filters, after_release=0, through_release=released.pk, seen_through=0)
    row = delivery(reader(), selection=Selector().select([request])[request])
    content = admin_client.get(page(row)).content.decode()
    assert "Quantization" in content
    assert "FP4 training" in content
    assert "Agents at work" not in content


def test_a_letters_page_opens_too(admin_client: Client) -> None:
    row = delivery(reader(), kind="confirm")
    assert "It is a letter, not a digest." in admin_client.get(page(row)).content.decode()


def test_deliveries_are_listed_by_the_letter_that_they_are(admin_client: Client) -> None:
    ada = reader()
    delivery(ada, kind="confirm")
    delivery(ada, kind="address")
    listed = BeautifulSoup(admin_client.get(DELIVERIES + "?kind=address").content, "lxml")
    assert [cell.get_text(strip=True) for cell in listed.select("td.field-letter")] == [
        "confirmation of a new address"
    ]


def test_a_delivery_is_only_looked_at(admin_client: Client) -> None:
    row = delivery(reader())
    assert admin_client.get(DELIVERIES + "add/").status_code == 403
    assert admin_client.post(page(row), {"state": "accepted"}).status_code == 403
    assert admin_client.post(page(row, "delete"), {"post": "yes"}).status_code == 403


def test_a_deferred_mail_is_tried_again_now(admin_client: Client, woken: list[str]) -> None:
    row = delivery(reader(), State.DEFERRED, not_before=timezone.now() + timedelta(hours=4))
    assert act(admin_client, DELIVERIES, "try_again", row) == ["1 delivery will be tried in a moment."]
    row.refresh_from_db()
    assert row.not_before <= timezone.now()
    assert woken == [deliver.name]


def test_an_unknown_mail_is_never_sent_again_and_the_operator_learns_why(
    admin_client: Client, woken: list[str]
) -> None:
    row = delivery(reader(), State.UNKNOWN)
    why, nothing = press(admin_client, row, "try_this_again")
    assert why.startswith("Unknown mails are never sent again: they may have arrived")
    assert nothing == "Only deferred deliveries can be tried again."
    row.refresh_from_db()
    assert (row.state, row.not_before, woken) == (State.UNKNOWN, NOW, [])


def test_the_demo_is_removed_after_a_question(admin_client: Client) -> None:
    url = reverse("admin:subscriptions_subscriber_remove_demo")
    delivery(reader("demo@readers.example", demo=True))
    Source.objects.create(name="sample", title="Sample day", demo=True)
    real = reader("person@university.example.org")
    assert "This cannot be undone." in admin_client.get(url).content.decode()
    assert Subscriber.objects.count() == 2
    assert told(admin_client.post(url, PRESSED)) == ["Removed 1 demo reader and 0 papers."]
    assert list(Subscriber.objects.all()) == [real]
    assert not Source.objects.exists()
    assert "Remove all demo data" not in admin_client.get(READERS).content.decode()


def test_staff_who_are_no_superuser_cannot_remove_the_demo(client: Client) -> None:
    url = reverse("admin:subscriptions_subscriber_remove_demo")
    client.force_login(staff("view_subscriber", "change_subscriber", "delete_subscriber"))
    reader("demo@readers.example", demo=True)
    assert "Remove all demo data" not in client.get(READERS).content.decode()
    assert "Remove all demo data" not in client.get(reverse("admin:index")).content.decode()
    assert client.post(url, PRESSED).status_code == 403
    assert Subscriber.objects.exists()


def test_the_list_of_readers_says_who_gets_papers_by_their_library(admin_client: Client) -> None:
    ada = reader("ada@readers.example", [])
    ada.library_daily = 7
    ada.save()
    rows = BeautifulSoup(admin_client.get(READERS).content, "html.parser").select("#result_list tbody tr")
    assert ["library (7 a day)" in row.get_text() for row in rows] == [True]
    assert "nothing" not in rows[0].get_text()
