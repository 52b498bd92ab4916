"""The front page of the admin tells an operator how the morning went."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from subscriptions.accounts.daily_counts import count_days
from subscriptions.admin.dashboard import Dashboard, dashboard
from subscriptions.models import DailyFigure, Delivery, Subscriber
from tests.factories import DAY, NOW, edition, reader, topic

pytestmark = pytest.mark.django_db

State = Delivery.State
LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_counted_before() -> None:
    cache.delete("dashboard:followers")


def delivery(to: Subscriber, state: str = State.ACCEPTED, *, at: Any = NOW, **values: Any) -> Delivery:
    defaults = {"due_at": at, "not_before": at, "settled_at": at, "state": state}
    return Delivery.objects.create(subscriber=to, **defaults | values)


def figures(*, see_reasons: bool = True) -> Dashboard:
    return dashboard(NOW, see_reasons=see_reasons)


def attention(**options: Any) -> list[tuple[str, str]]:
    return [(item.what, item.hint) for item in figures(**options).attention]


def test_readers_are_counted_by_state_and_by_when_they_are_due() -> None:
    reader("a@x.example", next_digest_at=NOW + timedelta(minutes=30))
    reader("b@x.example", next_digest_at=NOW + timedelta(hours=3))
    reader("c@x.example", next_digest_at=None, state=Subscriber.State.PENDING)
    reader("d@x.example", next_digest_at=None, state=Subscriber.State.PAUSED, demo=True)
    readers = figures().readers
    assert (readers.active, readers.pending, readers.paused, readers.demo) == (2, 1, 1, 1)
    assert (readers.due_next_hour, readers.overdue) == (1, 0)


def test_deliveries_of_today_are_counted_by_state() -> None:
    ada = reader(next_digest_at=LATER)
    delivery(ada)
    delivery(ada, kind="confirm")
    delivery(ada, State.PENDING, at=NOW - timedelta(minutes=1))
    delivery(ada, State.LEASED, at=NOW - timedelta(minutes=2))
    delivery(ada, State.SKIPPED, at=NOW - timedelta(minutes=3))
    delivery(ada, at=NOW - timedelta(days=1))
    today = {state.name: state.count for state in figures().deliveries.today}
    nothing = {"deferred": 0, "refused": 0, "unknown": 0}
    assert today == {"accepted": 2, "skipped": 1, "waiting or in flight": 2, **nothing}


def test_each_figure_of_today_lists_its_deliveries(admin_client: Client) -> None:
    ada = reader(next_digest_at=LATER)
    delivery(ada)
    delivery(ada, State.PENDING, at=NOW - timedelta(minutes=1))
    delivery(ada, at=NOW - timedelta(days=1))
    for state in figures().deliveries.today:
        assert admin_client.get(state.url).context["cl"].result_count == state.count


def test_the_chart_shows_accepted_digests_of_fourteen_days() -> None:
    ada = reader(next_digest_at=LATER)
    delivery(ada)
    for minutes in range(4):
        delivery(ada, at=NOW - timedelta(days=13, minutes=minutes))
    delivery(ada, at=NOW - timedelta(days=14))
    delivery(ada, kind="confirm")
    delivery(ada, State.SKIPPED, at=NOW - timedelta(days=2))
    days = figures().deliveries.days
    assert [bar.accepted for bar in days] == [4, *[0] * 12, 1]
    assert [days[0].day, days[-1].day] == [DAY - timedelta(days=13), DAY]
    assert [days[0].height, days[1].height, days[-1].height] == [100, 0, 25]


def test_a_day_that_is_over_is_counted_once_and_its_deliveries_are_not_read_again() -> None:
    ada = reader(next_digest_at=LATER)
    for day in (2, 3, 4):
        delivery(ada, at=NOW - timedelta(days=day))
        delivery(ada, kind="confirm", at=NOW - timedelta(days=day))
        delivery(ada, State.REFUSED, at=NOW - timedelta(days=day, minutes=1), reason="550 no such user")
    before = figures().deliveries.days
    count_days(NOW)
    count_days(NOW)
    with CaptureQueriesContext(connection) as queries:
        assert figures().deliveries.days == before
    asked = " ".join(query["sql"] for query in queries)
    assert [f">= '2025-11-0{day} 00:00" in asked for day in (1, 2, 3, 5)] == [False, False, False, True]
    Delivery.objects.all().delete()
    assert figures().deliveries.days == before


def test_a_day_is_counted_when_all_its_mails_have_ended_and_nobody_is_still_to_be_planned() -> None:
    ada = reader(next_digest_at=NOW - timedelta(days=3))
    delivery(ada, at=NOW - timedelta(days=5))
    waits = delivery(ada, State.DEFERRED, at=NOW - timedelta(days=4), settled_at=None)
    count_days(NOW)
    assert {figure.day for figure in DailyFigure.objects.all()} == {DAY - timedelta(days=5)}
    Delivery.objects.filter(pk=waits.pk).update(state=State.ACCEPTED)
    count_days(NOW)
    assert max(figure.day for figure in DailyFigure.objects.all()) == DAY - timedelta(days=4)


def test_topics_are_shown_with_their_active_readers_and_newest_papers() -> None:
    agents, video = topic("agents", "agent*", position=1), topic("video", "video", position=2)
    edition("Agents at work", "Agents that plan")
    reader("a@x.example", topics=[agents, video], next_digest_at=LATER)
    reader("b@x.example", topics=[agents], next_digest_at=LATER)
    reader("c@x.example", topics=[agents], state=Subscriber.State.PAUSED)
    rows = [(topic.name, readers, topic.matches) for topic, readers in figures().topics]
    assert rows == [("Agents", 2, 2), ("Video", 1, 0)]


def test_on_a_good_morning_nothing_needs_attention() -> None:
    edition("Agents at work")
    delivery(reader(next_digest_at=LATER))
    assert attention() == []


def test_readers_who_were_not_planned_point_to_the_scheduler() -> None:
    edition("Agents at work")
    reader(next_digest_at=NOW - timedelta(minutes=11))
    assert attention()[0][0] == "The digest of 1 reader is overdue."


def test_waiting_mails_point_to_the_worker_unless_it_is_busy() -> None:
    edition("Agents at work")
    ada = reader(next_digest_at=LATER)
    delivery(ada, State.PENDING, at=NOW - timedelta(minutes=11), settled_at=None)
    assert attention()[0][0] == "1 mail waits for a worker."
    delivery(ada, at=NOW - timedelta(minutes=1))
    assert attention() == []


def test_mails_that_did_not_get_through_are_told_with_their_reasons() -> None:
    edition("Agents at work")
    ada, bela = reader(next_digest_at=LATER), reader("bela@x.example", next_digest_at=LATER)
    for one in (ada, bela):
        delivery(one, State.REFUSED, reason="550 no such user")
    delivery(ada, State.UNKNOWN, at=NOW - timedelta(days=2), reason="the sender died")
    delivery(ada, State.DEFERRED, at=NOW - timedelta(hours=1), not_before=LATER, reason="451 greylisted")
    delivery(ada, State.REFUSED, at=NOW - timedelta(days=9), reason="long ago")
    refused, unknown, deferred = attention()
    assert refused == (
        "2 mails refused permanently (5xx), or given up after five days, in the last 7 days.",
        (
            "550 no such user (2). Readers whose mailbox is dead get no more mail; "
            "all others get these papers in their next digest."
        ),
    )
    assert unknown[0] == "1 mail may or may not have arrived in the last 7 days."
    assert unknown[1].startswith(
        "the sender died (1). They are not sent again; their papers are carried over"
    )
    assert deferred == (
        "1 mail deferred: the relay said “later” or could not be reached.",
        "451 greylisted (1). They are tried again by themselves.",
    )


def test_what_mail_servers_said_is_only_for_who_may_see_deliveries() -> None:
    edition("Agents at work")
    delivery(reader(next_digest_at=LATER), State.REFUSED, reason="550 <ada@readers.example> unknown")
    assert attention(see_reasons=False)[0][1].startswith("Readers whose mailbox is dead")


def test_the_page_opens_for_a_busy_service_and_links_to_what_needs_attention(admin_client: Client) -> None:
    edition("Agents at work")
    delivery(reader(topics=[topic("agents", "agent*")], demo=True), State.UNKNOWN)
    response = admin_client.get(reverse("admin:index"))
    content = response.content.decode()
    assert "Needs attention" in content
    assert "Remove all demo data" in content
    for item in response.context["dashboard"].attention:
        assert admin_client.get(item.url).status_code == 200


def test_the_page_of_an_empty_service_says_what_to_do_next(admin_client: Client) -> None:
    content = admin_client.get(reverse("admin:index")).content.decode()
    for hint in (
        "There is no edition yet.",
        "Enable a source",
        "Nobody has signed up yet",
        "No topic is enabled",
    ):
        assert hint in content
    assert "Remove all demo data" not in content


def test_an_operator_without_any_right_gets_a_sentence_and_no_figures(client: Client) -> None:
    client.force_login(User.objects.create_user("onlooker", is_staff=True))
    edition("Agents at work")
    delivery(reader(), State.REFUSED, at=timezone.now(), reason="550 <ada@readers.example> unknown")
    content = client.get(reverse("admin:index")).content.decode()
    assert "this account has no rights here" in content
    assert "1 mail refused permanently" not in content


def test_an_operator_with_few_rights_sees_figures_but_no_person(client: Client) -> None:
    onlooker = User.objects.create_user("onlooker", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_source"))
    client.force_login(onlooker)
    edition("Agents at work")
    delivery(reader(), State.REFUSED, at=timezone.now(), reason="550 <ada@readers.example> unknown")
    content = client.get(reverse("admin:index")).content.decode()
    assert "1 mail refused permanently" in content
    assert "ada@readers.example" not in content


def test_the_page_costs_the_same_however_much_there_is(django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        edition(f"Agents {number}", day=DAY - timedelta(days=number))
        kept = topic(f"topic-{number}", "agent*")
        delivery(reader(f"reader{number}@x.example", topics=[kept]), State.REFUSED, reason=f"550 {number}")
    with django_assert_max_num_queries(30):
        figures()


def test_readers_of_trending_are_counted_and_listed(admin_client: Client) -> None:
    for name, top in (("a", 5), ("b", 3), ("c", 0)):
        reader(f"{name}@x.example", chosen={"trending": top}, next_digest_at=LATER)
    page = admin_client.get("/admin/").content.decode()
    assert "2 with trending papers" in " ".join(page.split())
    found = admin_client.get("/admin/subscriptions/subscriber/?topic=trending").content.decode()
    assert "a@x.example" in found
    assert "c@x.example" not in found
