"""bioRxiv's and medRxiv's API: its pages, counters, errors and texts."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.biorxiv import BIORXIV, check_categories

DAY = date(2024, 3, 5)
TODAY = date(2026, 11, 20)


def adapter(**values: str) -> Adapter:
    assert BIORXIV.configured
    return BIORXIV.configured({"server": "biorxiv"} | values)


def answer(sample: dict[str, Any], day: date | None = DAY, **values: str) -> ParsedAnswer:
    return parse(json.dumps(sample).encode(), today=TODAY, day=day, adapter=adapter(**values))


@pytest.fixture
def sample(pages: Path) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((pages / "biorxiv.json").read_text())
    return sample


def test_first_versions_are_papers_of_the_day_they_were_posted_and_later_ones_are_updates(
    sample: dict[str, Any],
) -> None:
    found = answer(sample)
    assert (found.day, found.format, found.rejected, found.unreadable) == (DAY, "biorxiv-json", (), {})
    assert [(paper.key, paper.day, paper.published) for paper in found.papers] == [
        (f"doi:10.64898/2024.03.04.70000{number}", DAY, DAY) for number in (1, 2, 4)
    ]
    assert [(paper.key, paper.published) for paper in found.updates] == [
        ("doi:10.1101/2023.01.01.500003", None)
    ]


def test_abstracts_and_titles_lose_remains_of_typesetting(sample: dict[str, Any]) -> None:
    boats, frogs, _ = answer(sample).papers
    assert boats.title == "Paper boats in CO2-rich ponds"
    assert boats.abstract == "Boats of MUSE float, if x < y, in Nymphaea."
    assert frogs.abstract == "Background: Frogs are folded. Methods: One. Two."


def test_authors_are_named_with_their_family_names_last(sample: dict[str, Any]) -> None:
    paper = answer(sample).papers[0]
    assert paper.author_names == ("A. Lovelace", "L. P. Euler", "The Pond Consortium")
    assert paper.authors == 3


def test_the_doi_of_the_journals_version_is_a_further_key(sample: dict[str, Any]) -> None:
    boats, frogs, _ = answer(sample).papers
    assert boats.other_keys == ()
    assert frogs.other_keys == ("doi:10.1234/frogs.7",)


def test_a_withdrawn_preprint_is_marked(sample: dict[str, Any]) -> None:
    assert [paper.withdrawn for paper in answer(sample).papers] == [False, False, True]


def test_chosen_categories_alone_are_listed(sample: dict[str, Any]) -> None:
    found = answer(sample, categories=check_categories("Cell_Biology, ecology"))
    assert [paper.title for paper in found.papers] == [
        "Paper boats in CO2-rich ponds",
        "WITHDRAWN: Paper herons",
    ]
    assert not found.updates
    assert answer(sample, categories="zoology").papers == ()


def test_wrong_fields_cost_no_preprint(sample: dict[str, Any]) -> None:
    sample["collection"][0] |= {"version": "first", "date": "soon", "authors": ["Lovelace"], "doi": "none"}
    sample["collection"][1] |= {"published": None, "abstract": 7, "category": None}
    found = answer(sample, categories="cell biology, neuroscience")
    assert [paper.title for paper in found.papers] == ["Paper boats in CO2-rich ponds", "Paper frogs jump"]
    assert [paper.day for paper in found.papers] == [DAY, DAY]
    assert found.unreadable == {"version": 1, "date": 1, "authors": 1, "doi": 1, "abstract": 1}


@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_no_answer_and_is_asked_for_again(body: bytes) -> None:
    fetch = adapter().fetch_day
    assert fetch
    with pytest.raises(SourceUnavailable, match="empty"):
        fetch(DAY, lambda url, headers=None: body)


def test_a_day_without_preprints_is_an_answer() -> None:
    none = {"messages": [{"status": "no posts found"}], "collection": []}
    assert (answer(none).day, answer(none).papers) == (DAY, ())


def test_an_error_is_told_in_its_words() -> None:
    error = {"messages": [{"status": "Error: server unrecognized"}], "collection": []}
    with pytest.raises(SourceRefused, match="server unrecognized"):
        answer(error)


@pytest.mark.parametrize(
    "broken", [{"messages": [], "status": 1}, {"messages": ["status"]}, {"messages": [{"status": "ok"}]}]
)
def test_an_answer_of_another_structure_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(SourceChanged):
        answer(broken)


class Server:
    """The API with so many preprints, so many a page; counters as text or as numbers; some may be missing."""

    def __init__(self, sample: dict[str, Any], total: int, *, missing: int = 0, a_page: int = 30) -> None:
        self.entry, self.total, self.shown, self.a_page = (
            sample["collection"][0],
            total,
            total - missing,
            a_page,
        )
        self.counter: type[int | str] = str
        self.asked: list[str] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        self.asked.append(url)
        start = int(url.split("/")[-2])
        numbers = range(start, min(start + self.a_page, self.shown))
        message: dict[str, Any] = {"status": "ok", "cursor": self.counter(start)}
        message |= {"count": len(numbers), "total": self.counter(self.total)}
        if not numbers:
            message = {"status": "no posts found"}
        entries = [self.entry | {"doi": f"10.64898/2024.03.04.{number:06}"} for number in numbers]
        return json.dumps({"messages": [message], "collection": entries}).encode()


def preprints_of(api: Server, **values: str) -> int:
    one = adapter(**values)
    assert one.fetch_day
    return len(parse_parts(one.fetch_day(DAY, api), today=TODAY, day=DAY, adapter=one).papers)


@pytest.mark.parametrize("counter", [int, str])
def test_all_pages_are_asked_for_whether_counters_are_text_or_numbers(
    sample: dict[str, Any], counter: type[int | str]
) -> None:
    server = Server(sample, 73)
    server.counter = counter
    assert preprints_of(server) == 73
    start = "https://api.biorxiv.org/details/biorxiv/2024-03-05/2024-03-05"
    assert server.asked == [f"{start}/{cursor}/json" for cursor in (0, 30, 60)]


def test_medrxiv_is_asked_at_the_same_place(sample: dict[str, Any]) -> None:
    server = Server(sample, 3)
    preprints_of(server, server="medrxiv")
    assert server.asked == ["https://api.biorxiv.org/details/medrxiv/2024-03-05/2024-03-05/0/json"]


def test_a_page_smaller_than_it_used_to_be_loses_no_preprint(sample: dict[str, Any]) -> None:
    assert preprints_of(Server(sample, 73, a_page=20)) == 73


def test_fewer_preprints_than_the_total_are_refused_with_both_figures(sample: dict[str, Any]) -> None:
    with pytest.raises(SourceChanged, match="all 73 papers, found 70"):
        preprints_of(Server(sample, 73, missing=3))


def test_the_real_answer_is_read_and_its_missing_pages_are_noticed(test_data: Path) -> None:
    raw = (test_data / "formats" / "biorxiv" / "details-2026-08-01-one.json").read_bytes()
    found = parse(raw, today=TODAY, adapter=adapter())
    assert (found.day, found.rejected, found.unreadable) == (date(2026, 8, 1), (), {})
    (paper,) = found.papers
    assert (paper.key, paper.authors, paper.published) == (
        "doi:10.64898/2026.07.31.741992",
        3,
        date(2026, 8, 1),
    )
    fetch = adapter().fetch_day
    assert fetch
    rest = b'{"messages":[{"status":"no posts found"}],"collection":[]}'
    answers = [raw, rest]
    with pytest.raises(SourceChanged, match="all 109 papers, found 1 "):
        fetch(date(2026, 8, 1), lambda url, headers=None: answers.pop(0))
