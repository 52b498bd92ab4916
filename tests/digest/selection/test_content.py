"""Selections read back: with the reasons they were stored with, and never with marks on other words."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from digest.compose import DigestContent, Item
from digest.compose.paper.highlight import runs
from digest.matching import Explanation, Query, parse_query
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper, Selection
from digest.selection import stored_queries
from digest.selection.content import Reading
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import Selector
from tests.factories import edition, record

pytestmark = pytest.mark.django_db

FILTERS = (
    Filter("Agents", "(topic:agents OR agents) NOT cache"),
    Filter("Caches", "(kv OR caches) NOT audio", own=True),
    Filter("Lab", "org:example upvotes>=50", own=True),
    Filter("Ada", "author:lovelace", own=True),
)


def world() -> None:
    edition(
        record("Agents that plan with tools", "LLM agents call tools; an agent plans.", upvotes=9),
        record("A cache for agents", "The KV cache of an agent, and caches below it.", upvotes=70),
        record("Notes on the engine", "On numbers.", author_names=["Ada Lovelace", "Luigi Menabrea"]),
        record("Splats", "Of light.", organization="Example Lab", upvotes=52),
        record("A cache of audio", "Audio.", organization="Other"),
    )


def stored(**values: Any) -> Selection:
    request = SelectionRequest(FILTERS, after_release=0, through_release=2**31, seen_through=0)
    request = replace(request, **values)
    selection = Selector().select([request])[request]
    return Selection.objects.get(pk=selection.pk)


@pytest.fixture
def no_matching(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("reading a selection back matches again")

    with monkeypatch.context() as patch:
        patch.setattr(Explainer, "__init__", refuse)
        patch.setattr(stored_queries, "read", refuse)
        yield


def items(content: DigestContent) -> dict[str, Item]:
    sections = [item for section in (*content.sections, *content.more) for item in section.items]
    return {item.record.title: item for item in (*sections, *content.carried)}


def marked(item: Item) -> list[str]:
    """The marked words of the title, then of the abstract."""
    texts = (("title", item.record.title), ("abstract", item.record.abstract))
    return [text[run.start : run.end] for field, text in texts for run in runs(text, field, item.marks)]


@pytest.mark.usefixtures("no_matching")
def test_a_fixture_that_forbids_matching_forbids_it() -> None:
    with pytest.raises(AssertionError, match="matches again"):
        Explainer(Paper())


@pytest.mark.parametrize("full_limit", [None, 1])
def test_a_digest_is_read_back_without_matching(
    full_limit: int | None, request: pytest.FixtureRequest
) -> None:
    world()
    selection = stored(full_limit=full_limit, carried=(Paper.objects.get(title="Splats").pk,))
    request.getfixturevalue("no_matching")
    content = Reading().content_of(selection)
    assert marked(items(content)["A cache for agents"]) == ["cache", "KV cache", "caches"]
    assert [fact.field for fact in items(content)["Splats"].facts] == ["org", "upvotes"]
    assert sum(len(section.items) for section in content.more) == (0 if full_limit is None else 2)


def test_stored_and_fresh_reasons_are_the_same() -> None:
    world()
    selection = stored(carried=(Paper.objects.get(title="Splats").pk,))
    assert selection.reasons.count("\n") == 3
    told = Reading().content_of(selection)
    selection.reasons = ""
    assert Reading().content_of(selection) == told


def test_rows_of_the_build_before_have_their_reasons_made_anew() -> None:
    world()
    row = stored()
    Selection.objects.update(reasons="")
    content = Reading().content_of(Selection.objects.get())
    assert marked(items(content)["Agents that plan with tools"])[0] == "Agents"
    assert content == Reading().content_of(row)


def test_after_a_correction_the_marks_are_on_the_new_words() -> None:
    world()
    selection = stored()
    paper = Paper.objects.get(title="Agents that plan with tools")
    paper.title = "Correction: how agents plan"
    paper.save()
    shown = items(Reading().content_of(selection))
    assert marked(shown["Correction: how agents plan"])[0] == "agents"
    assert marked(shown["A cache for agents"]) == ["cache", "KV cache", "caches"]


def test_a_paper_that_its_filter_no_longer_keeps_is_shown_without_reasons() -> None:
    world()
    selection = stored()
    Paper.objects.filter(title="Splats").update(upvotes=49)
    splats = items(Reading().content_of(selection))["Splats"]
    assert (splats.marks, splats.facts) == ((), ())


def test_a_paper_that_is_gone_is_left_out() -> None:
    world()
    selection = stored()
    gone = Paper.objects.get(title="Splats")
    gone.entries.all().delete()
    gone.delete()
    assert "Splats" not in items(Reading().content_of(selection))


def test_selections_with_the_same_match_are_explained_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world()
    explained = []
    explain = Explainer.explain

    def counted(self: Explainer, query: Query) -> Explanation:
        explained.append(str(query))
        return explain(self, query)

    monkeypatch.setattr(Explainer, "explain", counted)
    requests = [
        SelectionRequest((Filter(str(n), "caches"),), 0, 2**31, 0, full_limit=n) for n in range(1, 20)
    ]
    made = Selector().make(requests)
    assert len({selection.reasons for selection in made.values()}) == 1
    assert explained.count(str(parse_query("caches"))) == 2
