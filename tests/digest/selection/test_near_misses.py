"""Near misses: what a reader is told fell one word short, and what they are not bothered with."""

from typing import Any

import pytest

from digest.matching import parse_query
from digest.matching.query.relax import relaxations
from digest.matching.ranking.explainer import explain
from digest.models import Paper, Selection
from digest.selection.content import Reading
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import make
from tests.factories import edition, record


def selection(*queries: str, **values: Any) -> Selection:
    filters = tuple(Filter(query, query, own=True) for query in queries)
    return make(SelectionRequest(filters, after_release=0, through_release=2**31, seen_through=0, **values))


def told(chosen: Selection) -> list[tuple[str, str, str]]:
    return [(near.record.title, near.missing, near.add) for near in Reading().content_of(chosen).near]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kv* quantization", [("kv*", "quantization"), ("quantization", "kv*")]),
        (
            '"kv cache" (fp4 OR int4) NOT audio',
            [("fp4 OR int4", '"kv cache" NOT audio'), ('"kv cache"', "(fp4 OR int4) NOT audio")],
        ),
        ("agents", []),
        ("agents OR robots", []),
        ("agents NOT audio", []),
        ("agents upvotes>=50", []),
        ("agents topic:agents", []),
    ],
)
def test_a_wider_query_gives_up_one_clause_of_words(query: str, expected: list[tuple[str, str]]) -> None:
    found = {(each.missing, str(parse_query(each.add))) for each in relaxations(parse_query(query))}
    assert found == {(missing, str(parse_query(add))) for missing, add in expected}


pytestmark = pytest.mark.django_db


def world() -> None:
    edition(
        record("Quantization of the KV cache", "Fewer bits."),
        record("KV cache on disk", "Slow and large.", upvotes=4),
        record("KV cache in the audio domain", "Speech.", upvotes=9),
        record("Quantization of pictures", "JPEG.", upvotes=2),
        record("Something else", "Nothing of it."),
    )


def test_a_paper_that_lacks_one_word_is_told_with_the_query_that_would_bring_it() -> None:
    world()
    assert told(selection("kv quantization NOT audio")) == [
        ("KV cache on disk", "quantization", "kv NOT audio"),
        ("Quantization of pictures", "kv", "quantization NOT audio"),
    ]


def test_the_query_to_add_keeps_the_paper() -> None:
    world()
    for title, _, add in told(selection("kv quantization")):
        paper = Paper.objects.get(title=title)
        assert explain(parse_query(add), paper).kept


def test_a_near_miss_leads_to_its_page_in_the_archive_as_other_papers_do() -> None:
    world()
    near = Reading().content_of(selection("kv quantization NOT audio")).near
    assert near
    assert {miss.page_url for miss in near} == {
        f"http://localhost:8000{Paper.objects.get(title=miss.record.title).get_absolute_url()}"
        for miss in near
    }


def test_what_the_digest_brings_or_brought_is_no_near_miss() -> None:
    world()
    disk = Paper.objects.get(title="KV cache on disk")
    brought = selection("kv quantization", "kv NOT audio", carried=(disk.pk,))
    assert "KV cache on disk" not in [title for title, *_ in told(brought)]
    both = selection("kv quantization", "disk")
    assert "KV cache on disk" not in [title for title, *_ in told(both)]


def test_a_query_that_would_bring_a_crowd_is_not_proposed() -> None:
    world()
    edition(*(record(f"KV cache number {n}", "More of it.") for n in range(5)))
    assert [missing for _, missing, _ in told(selection("kv quantization"))] == ["kv"]


def test_at_most_two_are_told_each_once() -> None:
    edition(
        record("alpha beta", "x"),
        record("alpha", "x", upvotes=1),
        record("beta", "x"),
        record("alpha too", "gamma"),
    )
    found = told(selection("alpha beta", "alpha gamma beta", "alpha delta"))
    assert len(found) == len({title for title, *_ in found}) == 2


def test_a_digest_that_is_not_sent_looks_for_none() -> None:
    world()
    assert selection("kv astronomy").is_empty
    assert selection("kv astronomy").near == []


def test_topics_are_left_alone() -> None:
    world()
    filters = (Filter("KV", "kv quantization"),)
    request = SelectionRequest(filters, after_release=0, through_release=2**31, seen_through=0)
    assert make(request).near == []
