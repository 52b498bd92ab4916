"""The admin pages for papers: each opens, shows what is stored, and its buttons do what they say."""

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from bs4 import BeautifulSoup
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from digest.ingestion import shipped_topics
from digest.models import Edition, Paper, RawAnswer, Selection, Source, Topic
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import Selector
from digest.sources.jsonl import JSON_LINES
from digest.tasks import fetch_source
from tests.factories import DAY, edition, record, source, topic

pytestmark = pytest.mark.django_db

MODELS = [Source, Edition, RawAnswer, Paper, Topic, Selection, User, Group, AccessAttempt, AccessLog]


def world() -> Selection:
    """One edition of three papers, a topic that keeps one of them, and the selection of it."""
    released = edition("FP4 training", "Agents at work", "Gaussian splats").editions[0].releases.get()
    kept = topic("quantization", "fp4")
    filters = (Filter(kept.name, kept.query, kept.colour),)
    request = SelectionRequest(filters, after_release=0, through_release=released.pk, seen_through=0)
    Group.objects.create(name="editors")
    AccessAttempt.objects.create(username="eve", ip_address="192.0.2.1", failures_since_start=3)
    AccessLog.objects.create(username="admin", ip_address="192.0.2.2")
    return Selector().select([request])[request]


def listing(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page(row: Model, name: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def act(client: Client, name: str, *rows: Model) -> list[str]:
    """Choose rows of a list and run the action of that name; what the operator is told."""
    chosen = {"action": name, "_selected_action": [row.pk for row in rows]}
    return told(client.post(listing(type(rows[0])), chosen))


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sources that workers were asked to fetch."""
    asked: list[int] = []
    monkeypatch.setattr(fetch_source, "apply_async", lambda arguments, **_: asked.extend(arguments))
    return asked


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens(model: type[Model], admin_client: Client) -> None:
    assert admin_client.get(listing(model)).status_code == 200
    world()
    assert admin_client.get(listing(model)).status_code == 200
    for row in model._default_manager.all():
        assert admin_client.get(page(row)).status_code == 200


@pytest.mark.parametrize("model", [Source, Topic, User, Group])
def test_what_an_operator_may_add_has_a_form(model: type[Model], admin_client: Client) -> None:
    assert admin_client.get(listing(model) + "add/").status_code == 200


@pytest.mark.parametrize("model", [Edition, RawAnswer, Paper, Selection, AccessLog])
def test_what_the_service_writes_is_only_looked_at(model: type[Model], admin_client: Client) -> None:
    world()
    row = model._default_manager.all()[0]
    assert admin_client.get(listing(model) + "add/").status_code == 403
    assert admin_client.post(page(row), {}).status_code == 403
    assert admin_client.post(page(row, "delete"), {"post": "yes"}).status_code == 403
    assert 'name="_save"' not in admin_client.get(page(row)).content.decode()


@pytest.mark.parametrize("model", [Source, Topic])
def test_what_readers_history_refers_to_cannot_be_deleted(model: type[Model], admin_client: Client) -> None:
    world()
    row = model._default_manager.all()[0]
    assert admin_client.post(page(row, "delete"), {"post": "yes"}).status_code == 403


def test_a_list_costs_the_same_for_one_row_and_for_many(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        day = DAY.replace(day=number + 1)
        edition(*(f"Paper {number} {n}" for n in range(3)), day=day)
        topic(f"topic-{number}", "paper")
    for model in (Source, Edition, RawAnswer, Paper, Topic):
        with django_assert_max_num_queries(9):
            admin_client.get(listing(model))


def test_a_list_of_editions_leaves_the_raw_answers_where_they_are(admin_client: Client) -> None:
    world()
    shown = [listing(Edition), page(Edition.objects.get()), page(Paper.objects.all()[0])]
    with CaptureQueriesContext(connection) as queries:
        for url in shown:
            admin_client.get(url)
    assert not [query["sql"] for query in queries if "compressed" in query["sql"]]


def test_an_edition_shows_what_was_new_and_what_could_not_be_read(admin_client: Client) -> None:
    edition("FP4 training")
    later = edition("FP4 training", "Agents at work", day=DAY.replace(day=6)).editions[0]
    Edition.objects.filter(pk=later.pk).update(rejected=[{"position": 7, "title": "", "why": "no title"}])
    row = admin_client.get(listing(Edition)).context["cl"].result_list[0]
    assert (row.pk, row.listed, row.new) == (later.pk, 2, 1)
    content = admin_client.get(page(later)).content.decode()
    assert "7. no title: no title" in content
    assert "Listed before" in content
    assert "FP4 training" in content


def test_fetching_now_wakes_a_worker(admin_client: Client, woken: list[int]) -> None:
    row = source()
    assert act(admin_client, "fetch_now", row) == ["1 source asked for; this page shows how the fetch goes."]
    assert woken == [row.pk]


def test_a_fetch_is_seen_under_way_until_it_has_ended(admin_client: Client, woken: list[int]) -> None:
    row = source()
    progress = "/admin/digest/source/progress/"
    assert "is being fetched" not in admin_client.get(listing(Source)).content.decode()
    act(admin_client, "fetch_now", row)
    for path in (listing(Source), page(row)):
        shown = BeautifulSoup(admin_client.get(path).content, "lxml").select_one("[hx-trigger='every 2s']")
        assert shown is not None
        assert shown["hx-get"] == progress
        assert shown.get_text() == "is being fetched …"
    assert admin_client.get(progress).status_code == 204
    Source.objects.update(checked_at=timezone.now())
    assert admin_client.get(progress)["HX-Refresh"] == "true"
    assert "is being fetched" not in admin_client.get(listing(Source)).content.decode()


def test_a_fetch_that_no_worker_begins_asks_for_one(admin_client: Client, woken: list[int]) -> None:
    act(admin_client, "fetch_now", source())
    LogEntry.objects.update(action_time=timezone.now() - timedelta(minutes=3))
    assert (
        "asked for, but not fetched: is a worker running?"
        in admin_client.get(listing(Source)).content.decode()
    )


def test_fetching_from_a_source_without_an_adapter_says_why_not(
    admin_client: Client, woken: list[int]
) -> None:
    row = source("files", adapter=JSON_LINES.name)
    assert act(admin_client, "fetch_now", row) == ["There is nothing to fetch: files are ingested by hand."]
    assert woken == []


def test_an_unreachable_task_queue_is_told_not_thrown(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(fetch_source, "apply_async", unreachable)
    assert act(admin_client, "fetch_now", source()) == [
        "Nothing was fetched: the task queue (REDIS_URL) cannot be reached."
    ]


def test_a_button_asks_first_and_acts_on_post_only(admin_client: Client, woken: list[int]) -> None:
    row = source()
    asked = admin_client.get(page(row, "fetch_this"))
    assert "without waiting" in asked.content.decode()
    assert woken == []
    answer = admin_client.post(page(row, "fetch_this"), {"_form_submitted": "on"})
    assert answer.headers["Location"] == page(row)
    assert woken == [row.pk]


def test_a_button_leaves_its_dialog_as_htmx_wants(admin_client: Client, woken: list[int]) -> None:
    row = source()
    answer = admin_client.post(
        page(row, "fetch_this"), {"_form_submitted": "on"}, headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Redirect"] == page(row)


def test_sources_are_enabled_and_disabled(admin_client: Client) -> None:
    row, by_hand = source(), source("files", adapter=JSON_LINES.name)
    act(admin_client, "enable", row, by_hand)
    assert [one.enabled for one in Source.objects.order_by("pk")] == [True, False]
    assert [one.enabled_at is not None for one in Source.objects.order_by("pk")] == [True, False]
    act(admin_client, "disable", row)
    assert not Source.objects.filter(enabled=True).exists()
    assert not Source.objects.exclude(enabled_at=None).exists()
    assert act(admin_client, "enable", by_hand)[-1] == "A source that is fed by hand cannot be fetched."


def test_sources_are_listed_and_filtered_by_the_title_of_their_adapter(admin_client: Client) -> None:
    source()
    source("files", adapter="none")
    source("odd", adapter="of-a-later-version")
    listed = admin_client.get(listing(Source)).content.decode()
    for title in ("Hugging Face Daily Papers", "Papers as JSON Lines", "of-a-later-version"):
        assert re.search(rf"<td[^>]*adapter_title[^>]*>\s*{title}", listed)
    filtered = admin_client.get(listing(Source), {"adapter": "none"}).context["cl"].result_list
    assert [row.name for row in filtered] == ["files"]


def test_an_operator_who_may_only_look_cannot_act(client: Client, woken: list[int]) -> None:
    onlooker = User.objects.create_user("onlooker", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_source"))
    client.force_login(onlooker)
    row = source()
    content = client.get(listing(Source)).content.decode()
    assert "Fetch now" not in content
    assert client.post(page(row, "fetch_this"), {"_form_submitted": "on"}).status_code == 403
    act(client, "fetch_now", row)
    assert woken == []


def test_the_menu_shows_only_what_an_operator_may_see(client: Client) -> None:
    onlooker = User.objects.create_user("onlooker", is_staff=True)
    onlooker.user_permissions.add(Permission.objects.get(codename="view_source"))
    client.force_login(onlooker)
    content = client.get(listing(Source)).content.decode()
    assert listing(Source) in content
    assert listing(Paper) not in content


def test_papers_are_found_by_their_words_day_and_organisation(admin_client: Client) -> None:
    edition(record("FP4 training", organization="ISTA"), "Agents at work")
    edition("Gaussian splats", day=DAY.replace(day=6))

    def found(**query: str) -> list[str]:
        return sorted(row.title for row in admin_client.get(listing(Paper), query).context["cl"].result_list)

    assert found(q="agents") == ["Agents at work"]
    assert found(q="we study gaussian") == ["Gaussian splats"]
    assert found(day="2025-11-05") == ["Agents at work", "FP4 training"]
    assert found(organization="ISTA") == ["FP4 training"]
    assert len(found(day="not a day")) == 3


def test_a_paper_shows_where_it_was_listed(admin_client: Client) -> None:
    edition("FP4 training")
    content = admin_client.get(page(Paper.objects.get())).content.decode()
    assert "Listed in" in content
    assert "Huggingface, 05 Nov 2025</a> (number 1)" in content


def topic_form(row: Topic | None = None, **values: str) -> dict[str, str]:
    names = ("name", "description", "query", "colour", "position")
    kept = {name: str(getattr(row, name)) for name in names} if row else {"position": "10"}
    return kept | {"enabled": "on"} | values


def test_a_broken_query_is_shown_with_a_caret_under_the_place(admin_client: Client) -> None:
    row = topic("agents", "agent*")
    answer = admin_client.post(page(row), topic_form(row, query='agent* AND\r\n("tool use" OR memory'))
    content = answer.content.decode()
    assert "This bracket is never closed (at character 12)" in content
    assert "(&quot;tool use&quot; OR memory\n^</pre>" in content
    assert Topic.objects.get().query == "agent*"


def test_a_new_topic_with_a_broken_query_says_so_once(admin_client: Client) -> None:
    form = topic_form(slug="new", name="New", description="About it", query="a )", colour="#123456")
    content = admin_client.post(listing(Topic) + "add/", form).content.decode()
    assert content.count("at character 3") == 1
    assert "The query is empty" not in content


def test_a_changed_wording_is_the_operators_from_then_on(admin_client: Client) -> None:
    shipped_topics.load()
    row = Topic.objects.get(slug="agents")
    admin_client.post(page(row), topic_form(row, query="agent* OR planner*"))
    row.refresh_from_db()
    assert (row.query, row.edited) == ("agent* OR planner*", True)
    assert shipped_topics.load() == 0


def test_a_changed_position_is_kept_too(admin_client: Client) -> None:
    shipped_topics.load()
    row = Topic.objects.get(slug="agents")
    admin_client.post(page(row), topic_form(row, position="77"))
    shipped_topics.load()
    row.refresh_from_db()
    assert row.position == 77


def test_saving_a_topic_as_a_browser_sends_it_back_is_no_edit(admin_client: Client) -> None:
    shipped_topics.load()
    row = Topic.objects.get(slug="agents")
    admin_client.post(page(row), topic_form(row, query=row.query.replace("\n", "\r\n")))
    saved = Topic.objects.get(slug="agents")
    assert (saved.query, saved.edited) == (row.query, False)


def test_the_shipped_wording_can_be_restored(admin_client: Client) -> None:
    shipped_topics.load()
    shipped = Topic.objects.get(slug="agents")
    Topic.objects.filter(pk=shipped.pk).update(query="mine", edited=True)
    own = topic("mine", "something")
    assert act(admin_client, "restore", shipped, own) == [
        "“Mine” is a topic of your own: there is no shipped wording.",
        "1 topic as shipped again.",
    ]
    restored = Topic.objects.get(slug="agents")
    assert (restored.query, restored.edited) == (shipped.query, False)


def test_a_topic_shows_what_it_keeps_of_the_newest_edition(admin_client: Client) -> None:
    row = topic("agents", "agent*")
    assert "No edition yet" in admin_client.get(page(row)).content.decode()
    edition("Agents of yesterday")
    edition("Agents at work", "Agents that plan", "Gaussian splats", day=DAY.replace(day=6))
    content = admin_client.get(page(row)).content.decode()
    assert "2 papers of Huggingface, 06 Nov 2025" in content
    assert "Agents that plan" in content
    assert "Agents of yesterday" not in content


def test_topics_are_enabled_and_disabled(admin_client: Client) -> None:
    row = topic("agents", "agent*")
    act(admin_client, "disable", row)
    assert not Topic.objects.get().enabled
    act(admin_client, "enable", row)
    assert Topic.objects.get().enabled


def test_a_selection_shows_its_papers_under_the_filter_that_brought_them(admin_client: Client) -> None:
    content = admin_client.get(page(world())).content.decode()
    assert "Quantization" in content
    assert "FP4 training" in content
    assert "Agents at work" not in content


def test_what_an_operator_did_stands_in_the_history(admin_client: Client) -> None:
    row = source()
    act(admin_client, "enable", row)
    assert "Enabled." in admin_client.get(page(row, "history")).content.decode()


def test_deleting_a_failed_sign_in_is_possible_for_who_may(admin_client: Client) -> None:
    world()
    admin_client.post(page(AccessAttempt.objects.get(), "delete"), {"post": "yes"})
    assert not AccessAttempt.objects.exists()


def test_papers_that_were_only_looked_up_for_a_reader_are_not_shown(admin_client: Client) -> None:
    paper = Paper.objects.create(
        key="arxiv:2511.00001", title="For one reader", url="https://example.org/", day=DAY
    )
    assert "For one reader" not in admin_client.get(listing(Paper)).content.decode()
    assert admin_client.get(page(paper)).status_code == 302
