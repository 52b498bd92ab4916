"""Digests between planning and sending: the reasons in the mail are those of the words in the mail."""

from collections.abc import Iterator

import pytest
import time_machine
from bs4 import BeautifulSoup

from digest.matching import Explanation
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper, Selection
from subscriptions.planning.planner import plan
from tests.factories import NOW, edition, reader, record, topic
from tests.subscriptions.emails.test_letters import delivered, html_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _planned(_clock: None) -> None:
    """A digest that waits."""
    reader(topics=[topic("agents", "agents OR planning")], queries=["upvotes>=50 caches"])
    edition(
        record("Agents of many kinds", "Planning with tools."),
        record("Caches for serving", "A cache of keys.", upvotes=61),
    )
    plan(NOW)


def mailed() -> tuple[list[str], str]:
    """The marked words of the one mail that waits, and its text."""
    (mail,) = delivered()
    page = BeautifulSoup(html_of(mail), "html.parser")
    return [mark.get_text() for mark in page.select(".hit")], text_of(mail)


def test_a_mail_is_composed_without_matching(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Explanation:
        raise AssertionError("composing matches again")

    monkeypatch.setattr(Explainer, "__init__", refuse)
    monkeypatch.setattr(Explainer, "explain", refuse)
    marks, text = mailed()
    assert {"Agents", "Planning", "Caches", "cache"} <= set(marks)
    assert "title has “Caches”" in text
    assert "61 upvotes" in text


def test_a_title_corrected_after_planning_is_marked_at_its_own_words() -> None:
    paper = Paper.objects.get(title="Agents of many kinds")
    paper.title = "On the many kinds of agents"
    paper.save()
    marks, text = mailed()
    assert "agents" in marks
    assert set(marks) <= {"agents", "Planning", "Caches", "cache"}
    assert "title has “agents”; abstract has “Planning”" in text


def test_a_number_that_changed_after_planning_is_told_as_it_is_now() -> None:
    Paper.objects.filter(title="Caches for serving").update(upvotes=62)
    _, text = mailed()
    assert "61 upvotes" not in text
    assert "62 upvotes" in text


def test_a_digest_that_the_build_before_planned_says_why_too() -> None:
    Selection.objects.update(reasons="")
    marks, text = mailed()
    assert {"Agents", "Planning", "Caches", "cache"} <= set(marks)
    assert "title has “Agents”; abstract has “Planning”" in text
    assert "title has “Caches”; abstract has “cache”; 61 upvotes" in text
