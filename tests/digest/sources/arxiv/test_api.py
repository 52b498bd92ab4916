"""arXiv's API, as the adapter for queries asks and reads it."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.arxiv import ARXIV_QUERY
from digest.sources.arxiv.api import check_query

DAY = date(2024, 3, 5)
TODAY = date(2026, 11, 20)


def adapter(query: str = 'cat:cs.LG AND abs:"state space"') -> Adapter:
    assert ARXIV_QUERY.configured
    return ARXIV_QUERY.configured({"query": query})


def answer(raw: bytes | str, day: date | None = None) -> ParsedAnswer:
    data = raw.encode() if isinstance(raw, str) else raw
    return parse(data, today=TODAY, day=day, adapter=adapter())


@pytest.fixture
def sample(pages: Path) -> str:
    return (pages / "arxiv-api.xml").read_text()


def test_papers_are_of_the_day_on_which_arxiv_announced_them(sample: str) -> None:
    found = answer(sample)
    assert (found.day, found.format, found.rejected) == (DAY, "arxiv-api", ())
    paper = found.papers[0]
    assert (paper.key, paper.day, paper.published) == ("arxiv:2403.00101", DAY, date(2024, 3, 2))
    assert paper.title == "Paper boats that learn to float: if x<y then <eos> wins"
    assert paper.abstract == "Boats are folded until a loss, with x<y, is small."
    assert (paper.author_names, paper.authors) == (("Ada Lovelace", "Leonhard Euler"), 2)
    assert paper.other_keys == ("doi:10.1234/boats.1",)


def test_a_paper_of_another_day_goes_to_its_day(sample: str) -> None:
    found = answer(sample.replace("2024-03-04T18:59:59Z", "2024-03-04T19:00:00Z"), day=DAY)
    assert [paper.day for paper in found.papers] == [DAY, date(2024, 3, 6)]


@pytest.mark.parametrize(
    "comment", ["withdrawn", "This paper has been withdrawn by the author, who folded it"]
)
def test_a_withdrawal_that_only_the_comment_tells_is_seen(sample: str, comment: str) -> None:
    paper = answer(sample.replace(">withdrawn<", f">{comment}<")).papers[1]
    assert paper.withdrawn
    assert paper.abstract.startswith("This paper has been withdrawn")
    assert paper.abstract.endswith("Snakes are folded from one strip.")
    assert not answer(sample).papers[0].withdrawn


def test_an_error_is_an_entry_and_is_told_in_its_words(sample: str) -> None:
    error = re.sub(
        r"<id>http://arxiv.org/abs/.*?</id>", "<id>https://arxiv.org/api/errors#x</id>", sample, count=1
    )
    with pytest.raises(SourceRefused, match="Boats are folded"):
        answer(error)


def test_no_paper_is_an_answer(sample: str) -> None:
    none = re.sub(r"<entry>.*</entry>", "", sample, flags=re.DOTALL)
    assert (answer(none, day=DAY).day, answer(none, day=DAY).papers) == (DAY, ())


def test_a_wrong_field_costs_no_paper(sample: str) -> None:
    found = answer(
        sample.replace("<published>2024-03-02T08:26:30Z", "<published>soon").replace(
            "abs/2403.00108", "abs/?"
        )
    )
    assert len(found.papers) == 2
    assert found.unreadable == {"published": 1, "id": 1}


class Api:
    """The API with so many papers, in pages no longer than its cap."""

    def __init__(self, sample: str, papers: int, cap: int = 2_000, shown: int | None = None) -> None:
        start, end = sample.index("<entry>"), sample.index("</entry>") + len("</entry>")
        self.head, self.entry = sample[:start], sample[start:end]
        self.papers, self.cap, self.shown = papers, cap, papers if shown is None else shown
        self.asked: list[dict[str, str]] = []

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
        self.asked.append(query)
        start = int(query["start"])
        end = min(start + min(int(query["max_results"]), self.cap), self.shown)
        entries = "".join(
            self.entry.replace("2403.00101", f"2403.{number:05}") for number in range(start, end)
        )
        return (
            self.head.replace("totalResults>2<", f"totalResults>{self.papers}<") + entries + "</feed>"
        ).encode()


def papers_of(api: Api) -> int:
    fetch = adapter().fetch_day
    assert fetch
    return len(parse_parts(fetch(DAY, api), today=TODAY, day=DAY, adapter=adapter()).papers)


def test_a_day_is_asked_for_by_when_its_papers_were_submitted(sample: str) -> None:
    api = Api(sample, 3)
    assert papers_of(api) == 3
    assert api.asked[0]["search_query"] == (
        '(cat:cs.LG AND abs:"state space") AND submittedDate:[202403011900 TO 202403041900]'
    )
    assert len(api.asked) == 1


def test_all_pages_are_asked_for(sample: str) -> None:
    api = Api(sample, 450)
    assert papers_of(api) == 450
    assert [query["start"] for query in api.asked] == ["0", "200", "400"]


def test_a_cap_below_the_page_asked_for_loses_no_paper(sample: str) -> None:
    assert papers_of(Api(sample, 73, cap=50)) == 73


def test_fewer_papers_than_the_api_says_there_are_is_no_answer(sample: str) -> None:
    with pytest.raises(SourceUnavailable, match="Expected 73 papers of 2024-03-05 from arXiv, found 50"):
        papers_of(Api(sample, 73, shown=50))


def test_a_query_that_finds_more_than_a_day_can_have_is_told(sample: str) -> None:
    with pytest.raises(SourceChanged, match="449,736"):
        papers_of(Api(sample, 449_736))


@pytest.mark.parametrize("total", ["", "many", "-1", "9" * 5_000])
def test_an_answer_that_does_not_say_how_many_there_are_is_refused(sample: str, total: str) -> None:
    with pytest.raises(SourceChanged, match="number of papers"):
        papers_of(Api(sample.replace("totalResults>2<", f"totalResults>{total}<"), 0))


@pytest.mark.parametrize("query", ["cat:cs.LG", ' ti:"a ) b"\nOR (au:Noether_E AND all:boats) '])
def test_a_query_is_kept_in_one_line(query: str) -> None:
    assert check_query(query) == " ".join(query.split())


@pytest.mark.parametrize("query", ["", " \n", "(cat:cs.LG", "cat:cs.LG)", ")(", 'ti:"boats', "x" * 1_001])
def test_a_query_that_cannot_be_right_is_refused_with_a_sentence(query: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        check_query(query)


def test_a_source_without_a_query_is_told_to_the_operator() -> None:
    assert ARXIV_QUERY.configured
    with pytest.raises(SourceChanged, match="query"):
        ARXIV_QUERY.configured({})


@pytest.mark.parametrize(
    ("name", "papers"),
    [
        ("scout-arxiv.xml", 25),
        ("sotawhat-arxiv_transformer.xml", 5),
        ("q_testing_s0_m15_80c242b59d59.xml", 15),
        ("id_0808.05394_1707.08567_s0_m100_42e5aa0ec3af.xml", 1),
        ("id_astro-ph_0601001_s0_m100_3150dca9dc76.xml", 1),
        ("id_0000.0000_s0_m100_8b51d9633a68.xml", 0),
    ],
)
def test_the_real_answers_are_read_in_full(test_data: Path, name: str, papers: int) -> None:
    found = answer((test_data / "formats" / "arxiv-api" / name).read_bytes())
    assert (len(found.papers), found.rejected, found.unreadable) == (papers, (), {})
    assert all(
        paper.key.startswith("arxiv:") and paper.published and paper.abstract for paper in found.papers
    )


def test_the_real_error_is_told_in_its_words(test_data: Path) -> None:
    with pytest.raises(SourceRefused, match="incorrect id format for abc"):
        answer((test_data / "formats" / "arxiv-api" / "id_abc_s0_m100_b79c8dcf6bc3.xml").read_bytes())
