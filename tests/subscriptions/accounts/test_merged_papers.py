"""What readers had, saved and voted on stays theirs when two papers are found to be one."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from digest.ingestion.store import store
from digest.models import Paper, Selection
from digest.selection.content import Reading
from digest.sources import ParsedAnswer
from digest.sources.record_fields import build_record
from subscriptions.accounts import saved_papers, votes
from subscriptions.accounts.data_rights import everything_about
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, SavedPaper, Subscriber, Vote
from subscriptions.planning.planner import plan
from tests.factories import DAY, NOW, edition, reader, record, source, topic

pytestmark = pytest.mark.django_db
DRAFT, PRINTED = "doi:10.1101/2025.11.01.1", "doi:10.1000/j.1"
TOMORROW, LATER = NOW + timedelta(days=1), NOW + timedelta(days=2)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(LATER, tick=False):
        yield


@pytest.fixture
def ada() -> Subscriber:
    """A reader who got the draft in one digest, and the printed paper in the next."""
    ada = reader("ada@readers.example", [topic("agents", "agents")])
    edition(record("Agents, a draft", key=DRAFT))
    plan(NOW)
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    edition(record("Agents as printed", key=PRINTED), day=DAY + timedelta(days=1), now=TOMORROW)
    plan(TOMORROW)
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    return ada


def merged() -> tuple[Paper, int]:
    """The one paper that both are found to be, and the number that the printed one had."""
    gone = Paper.objects.get(key=PRINTED).pk
    link = build_record(
        DAY + timedelta(days=1), title="Agents as printed", doi="10.1000/j.1", other_keys=[DRAFT]
    )
    store(ParsedAnswer(link.day, "records", (link,), ()), source(), TOMORROW + timedelta(hours=1))
    return Paper.objects.get(), gone


def second(subscriber: Subscriber) -> Delivery:
    return subscriber.deliveries.latest("due_at")


def test_the_latest_vote_on_either_counts(ada: Subscriber) -> None:
    draft, printed = Paper.objects.order_by("pk")
    ben = reader("ben@readers.example")
    votes.vote(second(ada), draft.pk, Vote.Verdict.LESS, NOW)
    votes.vote(second(ada), printed.pk, Vote.Verdict.MORE, TOMORROW)
    Vote.objects.create(subscriber=ben, paper=printed, verdict=Vote.Verdict.LESS, at=NOW)
    paper, _ = merged()
    assert (votes.given(ada, paper.pk), votes.given(ben, paper.pk)) == ("more", "less")
    assert Vote.objects.count() == 2


def test_a_paper_saved_twice_is_on_the_list_once_with_its_note(ada: Subscriber) -> None:
    for paper, at in zip(Paper.objects.order_by("pk"), (NOW, TOMORROW), strict=True):
        saved_papers.save(ada, paper, at)
    saved_papers.annotate(SavedPaper.objects.get(key=PRINTED), "read again")
    paper, _ = merged()
    row = ada.saved_papers.get()
    assert (row.paper, row.note, row.saved_at) == (paper, "read again", NOW)


def test_links_of_sent_mails_work_on_and_are_about_the_paper_that_stays(
    ada: Subscriber, client: Client
) -> None:
    delivery = second(ada)
    paper, gone = merged()
    start = signed_links.vote_url(ada, delivery.pk).removeprefix("http://localhost:8000")
    for number in (gone, paper.pk):
        assert client.post(f"{start}{number}/more/").status_code == 200
        assert Vote.objects.get().paper == paper
        assert client.post(f"{start}{number}/save/").status_code == 200
        assert ada.saved_papers.get().paper == paper
    for key in (DRAFT, PRINTED):
        assert client.get(f"/papers/{key}", follow=True).status_code == 200


def test_digests_that_were_sent_show_the_paper_that_stays(ada: Subscriber, client: Client) -> None:
    delivery = second(ada)
    paper, _ = merged()
    page = client.get(signed_links.url("read", ada, delivery.pk)).content.decode()
    assert paper.title in page
    sent = [mail["papers"] for mail in everything_about(ada)["mails"]]
    assert sent == [[paper.key], [paper.key]]


def test_a_digest_that_waits_with_both_names_the_paper_once(ada: Subscriber) -> None:
    draft, printed = Paper.objects.order_by("pk")
    selection = Selection.objects.latest("pk")
    selection.items = [{"paper": draft.pk, "filter": 0}, {"paper": printed.pk, "filter": 0}]
    merged()
    content = Reading().content_of(selection)
    assert [len(section.items) for section in content.sections] == [1]


def test_the_paper_that_stays_comes_to_nobody_again(ada: Subscriber) -> None:
    merged()
    plan(LATER)
    assert second(ada).state == Delivery.State.SKIPPED


def test_what_may_not_have_arrived_is_carried_over_under_its_present_number(ada: Subscriber) -> None:
    delivery = second(ada)
    delivery.state = Delivery.State.UNKNOWN
    delivery.save()
    paper, _ = merged()
    plan(LATER)
    selection = second(ada).selection
    assert selection
    assert selection.carried == [paper.pk]


def test_a_paper_that_a_reader_was_still_to_get_comes_though_a_merger_releases_nothing() -> None:
    """It becomes one that the reader's filter did not keep; others had that one, and get it no more."""
    ada = reader("ada@readers.example", queries=["source:journal"])
    eve = reader("eve@readers.example", queries=["agents"])
    edition(record("Agents, a draft", key=DRAFT), of="preprints")
    plan(NOW)
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    edition(record("Agents as printed", key=PRINTED), of="journal", now=NOW + timedelta(hours=1))
    both = build_record(DAY, title="Agents as printed", doi="10.1000/j.1", other_keys=[DRAFT])
    store(ParsedAnswer(DAY, "records", (both,), ()), source("index"), NOW + timedelta(hours=2), release=False)
    plan(TOMORROW)

    had = {
        one: [
            paper
            for delivery in one.deliveries.exclude(state="skipped")
            if delivery.selection
            for paper in delivery.selection.papers
        ]
        for one in (ada, eve)
    }
    assert had == {ada: [Paper.objects.get().pk], eve: [Paper.objects.get().pk]}
