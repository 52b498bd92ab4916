"""A clock that was ahead, and is right again: nothing is lost, and nobody waits for that moment."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pytest_django import Settings

from digest.ingestion import checks, politeness
from digest.models import EditionEntry
from tests.digest.ingestion.hugging_face import SITE, HuggingFace, listed, playing
from tests.factories import DAY, NOW, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings: Settings) -> Iterator[HuggingFace]:
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        site.lists({DAY: listed(DAY, "Agents")})
        yield site


def test_papers_of_a_source_that_was_enabled_in_the_future_are_released(site: HuggingFace) -> None:
    checks.check(source(enabled=True, enabled_at=NOW + timedelta(days=400)), NOW)
    assert EditionEntry.objects.exclude(release=None).get().paper.title == "Agents"


def test_today_is_asked_for_though_it_was_asked_for_in_the_future(site: HuggingFace) -> None:
    huggingface = source(enabled=True, enabled_at=NOW)
    checks.check(huggingface, NOW + timedelta(hours=9))
    site.asked.clear()
    checks.check(huggingface, NOW)
    assert site.asked == [DAY]


def test_a_site_that_was_asked_a_year_ahead_is_asked_now() -> None:
    waits: list[float] = []
    with time_machine.travel(NOW + timedelta(days=365), tick=False):
        politeness.wait_for_turn("export.arxiv.org", 3, waits.append)
    with time_machine.travel(NOW, tick=False):
        politeness.wait_for_turn("export.arxiv.org", 3, waits.append)
    assert waits == [0, 0]
