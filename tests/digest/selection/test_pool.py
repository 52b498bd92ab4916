"""What planning does once: papers split for all windows, and words of what digests show."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from digest.compose import Brand
from digest.compose.letter import compose_digest
from digest.matching import Explanation, Query
from digest.matching.index import token_graph
from digest.matching.ranking.explainer import Explainer
from digest.matching.tokenizer import split
from digest.models import newest_release
from digest.selection.content import Reading
from digest.selection.rankings import MOST_REASONS
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import Selector, make
from tests.factories import DAY, edition, record

pytestmark = pytest.mark.django_db
FILTERS = (Filter("Agents", "agents"), Filter("Tools", "tool* OR agents", own=True))
LATEST = 2**31


def request(**values: Any) -> SelectionRequest:
    usual: dict[str, Any] = {"after_release": 0, "through_release": LATEST, "seen_through": 0}
    return SelectionRequest(FILTERS, **usual | values)


def test_papers_of_windows_that_overlap_are_split_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(3):
        edition(record(f"Agents of day {day}"), day=DAY + timedelta(days=day))
    read = Counter[str]()

    def counting(text: str) -> tuple[list[str], list[bool]]:
        read[text] += 1
        return split(text)

    monkeypatch.setattr(token_graph, "split", counting)
    first = newest_release() - 3
    found = Selector().make([request(after_release=n, seen_through=n) for n in range(first, first + 3)])
    assert sorted(len(selection.items) for selection in found.values()) == [1, 2, 3]
    assert {text: count for text, count in read.items() if text.startswith("Agents")} == {
        f"Agents of day {day}": 1 for day in range(3)
    }


def test_windows_bring_the_same_together_as_one_by_one() -> None:
    for day in range(4):
        papers = [record(f"Agents {day}.{n}", abstract="tools " * n, upvotes=n) for n in range(4)]
        edition(*papers, day=DAY + timedelta(days=day))
        if day:
            edition(record(f"Agents {day - 1}.1", abstract="other tools", upvotes=70), day=DAY)
    first = newest_release() - 7
    places = range(first, first + 6)
    spans = [request(after_release=after, seen_through=seen) for after in places for seen in (first, after)]
    together = Selector().make([*spans, request(after_release=first + 3, first=True)])
    for one, selection in together.items():
        alone = make(one)
        assert (selection.items, selection.reasons, selection.crossed, selection.scanned) == (
            alone.items,
            alone.reasons,
            alone.crossed,
            alone.scanned,
        )


def test_only_the_filter_that_brings_a_paper_is_asked_for_words(monkeypatch: pytest.MonkeyPatch) -> None:
    edition("Agents with tools", "Boats")
    asked: list[str] = []

    def explain(explainer: Explainer, query: Query) -> Explanation:
        asked.append(str(query))
        return explained(explainer, query)

    explained = Explainer.explain
    monkeypatch.setattr(Explainer, "explain", explain)
    assert len(make(request()).items) == 1
    assert len(asked) == 1


def test_a_mail_of_a_long_digest_is_the_same_though_reasons_are_stored_for_its_first_papers() -> None:
    edition(
        *(
            record(f"Agents {n}", abstract="" if n % 2 else "Tools", upvotes=n)
            for n in range(MOST_REASONS + 30)
        )
    )
    selection = make(request())
    assert len(selection.reasons.split("\n")) == MOST_REASONS < len(selection.items)
    told, mailed = Reading().content_of(selection), Reading().content_of(selection, in_mail=True)
    assert all(item.marks for section in told.sections for item in section.items)
    brand = Brand("Digest", "https://digest.example")
    assert compose_digest(mailed, brand) == compose_digest(told, brand)
