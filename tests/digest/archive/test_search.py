"""Searching stored papers finds exactly what matching keeps, also after they changed."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.archive import indexing, search, segments
from digest.matching import Query, parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.percolator.topic_assignment import topics_of
from digest.models import Edition, IndexSegment, Paper, Release
from tests.digest.matching.oracle import keeps
from tests.digest.matching.test_agreement import random_node, random_text
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    papers = Paper.objects.in_bulk(search.find(parse_query(query)).papers)
    return [paper.title for paper in papers.values()]


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of eight papers, so that a few papers fill several."""
    monkeypatch.setattr(indexing, "SIZE", 8)


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("seed", range(5))
def test_search_keeps_the_papers_that_the_oracle_and_the_percolator_keep(seed: int) -> None:
    chance = random.Random(seed)
    papers = stored(chance, 40)
    queries = [Query(random_node(chance, 3)) for _ in range(30)]
    percolator = Percolator.of(dict(enumerate(queries)))
    matches = percolator.match(papers)
    for number, query in enumerate(queries):
        expected = {paper.pk for paper in papers if keeps(query.root, paper)}  # type: ignore[arg-type]
        assert {match.paper.pk for match in matches.get(number, [])} == expected
        assert set(search.find(query).papers) == expected
        best_first = search.find(query, titles_first=True).papers
        assert len(best_first) == len(expected)
        assert set(best_first) == expected
        since, until = DAY - timedelta(days=6), DAY - timedelta(days=2)
        dated = {paper.pk for paper in papers if paper.pk in expected and since <= paper.day <= until}
        assert set(search.find(query, since, until).papers) == dated


def stored(chance: random.Random, count: int) -> list[Paper]:
    """Random papers over ten days."""
    listed = Edition.objects.create(source=source(), day=DAY, format="records", fetched_at=NOW)
    release = Release.objects.create(edition=listed, released_at=NOW)
    Paper.objects.bulk_create(
        Paper(
            key=f"paper {number}",
            title=random_text(chance) or "nothing",
            abstract=random_text(chance),
            author_names=[random_text(chance) for _ in range(chance.randint(0, 3))],
            organization=chance.choice(["", random_text(chance)]),
            source_name=chance.choice(["agents", "3d"]),
            upvotes=chance.choice([None, 0, 1, 2, 3]),
            comments=chance.choice([None, 0, 1, 2, 3]),
            authors=chance.choice([None, 0, 1, 2, 3]),
            day=DAY - timedelta(days=chance.randrange(10)),
            release=release,
        )
        for number in range(count)
    )
    return list(Paper.objects.order_by("pk"))


def test_found_papers_come_newest_day_first_with_their_number_a_day() -> None:
    edition("Agents, one", "Agents, two", day=DAY - timedelta(days=1))
    edition("Agents, three", "Robots", day=DAY)
    result = search.find(parse_query("agents"))
    assert [Paper.objects.get(pk=pk).title for pk in result.papers] == [
        "Agents, three",
        "Agents, two",
        "Agents, one",
    ]
    assert result.per_day == {DAY: 1, DAY - timedelta(days=1): 2}


def ranked(query: str) -> list[str]:
    found = search.find(parse_query(query), titles_first=True).papers
    papers = Paper.objects.in_bulk(found)
    return [papers[pk].title for pk in found]


@pytest.mark.usefixtures("small_segments")
def test_a_title_with_all_the_words_comes_before_one_with_some_and_both_before_an_abstract() -> None:
    edition(
        record("Memory of agents", "Old."),
        record("Memory at sea", "Of agents."),
        record("At sea", "Agents with memory, long ago."),
        day=DAY - timedelta(days=9),
    )
    edition(*(record(f"Nothing {n}", "Nothing.") for n in range(9)), day=DAY - timedelta(days=5))
    edition(
        record("Newest", "Agents with memory."),
        record("Agents, new", "With memory."),
        record("Agents, no memory", "Video."),
    )
    assert ranked("agent memory NOT video") == [
        "Memory of agents",
        "Agents, new",
        "Memory at sea",
        "Newest",
        "At sea",
    ]
    assert ranked("memory") == [
        "Agents, no memory",
        "Memory at sea",
        "Memory of agents",
        "Agents, new",
        "Newest",
        "At sea",
    ]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("agent NEAR/3 memory", "Agents have memory"),
        ("agent^2 OR zeppelin", "Agents have memory"),
        ('"have memory"', "Agents have memory"),
        ("upvotes>=3", "Newest"),
        ("org:lab", "Newest"),
        ("org:lab agent", "Agents have memory"),
        ("org:lab NOT zeppelin", "Newest"),
    ],
)
def test_only_words_that_a_title_can_have_move_a_paper_up(query: str, first: str) -> None:
    edition(record("Agents have memory", upvotes=5, organization="Lab"), day=DAY - timedelta(days=9))
    edition(record("Newest", "Agents have memory.", upvotes=5, organization="Lab"))
    assert ranked(query)[0] == first


def test_nothing_stored_is_nothing_found() -> None:
    assert search.find(parse_query("agents")) == search.SearchResult((), {})


def test_a_paper_that_changed_is_found_by_what_it_says_now() -> None:
    edition("Agents")
    assert found("agents") == ["Agents"]
    paper = Paper.objects.get()
    paper.title, paper.upvotes = "Robots", 60
    paper.save()
    assert found("title:agents") == []
    assert found("robots upvotes>=50") == ["Robots"]


def test_a_paper_that_was_removed_is_not_found() -> None:
    edition("Agents", "More agents")
    assert len(found("agents")) == 2
    Paper.objects.get(title="Agents").delete()
    assert found("agents") == ["More agents"]
    indexing.refresh()
    assert len(search.find(parse_query("agents")).papers) == 1
    Paper.objects.all().delete()
    indexing.refresh()
    assert search.find(parse_query("agents")).papers == ()


def test_losing_the_segments_loses_nothing() -> None:
    edition("Agents")
    indexing.refresh()
    IndexSegment.objects.all().delete()
    assert found("agents") == ["Agents"]


def test_the_topics_of_a_stored_paper_are_weighed_once_and_again_when_it_says_something_else() -> None:
    edition("Quantization of large language models to four bits")
    indexing.refresh()
    paper = Paper.objects.get()
    assert paper.topic_matches == topics_of([paper])[0]
    assert "quantization" in paper.topic_matches
    assert found("topic:quantization") == [paper.title]
    paper.title = "A study of bees"
    paper.abstract = "We count bees."
    assert paper.topic_matches is None
    paper.save()
    assert found("topic:quantization") == []


def test_a_search_does_not_index_again_what_stayed_the_same() -> None:
    edition("Agents")
    found("agents")
    before = list(IndexSegment.objects.values_list("pk", "stamp"))
    assert found("agents") == ["Agents"]
    assert list(IndexSegment.objects.values_list("pk", "stamp")) == before
    assert before[0][1] <= timezone.now()


def test_a_search_in_segments_that_are_up_to_date_writes_nothing() -> None:
    edition("Agents")
    found("agents")
    with CaptureQueriesContext(connection) as asked:
        assert found("agents") == ["Agents"]
    assert {query["sql"].split()[0] for query in asked} == {"SELECT", "WITH"}


def test_segments_of_another_version_of_matching_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    edition("Agents")
    found("agents")
    (before,) = IndexSegment.objects.values_list("pk", flat=True)
    for module in (indexing, segments):
        monkeypatch.setattr(module, "version", lambda: "another")
    assert found("agents") == ["Agents"]
    indexing.refresh(thorough=True)
    assert IndexSegment.objects.get().pk != before
