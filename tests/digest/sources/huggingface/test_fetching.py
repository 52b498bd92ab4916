"""Asking the Hugging Face API: whole days, whatever limit it applies, and its other lists."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.sources import SourceChanged, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.huggingface import HUGGING_FACE, configured
from digest.sources.huggingface.fetching import fetch_day

DAY = date(2026, 4, 7)
TODAY = date(2026, 4, 8)


def entry(number: int, day: date = DAY) -> dict[str, Any]:
    return {"paper": {"id": f"2604.{number:05}", "title": f"Paper {number}", "submittedOnDailyAt": str(day)}}


class Api:
    """The API with these entries: it gives at most `cap` a page, and notes what it was asked."""

    def __init__(self, entries: list[dict[str, Any]], cap: int = 100) -> None:
        self.entries = entries
        self.cap = cap
        self.asked: list[dict[str, str]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        assert url.startswith("https://huggingface.co/api/daily_papers?")
        query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        self.asked.append(query)
        size = min(int(query["limit"]), self.cap)
        first = size * int(query.get("p", 0))
        page = json.dumps(self.entries[first : first + size]).encode()
        self.meanwhile()
        return page


def listed(api: Api) -> list[int]:
    """The numbers of the papers of the day, as they are read."""
    papers = parse_parts(fetch_day(DAY, api), today=TODAY, day=DAY).papers
    return [int(paper.key[-5:]) for paper in papers]


@pytest.mark.parametrize(("papers", "cap"), [(73, 50), (73, 100), (100, 50), (101, 100), (9, 4), (1, 1)])
def test_a_day_is_read_whole_whatever_the_api_gives_at_once(papers: int, cap: int) -> None:
    assert listed(Api([entry(number) for number in range(papers)], cap)) == list(range(papers))


def test_a_day_is_asked_for_page_by_page_until_one_is_empty() -> None:
    api = Api([entry(number) for number in range(101)])
    fetch_day(DAY, api)
    assert api.asked == [{"date": "2026-04-07", "limit": "100", "p": page} for page in "012"]


def test_a_day_without_papers_is_asked_for_once() -> None:
    api = Api([])
    assert fetch_day(DAY, api) == [b"[]"]
    assert len(api.asked) == 1


def test_a_list_that_grows_while_it_is_read_has_each_paper_once() -> None:
    api = Api([entry(number) for number in range(70)], cap=50)
    api.meanwhile = lambda: api.entries.insert(0, entry(100 + len(api.asked)))
    assert sorted(listed(api)) == list(range(70))


def test_an_api_that_knows_no_pages_gives_a_short_day_whole() -> None:
    assert len(parse_parts(fetch_day(DAY, a_single_page(13)), today=TODAY, day=DAY).papers) == 13


def test_a_full_first_page_that_only_repeats_is_not_taken_for_the_whole_day() -> None:
    with pytest.raises(SourceChanged, match="no end after 50"):
        fetch_day(DAY, a_single_page(50))


def test_pages_without_end_are_refused() -> None:
    with pytest.raises(SourceChanged, match="2026-04-07 to end, found no end after 2,000"):
        fetch_day(DAY, Api([entry(number) for number in range(3_000)]))


def a_single_page(papers: int) -> Callable[..., bytes]:
    page = json.dumps([entry(number) for number in range(papers)]).encode()
    return lambda url, headers=None: page


def test_a_last_page_with_one_paper_of_another_day_does_not_lose_the_day() -> None:
    api = Api([*(entry(number) for number in range(50)), entry(50, DAY - timedelta(days=1))], cap=50)
    answer = parse_parts(fetch_day(DAY, api), today=TODAY, day=DAY)
    assert (answer.day, len(answer.papers), answer.papers[-1].day) == (DAY, 51, DAY - timedelta(days=1))


# --- week, month, trending -------------------------------------------------------------------


def latest(chosen: str, api: Api) -> tuple[Adapter, list[bytes]]:
    adapter = configured({"list": chosen})
    assert adapter.fetch_latest
    assert adapter.fetch_day is None
    return adapter, adapter.fetch_latest(api)


def test_a_source_without_settings_lists_each_day_as_always() -> None:
    assert configured({}) == configured({"list": "daily"}) == HUGGING_FACE


@pytest.mark.parametrize(("chosen", "value"), [("week", "2026-W15"), ("month", "2026-04")])
def test_a_week_or_month_is_that_of_the_last_papers_and_each_paper_is_of_its_day(
    chosen: str, value: str
) -> None:
    api = Api([entry(1), entry(2, DAY - timedelta(days=1))])
    adapter, parts = latest(chosen, api)
    assert api.asked[0] == {"limit": "1"}
    assert api.asked[1] == {chosen: value, "limit": "100", "p": "0"}
    answer = parse_parts(parts, today=TODAY, adapter=adapter)
    assert [(paper.day, paper.undated) for paper in answer.papers] == [
        (DAY, False),
        (DAY - timedelta(days=1), False),
    ]


def test_what_trends_is_of_the_day_on_which_it_is_seen_whenever_it_was_listed() -> None:
    api = Api([entry(1, date(2026, 1, 2)), entry(2)])
    adapter, parts = latest("trending", api)
    assert api.asked == [{"sort": "trending", "limit": "100"}]
    answer = parse_parts(parts, today=TODAY, adapter=adapter)
    assert [(paper.day, paper.undated) for paper in answer.papers] == [(TODAY, True)] * 2
