"""Papers of which a source names no day: items of a feed without a date, and what trends."""

from datetime import UTC, datetime

import pytest

from digest.ingestion.store import store
from digest.models import Edition, Source
from digest.sources import parse

FEED = "<rss><channel>{}</channel></rss>"
MONDAY = datetime(2024, 3, 4, 9, tzinfo=UTC)
TUESDAY = datetime(2024, 3, 5, 9, tzinfo=UTC)


def fetched(source: Source, now: datetime, *titles: str) -> None:
    items = "".join(f"<item><title>{title}</title></item>" for title in titles)
    store(parse(FEED.format(items).encode(), today=now.date()), source, now)


def editions(source: Source) -> dict[int, set[str]]:
    """The titles in each edition of the source, by its day of the month."""
    return {
        edition.day.day: set(edition.entries.values_list("paper__title", flat=True))
        for edition in Edition.objects.filter(source=source)
    }


@pytest.mark.django_db
def test_they_stay_in_the_edition_of_the_day_on_which_they_were_first_seen() -> None:
    source, other = (Source.objects.create(name=name, title=name, adapter="feed") for name in "ab")
    fetched(source, MONDAY, "Boats", "Kites")
    fetched(source, TUESDAY, "Kites", "Lanterns")
    assert editions(source) == {4: {"Boats", "Kites"}, 5: {"Lanterns"}}
    fetched(other, TUESDAY, "Boats")
    assert editions(other) == {5: {"Boats"}}
