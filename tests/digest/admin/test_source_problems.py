"""Problems of sources in the admin: what is wrong, and the buttons that mend it."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from digest import tasks
from digest.ingestion.health.watch import watch
from digest.models import SourceProblem
from tests.factories import NOW, source

pytestmark = pytest.mark.django_db

LIST = reverse("admin:digest_sourceproblem_changelist")


@pytest.fixture
def problem() -> SourceProblem:
    source("papers", enabled=True, error="The site answered 503.", error_kind="unreachable", checked_at=NOW)
    watch(NOW)
    return SourceProblem.objects.get()


def press(client: Client, name: str, problem: SourceProblem) -> str:
    """Choose an action for this problem in the list; what the page says then."""
    form = {"action": name, "_selected_action": [problem.pk]}
    return client.post(LIST, form, follow=True).content.decode()


def test_a_problem_shows_its_likely_cause_and_what_the_source_said(
    admin_client: Client, problem: SourceProblem
) -> None:
    page = admin_client.get(reverse("admin:digest_sourceproblem_change", args=[problem.pk])).content.decode()
    assert "Papers cannot be reached." in page
    assert "It is tried again every 15 minutes" in page
    assert "The site answered 503." in page
    assert reverse("admin:digest_source_change", args=[problem.source_id]) in page


def test_fetching_again_is_one_press(
    admin_client: Client, problem: SourceProblem, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(tasks.fetch_source, "apply_async", lambda arguments, **_: asked.append(arguments[0]))
    assert "Fetch requested." in press(admin_client, "fetch_again", problem)
    assert asked == [problem.source_id]


def test_what_is_called_right_is_no_problem_any_more(admin_client: Client, problem: SourceProblem) -> None:
    assert "said to be right" in press(admin_client, "accept", problem)
    assert not SourceProblem.objects.open().exists()
    assert "Papers cannot be reached." not in admin_client.get(LIST + "?state=open").content.decode()
    assert "Papers cannot be reached." in admin_client.get(LIST + "?state=accepted").content.decode()


def test_problems_that_are_over_stay_to_be_read(admin_client: Client, problem: SourceProblem) -> None:
    SourceProblem.objects.update(cleared_at=NOW)
    assert "Papers cannot be reached." in admin_client.get(LIST + "?state=over").content.decode()
    assert "Papers cannot be reached." not in admin_client.get(LIST + "?state=open").content.decode()
