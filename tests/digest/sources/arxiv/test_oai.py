"""arXiv by OAI-PMH: which records are new on which day, and a list that comes in pages."""

from collections.abc import Iterator, Mapping
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.arxiv import ARXIV
from digest.sources.arxiv.oai import fetch_day
from digest.sources.http.client import FetchSettings, fetch

DAY = date(2024, 3, 5)  # a Tuesday
TODAY = date(2026, 11, 20)


def adapter(**values: str) -> Adapter:
    assert ARXIV.configured
    return ARXIV.configured({"categories": "cs.LG"} | values)


def answer(raw: str, day: date | None = DAY, **values: str) -> ParsedAnswer:
    return parse(raw.encode(), today=TODAY, day=day, adapter=adapter(**values))


@pytest.fixture
def sample(pages: Path) -> str:
    return (pages / "arxiv-oai.xml").read_text()


def test_a_paper_first_submitted_for_the_day_is_new_on_it(sample: str) -> None:
    paper = answer(sample).papers[0]
    assert (paper.key, paper.day, paper.published) == ("arxiv:2403.00101", DAY, date(2024, 3, 2))
    assert paper.author_names == ("Ada Lovelace", "Leonhard Euler", "John Tukey, Jr.")
    assert paper.title == "Paper boats that learn to float: if x<y then <eos> wins"
    assert paper.abstract == "A boat's hull is folded by descent until 95% of them, x<y, float."


def test_a_paper_that_was_held_back_is_new_on_the_day_it_was_announced(sample: str) -> None:
    paper = answer(sample).papers[1]
    assert (paper.key, paper.day, paper.published) == ("arxiv:2402.00105", DAY, date(2024, 2, 28))
    assert paper.other_keys == ("doi:10.1234/stars.1",)


def test_a_paper_revised_within_days_is_a_paper_of_the_day_it_was_first_announced(sample: str) -> None:
    paper = answer(sample).papers[2]
    assert (paper.key, paper.day) == ("arxiv:2402.00106", date(2024, 3, 1))


def test_an_old_paper_that_was_replaced_is_no_more_than_an_update(sample: str) -> None:
    found = answer(sample)
    assert [paper.key for paper in found.updates] == ["arxiv:2009.00103"]
    assert "arxiv:2009.00103" not in {paper.key for paper in found.papers}


def test_a_withdrawal_that_only_the_comment_tells_stands_before_the_abstract(sample: str) -> None:
    paper = answer(sample).updates[0]
    assert paper.withdrawn
    assert paper.abstract == "Withdrawn by the author, for a gap in the proof. Cranes, with a mended proof."


def test_records_that_are_only_cross_listed_can_be_left_out(sample: str) -> None:
    found = answer(sample, cross_lists="no")
    assert [paper.key for paper in found.papers] == ["arxiv:2403.00101", "arxiv:2402.00106"]
    assert "arxiv:2402.00105" in {paper.key for paper in found.updates}
    archive = answer(sample, cross_lists="no", categories="stat")
    assert [paper.key for paper in archive.papers] == ["arxiv:2402.00105"]


def test_a_record_without_categories_is_taken_for_one_of_the_chosen(sample: str) -> None:
    found = answer(sample.replace("<categories>stat.ME cs.LG</categories>", ""), cross_lists="no")
    assert "arxiv:2402.00105" in {paper.key for paper in found.papers}


def test_an_unreadable_date_of_submission_costs_no_paper(sample: str) -> None:
    found = answer(sample.replace("Sat, 02 Mar 2024 08:26:30 GMT", "some day"))
    assert (found.papers[0].key, found.papers[0].day, found.papers[0].published) == (
        "arxiv:2403.00101",
        DAY,
        None,
    )
    assert found.unreadable == {"version": 1}


def test_a_day_without_records_is_an_answer_without_papers(sample: str) -> None:
    none = sample[: sample.index("<ListRecords>")] + '<error code="noRecordsMatch">None.</error></OAI-PMH>'
    assert (answer(none).day, answer(none).papers, answer(none).updates) == (DAY, (), ())
    assert answer(none, day=None).day == DAY


@pytest.mark.parametrize(
    ("code", "error"),
    [("badArgument", SourceRefused), ("badVerb", SourceRefused), ("badResumptionToken", SourceUnavailable)],
)
def test_errors_are_told_in_their_own_words(sample: str, code: str, error: type[Exception]) -> None:
    refused = (
        sample[: sample.index("<ListRecords>")] + f'<error code="{code}">No such boat.</error></OAI-PMH>'
    )
    with pytest.raises(error, match="No such boat"):
        answer(refused)


def test_an_answer_for_another_day_is_refused(sample: str) -> None:
    with pytest.raises(SourceChanged, match="found that of 2024-03-05"):
        answer(sample, day=date(2024, 3, 6))


def test_the_real_page_is_read_in_full(test_data: Path) -> None:
    raw = (test_data / "formats" / "arxiv-oai" / "radar-2026-09-25.xml").read_text()
    found = answer(raw, day=None)
    assert (found.day, found.rejected, found.unreadable) == (date(2026, 9, 25), (), {})
    assert [(paper.key, paper.day, paper.authors) for paper in found.papers] == [
        ("arxiv:2609.27532", date(2026, 9, 24), 10),
        ("arxiv:2609.28570", date(2026, 9, 25), 9),
    ]
    assert "policy's expected score" in found.papers[1].abstract


class Oai:
    """OAI-PMH on this machine: a list of three pages, and what was asked."""

    def __init__(self, sample: str) -> None:
        start, end = sample.index("<record>"), sample.index("</ListRecords>")
        self.head, self.records, self.tail = sample[:start], sample[start:end], sample[end:]
        self.asked: list[dict[str, list[str]]] = []
        self.last = 2

    def answer(self, query: dict[str, list[str]]) -> bytes:
        self.asked.append(query)
        number = int(query.get("resumptionToken", ["0"])[0])
        records = self.records.replace("0010", f"{number + 1}010")
        token = f'<resumptionToken expirationDate="2024-03-06T00:00:00Z">{number + 1}</resumptionToken>'
        return f"{self.head}{records}{token if number < self.last else ''}{self.tail}".encode()


@pytest.fixture
def oai(sample: str) -> Iterator[tuple[Oai, str]]:
    site = Oai(sample)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.answer(parse_qs(urlsplit(self.path).query))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetched(here: str, day: date, *categories: str) -> ParsedAnswer:
    """What is fetched by OAI-PMH for a day from the address, over the network."""

    def get(url: str, headers: Mapping[str, str] | None = None) -> bytes:
        address = here + url.removeprefix("https://oaipmh.arxiv.org")
        body = fetch(address, FetchSettings(allow_loopback=True, attempts=1), headers=headers).body
        assert body is not None
        return body

    pages = fetch_day(day, get, chosen=categories)
    return parse_parts(pages, today=TODAY, day=day, adapter=adapter())


def test_a_day_that_was_missed_is_fetched_page_by_page(oai: tuple[Oai, str]) -> None:
    site, here = oai
    found = fetched(here, DAY, "cs.LG")
    assert len(found.papers) == 9
    assert len(found.updates) == 3
    assert site.asked[0] == {
        "verb": ["ListRecords"],
        "metadataPrefix": ["arXivRaw"],
        "from": ["2024-03-05"],
        "until": ["2024-03-05"],
        "set": ["cs:cs:LG"],
    }
    assert site.asked[1:] == [{"verb": ["ListRecords"], "resumptionToken": [token]} for token in ("1", "2")]


def test_each_category_is_fetched_and_a_paper_of_several_comes_once(oai: tuple[Oai, str]) -> None:
    site, here = oai
    site.last = 0
    found = fetched(here, DAY, "cs.LG", "hep-th")
    assert [query["set"] for query in site.asked] == [["cs:cs:LG"], ["physics:hep-th"]]
    assert len(found.papers) == 3


def test_a_list_without_end_is_noticed(oai: tuple[Oai, str]) -> None:
    site, here = oai
    site.last = 1_000
    with pytest.raises(SourceChanged, match="no end of them after 40 pages"):
        fetched(here, DAY, "cs.LG")
    assert len(site.asked) == 40
