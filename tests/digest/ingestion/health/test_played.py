"""Problems as they come out of checks of sources that are played on this machine, day after day."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from pytest_django import Settings

from digest.ingestion import checks, fetchers
from digest.ingestion.health.watch import watch
from digest.models import Source, SourceProblem
from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.http.client import Timing
from tests.digest.ingestion import arxiv_site
from tests.digest.ingestion.arxiv_site import ArxivSite, Listed
from tests.digest.ingestion.hugging_face import SITE, Answer, HuggingFace, listed, playing

pytestmark = pytest.mark.django_db

FRIDAY = date(2025, 11, 7)
IN_MARCH = date(2026, 3, 6)  # a Friday, too
WEEKS = 5
DAY = timedelta(days=1)


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[HuggingFace]:
    """Plays Hugging Face, with twelve papers on each weekday before the Friday; nobody waits for a retry."""
    monkeypatch.setattr(fetchers, "Timing", partial(Timing, sleep=lambda seconds: None))
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        site.answers = usual
        yield site


def usual(day: date) -> Answer:
    return listed(day, *(f"{day}, number {n}" for n in range(12))) if day.weekday() < 5 else b"[]"


def check(now: datetime) -> list[str]:
    """Check the source and look at it; the kinds of the problems that are open then."""
    with suppress(SourceUnavailable, SourceChanged):
        checks.check(Source.objects.get(), now)
    watch(now)
    return sorted(SourceProblem.objects.open().values_list("kind", flat=True))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def weeks(site: HuggingFace) -> None:
    """Five ordinary weeks until Thursday, each day checked at noon."""
    first = FRIDAY - timedelta(weeks=WEEKS)
    enable(first)
    for number in range(7 * WEEKS):
        assert check(noon(first + number * DAY)) == []


def enable(since: date) -> None:
    Source.objects.create(
        name="huggingface", title="Hugging Face", adapter="huggingface", enabled=True, enabled_at=noon(since)
    )


@pytest.mark.parametrize(("papers", "expected"), [(0, ["empty"]), (2, ["few"]), (4, []), (12, [])])
def test_a_friday_with_too_few_papers_is_told_on_saturday_and_ends_when_they_come(
    site: HuggingFace, weeks: None, papers: int, expected: list[str]
) -> None:
    friday = listed(FRIDAY, *(f"Friday's number {n}" for n in range(papers)))
    site.answers = lambda day: friday if day == FRIDAY else usual(day)
    assert check(noon(FRIDAY)) == []  # it still grows
    assert check(noon(FRIDAY + DAY)) == expected
    site.answers = usual
    assert check(noon(FRIDAY + 2 * DAY)) == []
    assert not SourceProblem.objects.filter(cleared_at=None).exists()


def test_fields_that_go_missing_are_told(site: HuggingFace, weeks: None) -> None:
    without = usual(FRIDAY)
    assert isinstance(without, bytes)
    site.answers = lambda day: without.replace(b'"summary"', b'"tldr"') if day == FRIDAY else usual(day)
    check(noon(FRIDAY))
    assert check(noon(FRIDAY + DAY)) == ["fields"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (503, "unreachable"),
        (429, "unreachable"),
        (404, "changed"),
        (400, "refused"),
        (b"<html><title>Just a moment...</title></html>", "challenge"),
        (b"<html><title>Welcome</title></html>", "changed"),
        (usual(FRIDAY - timedelta(days=301)), "wrong_day"),
    ],
)
def test_whatever_keeps_it_from_being_read_is_told_after_half_an_hour_and_ends_with_the_next_answer(
    site: HuggingFace, answer: Answer, kind: str
) -> None:
    enable(FRIDAY - DAY)
    assert check(noon(FRIDAY - DAY)) == []
    site.answers = lambda day: answer
    assert check(noon(FRIDAY - DAY) + timedelta(minutes=20)) == []
    assert check(noon(FRIDAY - DAY) + timedelta(minutes=40)) == [kind]
    if isinstance(answer, bytes):
        problem = SourceProblem.objects.get(kind=kind)
        assert problem.raw_answer is not None
        assert problem.raw_answer.format == ""
    site.answers = usual
    assert check(noon(FRIDAY - DAY) + timedelta(minutes=90)) == []


@pytest.fixture
def arxiv(settings: Settings) -> Iterator[ArxivSite]:
    """Plays arXiv, which had a paper on Thursday."""
    Source.objects.create(
        name="arxiv",
        title="arXiv cs.LG",
        adapter="arxiv",
        settings={"categories": "cs.LG", "cross_lists": "yes"},
        enabled=True,
        enabled_at=noon(IN_MARCH - DAY),
    )
    site = ArxivSite([Listed("2603.00001", "Thursday's kite", (IN_MARCH - DAY,))], IN_MARCH - DAY)
    with arxiv_site.playing(site) as settings.SOURCE_MIRRORS:
        assert check(noon(IN_MARCH - DAY)) == []
        site.today = IN_MARCH
        yield site


def test_a_feed_that_repeats_yesterday_is_told_three_hours_after_its_hour(arxiv: ArxivSite) -> None:
    announced = datetime(2026, 3, 6, 5, 30, tzinfo=UTC)
    arxiv.shown = IN_MARCH - DAY
    assert check(announced + timedelta(hours=2)) == []
    assert check(announced + timedelta(hours=4)) == ["stale"]
    assert SourceProblem.objects.get().day == IN_MARCH
    arxiv.shown = None
    arxiv.papers.append(Listed("2603.00002", "Friday's kite", (IN_MARCH,)))
    assert check(announced + timedelta(hours=5)) == []


def test_a_holiday_of_arxiv_is_no_problem(arxiv: ArxivSite) -> None:
    for hours in (0, 5, 9):
        assert check(noon(IN_MARCH) + timedelta(hours=hours)) == []
