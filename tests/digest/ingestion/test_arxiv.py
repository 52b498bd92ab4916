"""arXiv as a source that is checked day by day, with days on which nobody checked."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from pytest_django import Settings

from digest.ingestion import checks
from digest.models import EditionEntry, Paper, Source, SourceDay
from digest.sources import SourceChanged
from tests.digest.ingestion.arxiv_site import ArxivSite, Listed, playing

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY, SATURDAY, MONDAY = (date(2026, 3, day) for day in (5, 6, 7, 9))
OLD = date(2025, 3, 4)
PAPERS = [
    Listed("2503.00001", "Old kites", (OLD, FRIDAY)),
    Listed("2603.00001", "Thursday's kite", (THURSDAY,)),
    Listed("2603.00002", "Friday's kite", (FRIDAY,)),
    Listed("2603.00003", "Friday's other kite", (FRIDAY, MONDAY)),
    Listed("2603.00004", "Monday's kite", (MONDAY,)),
]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(17), UTC)  # at noon in New York


def checked(source: Source, site: ArxivSite, day: date) -> None:
    site.today = day
    site.asked.clear()
    checks.check(source, noon(day))


def released() -> list[tuple[str, date]]:
    """Titles and days of the papers that readers got, in the order in which they were released."""
    entries = EditionEntry.objects.exclude(release=None).order_by("release_id", "paper__key")
    return [(entry.paper.title, entry.edition.day) for entry in entries.select_related("paper", "edition")]


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        name="arxiv-cs-lg",
        title="arXiv cs.LG",
        adapter="arxiv",
        settings={"categories": "cs.LG", "cross_lists": "yes"},
        enabled=True,
        enabled_at=noon(THURSDAY) - timedelta(hours=1),
    )


def test_off_from_thursday_evening_to_monday_friday_is_fetched_and_released_once(
    source: Source, settings: Settings
) -> None:
    site = ArxivSite(PAPERS, THURSDAY)
    with playing(site) as settings.SOURCE_MIRRORS:
        checked(source, site, THURSDAY)
        assert site.asked == ["feed"]
        checked(source, site, MONDAY)
        assert site.asked == ["2026-03-06", "submitted for 2026-03-06", "feed"]
        checked(source, site, MONDAY)
        assert site.asked == ["feed"]
    assert sorted(released()) == [
        ("Friday's kite", FRIDAY),
        ("Friday's other kite", FRIDAY),
        ("Monday's kite", MONDAY),
        ("Thursday's kite", THURSDAY),
    ]
    assert not Paper.objects.filter(title="Old kites").exists()


def test_nothing_is_asked_for_again_once_a_day_was_announced(source: Source, settings: Settings) -> None:
    site = ArxivSite(PAPERS, THURSDAY)
    with playing(site) as settings.SOURCE_MIRRORS:
        for day in (THURSDAY, FRIDAY, SATURDAY, MONDAY):
            checked(source, site, day)
            assert site.asked == ["feed"], day
    settled = SourceDay.objects.filter(source=source, settled=True).order_by("day")
    assert list(settled.values_list("day", flat=True)) == [THURSDAY, FRIDAY, MONDAY]


def test_a_replacement_brings_newer_facts_of_a_paper_that_is_known_and_is_listed_as_new_nowhere(
    source: Source, settings: Settings
) -> None:
    kite = Listed("2603.00001", "A kite", (THURSDAY, MONDAY), revised="A kite, mended")
    site = ArxivSite([kite, *PAPERS[2:]], THURSDAY)
    with playing(site) as settings.SOURCE_MIRRORS:
        for day in (THURSDAY, FRIDAY, MONDAY):
            checked(source, site, day)
    assert Paper.objects.get(key="arxiv:2603.00001").title == "A kite, mended"
    assert [day for title, day in released() if title == "A kite, mended"] == [THURSDAY]


def test_a_feed_made_today_with_the_papers_of_the_day_before_is_stale_and_not_quiet(
    source: Source, settings: Settings
) -> None:
    site = ArxivSite(PAPERS, THURSDAY)
    with playing(site) as settings.SOURCE_MIRRORS:
        checked(source, site, THURSDAY)
        site.shown = THURSDAY
        with pytest.raises(SourceChanged, match="it is stale"):
            checked(source, site, FRIDAY)
        assert released() == [("Thursday's kite", THURSDAY)]
        site.shown = None
        checks.check(source, noon(FRIDAY) + timedelta(hours=1))
    assert [title for title, day in released() if day == FRIDAY] == ["Friday's kite", "Friday's other kite"]


def test_a_holiday_is_an_answer_and_is_asked_for_once_more_when_it_is_over(
    source: Source, settings: Settings
) -> None:
    papers = [one for one in PAPERS if FRIDAY not in one.versions]
    site = ArxivSite(papers, THURSDAY)
    with playing(site) as settings.SOURCE_MIRRORS:
        checked(source, site, THURSDAY)
        checked(source, site, FRIDAY)
        assert site.asked == ["feed"]
        checked(source, site, MONDAY)
        assert site.asked == ["2026-03-06", "submitted for 2026-03-06", "feed"]
        checked(source, site, MONDAY)
        assert site.asked == ["feed"]
    assert not SourceDay.objects.exclude(error="").exists()


def test_a_full_feed_does_not_pass_for_the_days_that_were_missed(
    source: Source, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monday's records list a revised paper of Friday: that is not all of Friday."""
    monkeypatch.setattr("digest.sources.arxiv.MOST_ITEMS", 1)
    site = ArxivSite(PAPERS, THURSDAY, most_items=1, only=frozenset({MONDAY}))
    with playing(site) as settings.SOURCE_MIRRORS:
        with pytest.raises(SourceChanged, match="404"):
            checked(source, site, MONDAY)
        assert [title for title, day in released() if day == FRIDAY] == ["Friday's other kite"]
        site.only = frozenset()
        checks.check(source, noon(MONDAY) + timedelta(hours=1))
    assert sorted(title for title, _ in released()) == [
        "Friday's kite",
        "Friday's other kite",
        "Monday's kite",
        "Thursday's kite",
    ]
