"""A reader's library: known papers are found at once, others are asked for at arXiv, after confirmation."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from digest.archive import indexing, queries, search
from digest.library.reading import MOST_ENTRIES, read
from digest.models import Paper
from digest.sources.arxiv import lookup as arxiv_lookup
from subscriptions import tasks
from subscriptions.accounts import data_rights, library, library_lookup, signup
from subscriptions.accounts.library import Library
from subscriptions.accounts.preferences import Choices
from subscriptions.lib import asking_pace
from subscriptions.models import SavedPaper, Subscriber
from subscriptions.models.schedule import Schedule
from tests.factories import NOW, edition, reader, record, topic
from tests.services.arxiv import Arxiv, arxiv_here

pytestmark = pytest.mark.django_db

CHOICES = Choices((), ("agents",), Schedule("UTC", 7))


@pytest.fixture
def arxiv(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arxiv]:
    monkeypatch.setattr(arxiv_lookup, "INTERVAL", 0)
    with arxiv_here(settings) as here:
        here.papers = {
            "2311.00001": ("Looked up", "Of interest to one reader."),
            "2311.00002": ("Looked up too", "Another one."),
        }
        yield here


def bring(subscriber: Subscriber, text: str, *, ask: bool = True) -> None:
    library.bring(subscriber, Library(read(text).entries, ask), NOW)


def states(subscriber: Subscriber) -> dict[str, str]:
    rows = subscriber.saved_papers.select_related("paper").order_by("key")
    return {row.key: row.paper.title if row.paper else row.lookup for row in rows}


def test_papers_known_here_are_found_at_once_by_id_doi_or_title(arxiv: Arxiv) -> None:
    edition(
        record("By id", key="arxiv:2311.11111"), record("By DOI", key="doi:10.1000/x"), record("By its title")
    )
    ada = reader(queries=["agents"])
    bring(ada, "2311.11111v3\nhttps://doi.org/10.1000/X\ntitle: by its TITLE")
    assert sorted(states(ada).values()) == ["By DOI", "By id", "By its title"]
    assert not arxiv.asked


def test_a_paper_of_another_id_is_found_by_its_title() -> None:
    edition(record("Known by its title", key="arxiv:2311.11111"))
    ada = reader(queries=["agents"])
    bring(ada, "@article{a, title={Known by its {T}itle}, doi={10.1000/journal}}")
    assert states(ada) == {"arxiv:2311.11111": "Known by its title"}


def test_unknown_papers_are_looked_up_in_one_request_and_missing_ones_told(arxiv: Arxiv) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001\n2311.00002\n2311.99999\n10.1000/x")
    assert library.overview(ada).waiting == 3
    tasks.look_up_papers()
    assert arxiv.asked == [["2311.00001", "2311.00002", "2311.99999"]]
    assert states(ada) == {
        "arxiv:2311.00001": "Looked up",
        "arxiv:2311.00002": "Looked up too",
        "arxiv:2311.99999": "missing",
        "doi:10.1000/x": "",
    }
    shown = library.overview(ada)
    assert (shown.known, shown.waiting, shown.missing, shown.unknown) == (2, 0, 1, 1)
    paper = Paper.objects.get(key="arxiv:2311.00001")
    assert (paper.abstract, paper.author_names) == (
        "Of interest to one reader.",
        ["Ada Lovelace", "Émile Borel"],
    )
    tasks.look_up_papers()
    assert len(arxiv.asked) == 1


def test_arxiv_is_not_asked_before_the_address_is_confirmed_nor_if_the_reader_declined(arxiv: Arxiv) -> None:
    signup.request("ada@readers.example", CHOICES, NOW, library=Library(read("2311.00001").entries, ask=True))
    bring(reader("bob@readers.example", queries=["agents"]), "2311.00002", ask=False)
    tasks.look_up_papers()
    assert not arxiv.asked
    ada = Subscriber.objects.get(email="ada@readers.example")
    signup.activate(ada, NOW, "192.0.2.1")
    tasks.look_up_papers()
    assert arxiv.asked == [["2311.00001"]]


def test_a_paper_is_looked_up_once_for_all_readers(arxiv: Arxiv) -> None:
    readers = [reader(f"{name}@readers.example", queries=["agents"]) for name in ("ada", "bob")]
    for one in readers:
        bring(one, "2311.00001")
    tasks.look_up_papers()
    assert arxiv.asked == [["2311.00001"]]
    assert [states(one) for one in readers] == [{"arxiv:2311.00001": "Looked up"}] * 2


def test_while_arxiv_does_not_answer_all_keep_waiting(arxiv: Arxiv) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001")
    arxiv.status = 429
    tasks.look_up_papers()
    assert len(arxiv.asked) == 1, "one try: the next one is a later task's"
    assert library.overview(ada).waiting == 1
    arxiv.status = 200
    tasks.look_up_papers()
    assert library.overview(ada).known == 1


@pytest.mark.parametrize(
    ("status", "instead"),
    [
        (403, b""),
        (404, b""),
        (200, b"<html>Back in an hour</html>"),
        (200, b"\0\xff"),
        (200, b"<feed/>"),
    ],
)
def test_an_answer_that_is_none_makes_no_paper_missing(arxiv: Arxiv, status: int, instead: bytes) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001\n2311.00002")
    arxiv.status, arxiv.instead = status, instead
    tasks.look_up_papers()
    tasks.look_up_papers()
    assert library.overview(ada).waiting == 2
    arxiv.status, arxiv.instead = 200, b""
    tasks.look_up_papers()
    assert library.overview(ada).known == 2


@pytest.mark.parametrize("entries", ["", "<entry><id>http://arxiv.org/api/errors#wrong_id</id></entry>"])
def test_an_answer_about_no_paper_at_all_is_not_believed_of_many(arxiv: Arxiv, entries: str) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001\n2311.00002")
    arxiv.instead = f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode()
    tasks.look_up_papers()
    assert [len(ids) for ids in arxiv.asked] == [2, 1]
    assert (library.overview(ada).waiting, library.overview(ada).missing) == (1, 1)


def test_one_id_that_arxiv_refuses_does_not_keep_the_others_waiting_for_ever(arxiv: Arxiv) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "0001.00001\n2311.00001")
    arxiv.refused = {"0001.00001"}
    tasks.look_up_papers()
    tasks.look_up_papers()
    assert states(ada) == {"arxiv:0001.00001": "missing", "arxiv:2311.00001": "Looked up"}


def test_nobody_asks_while_another_worker_does(arxiv: Arxiv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_pace, "claim", lambda site, seconds: False)
    bring(reader(queries=["agents"]), "2311.00001")
    library_lookup.look_up_next()
    assert not arxiv.asked


def test_a_looked_up_paper_is_new_to_nobody_and_in_no_search(arxiv: Arxiv) -> None:
    edition("Another paper")
    bring(reader(queries=["agents"]), "2311.00001")
    tasks.look_up_papers()
    indexing.refresh()
    assert Paper.objects.get(key="arxiv:2311.00001").release is None
    assert queries.paper_by_key("arxiv:2311.00001") is None
    assert not search.find(search.visitors_query("looked")).papers


def test_a_looked_up_paper_that_an_edition_lists_later_is_a_paper_as_any_other(arxiv: Arxiv) -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001")
    tasks.look_up_papers()
    edition(record("Looked up", key="arxiv:2311.00001"))
    paper = queries.paper_by_key("arxiv:2311.00001")
    assert paper is not None
    assert paper.release is not None
    assert (paper.source_name, states(ada)) == ("huggingface", {"arxiv:2311.00001": "Looked up"})
    indexing.refresh()
    assert search.find(search.visitors_query("looked")).papers == (paper.pk,)


def test_looked_up_papers_go_once_they_are_on_nobodys_list(arxiv: Arxiv) -> None:
    ada, bob = reader("ada@readers.example"), reader("bob@readers.example")
    bring(ada, "2311.00001\n2311.00002")
    bring(bob, "2311.00002")
    tasks.look_up_papers()
    edition("Listed, and on nobody's list")
    data_rights.erase(ada)
    Paper.objects.update(created_at=timezone.now() - timedelta(days=2))
    tasks.sweep()
    assert set(Paper.objects.values_list("title", flat=True)) == {
        "Looked up too",
        "Listed, and on nobody's list",
    }


def test_a_paper_that_comes_in_later_joins_the_libraries_that_name_it() -> None:
    ada = reader(queries=["agents"])
    bring(ada, "10.1000/x")
    edition(record("By DOI", key="doi:10.1000/x"))
    tasks.look_up_papers()
    assert states(ada) == {"doi:10.1000/x": "By DOI"}


def test_bringing_a_library_twice_changes_nothing() -> None:
    edition(record("By id", key="arxiv:2311.11111"))
    ada = reader(queries=["agents"])
    bring(ada, "2311.11111\n10.1000/x")
    bring(ada, "10.1000/x\n2311.11111v2\ntitle: by id")
    assert ada.saved_papers.count() == 2


def test_a_library_has_at_most_500_papers() -> None:
    ada = reader(queries=["agents"])
    bring(ada, "\n".join(f"2401.{number:05}" for number in range(MOST_ENTRIES - 1)))
    bring(ada, "2402.00001\n2402.00002")
    assert ada.saved_papers.count() == MOST_ENTRIES


def test_what_was_brought_is_removed_one_by_one_and_what_was_annotated_stays() -> None:
    ada, bob = reader(queries=["agents"]), reader("bob@readers.example", queries=["agents"])
    for one in (ada, bob):
        bring(one, "2311.00001\n2311.00002\n10.1000/x")
    first, second, third = ada.saved_papers.order_by("key")
    SavedPaper.objects.filter(pk=second.pk).update(note="Read again.")
    library.remove(ada, str(first.pk))
    library.remove(bob, str(third.pk))
    library.remove(ada, "no number")
    assert set(states(ada)) == {"arxiv:2311.00002", "doi:10.1000/x"}
    library.remove(ada, library.ALL)
    assert set(states(ada)) == {"arxiv:2311.00002"}
    assert bob.saved_papers.count() == 3


def test_a_sign_up_for_a_readers_address_leaves_their_library_as_it_is() -> None:
    ada = reader(queries=["agents"])
    bring(ada, "2311.00001")
    signup.request(ada.email, CHOICES, NOW, library=Library(read("2311.00002").entries))
    assert set(states(ada)) == {"arxiv:2311.00001"}


def test_the_library_of_a_sign_up_takes_the_place_of_an_unconfirmed_one() -> None:
    for hours, text in ((0, "2311.00001"), (1, "2311.00002")):
        when = NOW + timedelta(hours=hours)
        signup.request("ada@readers.example", CHOICES, when, library=Library(read(text).entries))
    assert set(states(Subscriber.objects.get())) == {"arxiv:2311.00002"}


def test_a_departed_reader_keeps_their_list_whoever_signs_up_with_their_address() -> None:
    ada = reader(topics=[topic("agents", "agents")], state=Subscriber.State.UNSUBSCRIBED)
    bring(ada, "2311.00001")
    signup.request(ada.email, CHOICES, NOW, library=Library(read("2311.00002").entries))
    assert set(states(ada)) == {"arxiv:2311.00001", "arxiv:2311.00002"}
