"""Suggestions: who is offered which change, in which mail, how often, and what becomes of the answer."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from digest.models import Selection
from subscriptions import outbox
from subscriptions.accounts import data_rights, preferences
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, FilterSet, Subscriber, Suggestion
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import suggestions
from subscriptions.planning.planner import plan
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import DAY, NOW, edition, reader, record, topic
from tests.subscriptions.browsing import page, said, stored, words

pytestmark = pytest.mark.django_db
WORDS = "tower shovel kettle planet ribbon engine magnet barrel lantern saddle orchard meadow".split()
TODAY = NOW + timedelta(days=6)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    cache.clear()


def papers_of(day: int) -> list[dict[str, Any]]:
    """Twelve papers a day, of which two are on mixtures of experts, and none on both routing and sparsity."""
    tales = [record(f"{day} {a} {b}", upvotes=3 * n) for n, (a, b) in enumerate(combinations(WORDS[:5], 2))]
    experts = [record(f"{day} Mixture of experts with {word}", upvotes=9) for word in WORDS[day : day + 2]]
    return [*tales, *experts]


def five_days(clock: Any, *, until: int = 6) -> None:
    """An edition and a planned digest on each day; the last one is that of `TODAY`."""
    for day in range(1, until):
        now = NOW + timedelta(days=day)
        clock.move_to(now)
        edition(*papers_of(day), day=DAY + timedelta(days=day), now=now)
        Subscriber.objects.update(next_digest_at=now)
        plan(now)
        outbox.deliver(LocalMailbox())


def empty_reader(**values: Any) -> Subscriber:
    """A reader whose query keeps nothing: no paper is on experts and on sparsity."""
    return reader(queries=["experts sparsity"], covered=0, **values)


def next_mail(clock: Any, ada: Subscriber, days: int = 6) -> str:
    """The text of the mail of the day after, which has a paper that the reader's filters keep."""
    now = NOW + timedelta(days=days)
    clock.move_to(now)
    edition(record(f"{days} Sparsity of experts"), day=DAY + timedelta(days=days), now=now)
    Subscriber.objects.filter(pk=ada.pk).update(next_digest_at=now)
    plan(now)
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    return mail.text


def link_in(mail: str) -> str:
    (found,) = [word for word in mail.split() if word.endswith("/suggestion/")]
    return found.removeprefix("http://localhost:8000")


def test_a_reader_whose_digests_are_mostly_empty_is_offered_what_would_fill_them(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    assert suggestions.make(TODAY) == 1
    mail = next_mail(clock, ada)
    assert "A SUGGESTION" in mail
    assert "Adding “experts” would bring about 2 more papers a week" in " ".join(mail.split())
    assert "5 Mixture of experts with" in mail
    assert link_in(mail)


def test_the_html_of_the_mail_offers_the_same_in_one_block_with_one_link(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    next_mail(clock, ada)
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    found = BeautifulSoup(mail.html, "lxml")
    assert [words(h2) for h2 in found.select("h2")][-1] == "A suggestion"
    assert len(found.select("a[href$='/suggestion/']")) == 1


def test_one_press_adds_it_and_another_undoes_it(client: Client, clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    path = link_in(next_mail(clock, ada))
    before = stored()
    assert "After the press it brings papers" in said(client.get(path))
    assert stored() == before
    assert "It counts from your next digest on" in said(client.post(path, {"press": "take"}))
    client.post(path, {"press": "take"})
    ada.refresh_from_db()
    assert list(ada.filter_set.own_queries) == ["experts sparsity", "experts"]
    assert "It is undone" in said(client.post(path, {"press": "undo"}))
    ada.refresh_from_db()
    assert list(ada.filter_set.own_queries) == ["experts sparsity"]


def test_a_topic_is_added_as_that_topic(client: Client, clock: Any) -> None:
    kept = topic("moe", "mixture")
    ada = reader(queries=['"experts with tower"'], covered=0)
    five_days(clock)
    Suggestion.objects.create(
        subscriber=ada, kind="add", query="topic:moe", papers=3, made_for=ada.filter_set_id, made_at=TODAY
    )
    clock.move_to(TODAY)
    edition("6 Mixture of experts with tower", day=DAY + timedelta(days=6), now=TODAY)
    Subscriber.objects.update(next_digest_at=TODAY)
    plan(TODAY)
    digest = Delivery.objects.get(subscriber=ada, state="pending")
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    assert "Adding “Moe” would bring about 3 more papers a week" in " ".join(mail.text.split())
    client.post(link_in(mail.text), {"press": "take"})
    ada.refresh_from_db()
    assert list(ada.filter_set.topics.all()) == [kept]
    assert Suggestion.objects.get().delivery == digest
    client.post(link_in(mail.text), {"press": "undo"})
    ada.refresh_from_db()
    assert list(ada.filter_set.topics.all()) == []


def test_a_topic_that_is_gone_before_the_mail_leaves_is_not_offered_in_it(clock: Any) -> None:
    topic("moe", "mixture")
    ada = empty_reader()
    five_days(clock)
    Suggestion.objects.create(
        subscriber=ada, kind="add", query="topic:moe", papers=3, made_for=ada.filter_set_id, made_at=TODAY
    )
    topic("moe", "mixture", enabled=False)
    assert "A SUGGESTION" not in next_mail(clock, ada)


@pytest.mark.parametrize("gone", ["disabled", "deleted"])
def test_a_topic_that_is_offered_no_more_cannot_be_taken(client: Client, clock: Any, gone: str) -> None:
    kept = topic("moe", "mixture")
    ada = empty_reader()
    five_days(clock)
    Suggestion.objects.create(
        subscriber=ada, kind="add", query="topic:moe", papers=3, made_for=ada.filter_set_id, made_at=TODAY
    )
    path = link_in(next_mail(clock, ada))
    if gone == "deleted":
        kept.delete()
    else:
        topic("moe", "mixture", enabled=False)
    before = stored()
    assert client.post(path, {"press": "take"}).status_code == client.get(path).status_code == 404
    assert stored() == before


def test_filters_that_once_found_something_are_widened_by_what_those_papers_have_in_common(
    clock: Any,
) -> None:
    """The reader's one phrase leaves no clause to give up: what it kept once says what they care about."""
    ada = reader(queries=['"experts with shovel"'], covered=0)
    five_days(clock)
    edition("7 Mixture of experts with shovel", day=DAY + timedelta(days=5), now=TODAY, of="lab")
    Selection.objects.update(items=[])
    assert suggestions.make(TODAY) == 1
    row = Suggestion.objects.get(subscriber=ada)
    assert row.query in {"mixture", "experts", '"mixture of experts"', "topic:moe"}


def test_a_reader_whose_digests_are_mostly_cut_is_offered_a_number_of_upvotes(
    client: Client, clock: Any
) -> None:
    ada = reader(queries=["tower OR shovel OR kettle OR planet OR ribbon"], volume=4, covered=0)
    five_days(clock)
    assert suggestions.make(TODAY) == 1
    row = Suggestion.objects.get()
    assert (row.kind, row.query) == ("upvotes", "")
    mail = next_mail_of_cut(clock, ada)
    text = " ".join(mail.split())
    assert f"With at least {row.least_upvotes} upvotes they would have had about" in text
    assert row.papers <= 4 < row.papers_before
    client.post(link_in(mail), {"press": "take"})
    ada.refresh_from_db()
    assert ada.filter_set.least_upvotes == row.least_upvotes
    client.post(link_in(mail), {"press": "undo"})
    ada.refresh_from_db()
    assert ada.filter_set.least_upvotes == 0


def test_the_papers_that_only_trending_ranks_do_not_count_as_those_of_the_filters(clock: Any) -> None:
    chosen: dict[str, Any] = {"queries": ["tower"], "volume": 3, "covered": 0}
    plain = reader("plain@readers.example", **chosen)
    beside = reader("beside@readers.example", chosen={"trending": 1}, **chosen)
    five_days(clock)
    suggestions.make(TODAY)
    figures = {
        row.subscriber: (row.least_upvotes, row.papers, row.papers_before)
        for row in Suggestion.objects.select_related("subscriber")
    }
    assert figures[beside] == figures[plain]


def next_mail_of_cut(clock: Any, ada: Subscriber) -> str:
    clock.move_to(TODAY)
    edition(*papers_of(6), day=DAY + timedelta(days=6), now=TODAY)
    Subscriber.objects.filter(pk=ada.pk).update(next_digest_at=TODAY)
    plan(TODAY)
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    return mail.text


def test_a_reader_with_five_queries_is_not_offered_a_sixth(clock: Any) -> None:
    """Whom they follow does not count."""
    nothing = ["zymurgy", "quokka", "xylem", "fjord"]
    full, free = (
        reader(f"{name}@readers.example", queries=["experts sparsity", *others], covered=0)
        for name, others in (("full", nothing), ("free", [*nothing[:3], "author:ada", "org:lab"]))
    )
    five_days(clock)
    suggestions.make(TODAY)
    assert not Suggestion.objects.filter(subscriber=full).exists()
    assert Suggestion.objects.get(subscriber=free).query == "experts"


def test_what_a_reader_leaves_out_is_no_reason_to_add_something(clock: Any) -> None:
    """Adding a query that brings nothing but what is left out would bring nothing."""
    ada = empty_reader()
    ada.filter_set = FilterSet.objects.obtain([], ["experts sparsity"], ["mixture"])
    ada.save()
    five_days(clock)
    assert suggestions.make(TODAY) == 0


def test_a_reader_is_offered_one_suggestion_a_week_and_none_twice(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    next_mail(clock, ada)
    for days in (7, 9, 12):
        moment = NOW + timedelta(days=days)
        assert suggestions.make(moment) == 0
        assert "A SUGGESTION" not in next_mail(clock, ada, days)
    Selection.objects.update(items=[])
    later = NOW + timedelta(days=14)
    suggestions.make(later)
    assert list(Suggestion.objects.filter(query="experts").values_list("offered_at", flat=True)) != []
    assert Suggestion.objects.filter(query="experts").count() == 1


def test_what_was_declined_is_remembered_and_changes_nothing(client: Client, clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    path = link_in(next_mail(clock, ada))
    assert "this is not suggested again" in said(client.post(path, {"press": "decline"}))
    ada.refresh_from_db()
    assert ada.filter_set.own_queries == ("experts sparsity",)
    Selection.objects.update(items=[])
    clock.move_to(NOW + timedelta(days=20))
    suggestions.make(NOW + timedelta(days=20))
    assert Suggestion.objects.filter(query="experts").count() == 1
    assert "It counts from your next" in said(client.post(path, {"press": "take"}))


def test_the_digest_on_the_web_has_the_suggestion_of_its_mail_and_what_was_answered(
    client: Client, clock: Any
) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    path = link_in(next_mail(clock, ada))
    delivery = Suggestion.objects.get().delivery
    assert delivery is not None
    web = f"/r/{signed_links.token('read', ada, delivery.pk)}/"
    assert "Adding “experts” would bring" in words(page(client.get(web)).body)
    assert "Add it, or decline" in words(page(client.get(web)).body)
    for press, answer in {
        "decline": "You declined it.",
        "take": "You accepted it.",
        "undo": "You accepted it, and undid that.",
    }.items():
        client.post(path, {"press": press})
        assert f"{answer} Change your answer" in words(page(client.get(web)).body)


@pytest.mark.parametrize("state", ["paused", "unsubscribed", "refused", "pending"])
def test_only_active_readers_are_offered_anything(clock: Any, state: str) -> None:
    ada = empty_reader()
    five_days(clock)
    Subscriber.objects.filter(pk=ada.pk).update(state=state)
    assert suggestions.make(TODAY) == 0


def test_a_reader_with_papers_on_most_days_is_offered_nothing(clock: Any) -> None:
    reader(queries=["experts"], covered=0)
    five_days(clock)
    assert suggestions.make(TODAY) == 0


def test_days_without_any_paper_empty_nobodys_filters(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock, until=4)
    for day in (4, 5, 6, 7):
        now = NOW + timedelta(days=day)
        clock.move_to(now)
        Subscriber.objects.update(next_digest_at=now)
        plan(now)
    assert Delivery.objects.filter(subscriber=ada).count() == 7
    assert suggestions.make(NOW + timedelta(days=7)) == 0


def test_who_changed_their_filters_since_is_not_offered_what_helped_the_old_ones(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    ada.filter_set = FilterSet.objects.obtain([], ["sparsity"])
    ada.save()
    assert "A SUGGESTION" not in next_mail(clock, ada)


def test_a_suggestion_of_days_ago_is_not_offered_any_more(clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    assert "A SUGGESTION" not in next_mail(clock, ada, days=10)


def test_readers_who_share_a_digest_get_each_their_own_mail(clock: Any) -> None:
    """One declined it before: the selection is the same, the mails are not."""
    ada, bob = empty_reader(), reader("bob@readers.example", queries=["experts sparsity"], covered=0)
    five_days(clock)
    Suggestion.objects.create(
        subscriber=bob,
        kind="add",
        query="experts",
        papers=3,
        made_for=bob.filter_set_id,
        made_at=NOW - timedelta(days=30),
        offered_at=NOW - timedelta(days=30),
        answer="declined",
    )
    suggestions.make(TODAY)
    Subscriber.objects.update(next_digest_at=TODAY)
    assert "A SUGGESTION" in next_mail(clock, ada)
    mail = local_mailbox.read(local_mailbox.entries(bob.email).entries[0].key)
    assert mail is not None
    assert "Adding “experts”" not in " ".join(mail.text.split())
    digests = Delivery.objects.filter(due_at=TODAY)
    assert len(set(digests.values_list("selection", flat=True))) == 1


def test_selections_are_the_same_with_suggestions_and_without(clock: Any) -> None:
    ada, bob = empty_reader(), reader("bob@readers.example", queries=["experts sparsity"], covered=0)
    five_days(clock)
    suggestions.make(TODAY)
    Suggestion.objects.filter(subscriber=bob).delete()
    Subscriber.objects.update(next_digest_at=TODAY)
    next_mail(clock, ada)
    digests = Delivery.objects.filter(due_at=TODAY)
    assert len(set(digests.values_list("selection", flat=True))) == 1
    assert Suggestion.objects.get().delivery == digests.get(subscriber=ada)


def test_suggestions_are_made_once_a_day_whoever_calls(clock: Any) -> None:
    empty_reader()
    five_days(clock)
    suggestions.make_daily(TODAY)
    assert Suggestion.objects.count() == 1
    Suggestion.objects.all().delete()
    suggestions.make_daily(TODAY + timedelta(hours=1))
    assert not Suggestion.objects.exists()
    suggestions.make_daily(TODAY + timedelta(hours=21))
    assert Suggestion.objects.count() == 1


def test_weekly_digests_are_judged_by_the_week(clock: Any) -> None:
    weekly = Schedule("UTC", 7, Rhythm.WEEKLY, 0)
    reader(queries=["tower OR shovel OR kettle"], schedule=weekly, volume=20, covered=0)
    five_days(clock)
    Selection.objects.update(more=[{"paper": 1, "filter": 0}])
    suggestions.make(TODAY)
    row = Suggestion.objects.get()
    assert row.papers_before > 40
    assert row.papers <= 20


def test_nothing_is_left_out_where_a_month_keeps_within_the_cap(clock: Any) -> None:
    reader(queries=["tower OR shovel OR kettle"], volume=30, covered=0)
    five_days(clock)
    Selection.objects.update(more=[{"paper": 1, "filter": 0}])
    assert suggestions.make(TODAY) == 0


def test_own_data_has_the_suggestions_and_erasing_deletes_them(client: Client, clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    client.post(link_in(next_mail(clock, ada)), {"press": "decline"})
    (known,) = json.loads(json.dumps(data_rights.everything_about(ada)))["suggestions"]
    assert (known["change"], known["answer"]) == ("add experts", "declined")
    assert known["offered_at"] == datetime.fromisoformat(known["offered_at"]).isoformat()
    data_rights.erase(ada)
    assert not Suggestion.objects.exists()


def test_operators_see_how_many_were_offered_and_taken(client: Client, clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    client.post(link_in(next_mail(clock, ada)), {"press": "take"})
    client.force_login(User.objects.create_superuser("operator"))
    found = page(client.get("/admin/subscriptions/suggestion/"))
    assert "1 offered: 1 taken, 0 declined, 0 undone" in words(found.body)
    assert "add experts" in words(found.body)


def test_a_link_to_a_suggestion_opens_nothing_where_none_was_made(client: Client, clock: Any) -> None:
    ada = reader(queries=["experts"], covered=0)
    five_days(clock)
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    vote = next(word for word in mail.text.split() if word.endswith("/more/"))
    path = vote.removeprefix("http://localhost:8000").split("/")[2]
    assert client.get(f"/v/{path}/suggestion/").status_code == 404
    assert client.get("/v/1-x/suggestion/").status_code == 404


def test_taking_keeps_what_the_reader_changed_meanwhile(client: Client, clock: Any) -> None:
    ada = empty_reader()
    five_days(clock)
    suggestions.make(TODAY)
    path = link_in(next_mail(clock, ada))
    ada.refresh_from_db()
    choices = preferences.choices_of(ada)
    preferences.save(ada, type(choices)(**{**vars_of(choices), "queries": ("kv*",)}), TODAY)
    client.post(path, {"press": "take"})
    ada.refresh_from_db()
    assert ada.filter_set.own_queries == ("kv*", "experts")


def vars_of(choices: preferences.Choices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in choices.__dataclass_fields__}
