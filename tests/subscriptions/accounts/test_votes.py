"""Five votes order a reader's digest, and it says why; readers without taste share theirs as before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from digest.matching.ranking.relevance_feedback import LEAST_VOTES, MOST_VOTES
from digest.models import Paper, Selection
from digest.selection.content import Reading
from subscriptions.emails import web_version
from subscriptions.models import Delivery, Subscriber, Vote
from subscriptions.planning.planner import next_selection, plan
from tests.factories import DAY, NOW, edition, reader, record, topic

pytestmark = pytest.mark.django_db
GUI = (
    "These agents operate a browser: they read the screen, click buttons, type text and navigate web pages. "
    "A grounding model locates interface elements in screenshots, and a planner decides the next action."
)
MEDICAL = (
    "Doctors ask patients about symptoms before a diagnosis. These agents hold clinical dialogues, retrieve "
    "guidelines from hospital records and propose a treatment that physicians judged safe."
)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ada() -> Subscriber:
    return reader("ada@readers.example", [topic("agents", "agents"), topic("boats", "boats")], ["kv*"])


def sent(subscriber: Subscriber, *titles: str | dict[str, Any]) -> Delivery:
    """The digest that brings these papers to `subscriber`."""
    edition(*titles)
    plan(NOW)
    return subscriber.deliveries.get()


def voted(subscriber: Subscriber, more: int = 4, less: int = 1) -> list[Paper]:
    """Votes of `subscriber` for papers on browsers and against papers on medicine, in an edition long ago."""
    day = DAY - timedelta(days=40)
    edition(
        *(record(f"Browser agents, part {n}", GUI) for n in range(more)),
        *(record(f"Medical agents, part {n}", MEDICAL) for n in range(less)),
        day=day,
    )
    papers = list(Paper.objects.filter(day=day).order_by("pk"))
    Vote.objects.bulk_create(
        Vote(subscriber=subscriber, paper=paper, verdict="more" if n < more else "less", at=NOW)
        for n, paper in enumerate(papers)
    )
    return papers


TODAY = (
    record("Agents for triage", f"Nurses are helped. {MEDICAL}", key="arxiv:2511.00001"),
    record("Agents for forms", f"Forms are filled in. {GUI}", key="arxiv:2511.00002"),
)


def titles(selection: Selection | None) -> list[str]:
    assert selection
    return [Paper.objects.get(pk=item["paper"]).title for item in selection.items]


def test_five_votes_order_the_digest_and_it_says_why(ada: Subscriber) -> None:
    voted(ada)
    delivery = sent(ada, *TODAY)
    assert titles(delivery.selection) == ["Agents for forms", "Agents for triage"]
    html = web_version.read_html(delivery)
    assert "Ranked up because you liked “Browser agents, part 0”." in html
    assert "Ranked down because you asked for less like “Medical agents, part 0”." in html
    assert delivery.selection
    assert "\nRanked up because you liked “" in web_version.preview(ada, delivery.selection, "text")


def test_four_votes_order_nothing(ada: Subscriber) -> None:
    voted(ada, more=3)
    delivery = sent(ada, *TODAY)
    assert titles(delivery.selection) == ["Agents for triage", "Agents for forms"]
    assert "Ranked" not in web_version.read_html(delivery)


def test_readers_without_taste_share_one_selection_and_one_with_taste_has_their_own(ada: Subscriber) -> None:
    others = [
        reader(f"{name}@readers.example", [*ada.filter_set.topics.all()], ["kv*"]) for name in ("bo", "cy")
    ]
    voted(ada)
    edition(*TODAY)
    plan(NOW)
    shared = {other.deliveries.get().selection for other in others}
    assert len(shared) == 1
    assert ada.deliveries.get().selection not in shared
    assert all("note" not in item for selection in shared if selection for item in selection.items)


def test_planning_the_same_votes_again_gives_the_same_selection(ada: Subscriber) -> None:
    voted(ada)
    edition(*TODAY)
    preview = next_selection(ada)
    plan(NOW)
    stored_one = ada.deliveries.get().selection
    assert stored_one
    assert stored_one.key == preview.key
    assert stored_one.items == [{**item, "note": list(item["note"])} for item in preview.items]


def test_a_vote_after_planning_changes_nothing_in_the_mail_that_waits(ada: Subscriber) -> None:
    papers = voted(ada)
    delivery = sent(ada, *TODAY)
    before = web_version.read_html(delivery)
    Vote.objects.filter(paper=papers[0]).update(verdict="less")
    assert web_version.read_html(delivery) == before


def test_papers_that_were_removed_say_nothing(ada: Subscriber) -> None:
    papers = voted(ada)
    delivery = sent(ada, *TODAY)
    papers[0].entries.all().delete()
    papers[0].delete()
    assert Vote.objects.count() == LEAST_VOTES - 1
    assert "part 0”." in web_version.read_html(delivery)
    assert "Browser agents, part 0" not in web_version.read_html(delivery)


def test_the_latest_votes_count(ada: Subscriber) -> None:
    edition(*(f"Agents {number}" for number in range(MOST_VOTES + 1)))
    Vote.objects.bulk_create(
        Vote(subscriber=ada, paper=paper, verdict="more", at=NOW + timedelta(minutes=paper.pk))
        for paper in Paper.objects.all()
    )
    (taste,) = Vote.objects.tastes([ada.pk]).values()
    oldest = Paper.objects.order_by("pk").first()
    assert oldest
    assert len(taste) == MOST_VOTES
    assert oldest.pk not in dict(taste)
    assert list(taste) == sorted(taste)


def test_planning_readers_with_taste_costs_few_queries(django_assert_max_num_queries: Any) -> None:
    agents = topic("agents", "agents")
    readers = [reader(f"reader{number}@readers.example", [agents]) for number in range(30)]
    papers = voted(readers[0])
    for other in readers[1:]:
        Vote.objects.bulk_create(Vote(subscriber=other, paper=p, verdict="more", at=NOW) for p in papers)
    edition(*TODAY)
    with django_assert_max_num_queries(48):
        plan(NOW)
    assert Selection.objects.count() == 2


def test_each_section_knows_how_it_can_be_muted_and_each_paper_how_it_is_voted_on(ada: Subscriber) -> None:
    delivery = sent(ada, "Agents", "Boats")
    assert delivery.selection
    content = Reading().content_of(delivery.selection)
    assert [(section.name, section.mute) for section in content.sections] == [("Agents", "0"), ("Boats", "1")]
    assert [i.number for section in content.sections for i in section.items] == [
        item["paper"] for item in sorted(delivery.selection.items, key=lambda item: item["filter"])
    ]


def test_votes_go_with_their_reader(ada: Subscriber) -> None:
    voted(ada)
    ada.delete()
    assert not Vote.objects.exists()


def test_operators_see_a_readers_votes_and_a_papers_counts(admin_client: Client, ada: Subscriber) -> None:
    papers = voted(ada)
    answer = admin_client.get(reverse("admin:subscriptions_subscriber_change", args=[ada.pk]))
    assert "Browser agents, part 0" in answer.content.decode()
    answer = admin_client.get(reverse("admin:digest_paper_change", args=[papers[0].pk]))
    assert "1 more like it, 0 less" in answer.content.decode()
