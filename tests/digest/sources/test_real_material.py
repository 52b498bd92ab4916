"""The parsers against real answers and pages, which are no part of the project."""

import gzip
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, parse
from digest.sources.tex import plain

TODAY = date(2025, 11, 20)
LATER = date(2026, 11, 20)  # than any of the answers


def html(test_data: Path, name: str) -> str:
    return test_data.joinpath("huggingface", "html", name).read_text()


def page(text: str, day: date | None = None) -> ParsedAnswer:
    return parse(text.encode(), today=LATER, day=day)


@pytest.fixture
def text_page(test_data: Path) -> bytes:
    return test_data.joinpath("huggingface", "text", "daily-papers-page.txt").read_bytes()


_MATHEMATICS = re.compile(r"\$\S(?:[^$]*[^\s$])?\$(?!\d)")
_TEX = re.compile(
    r"\\[%&_#$]|\\['`\"^~][a-zA-Z{]|``|(?<=\w)---?(?=\w)| ---? |[a-z.]~[\w(]|\\(?:emph|textbf|url)\{"
)


def test_no_real_title_or_abstract_shows_remains_of_tex_and_mathematics_stays(test_data: Path) -> None:
    papers = with_tex = 0
    for answer in sorted(test_data.joinpath("huggingface", "api").iterdir()):
        entries = json.loads(answer.read_text())
        parsed = parse(answer.read_bytes(), today=TODAY, day=date.fromisoformat(answer.stem)).papers
        for entry, paper in zip(entries, parsed, strict=True):
            written = " ".join(f"{entry['paper']['title']} {entry['paper']['summary']}".split())
            shown = f"{paper.title} {paper.abstract}"
            papers += 1
            with_tex += bool(_TEX.search(_MATHEMATICS.sub("", written)))
            assert not _TEX.search(re.sub(r"https?://\S+", "", _MATHEMATICS.sub("", shown))), shown
            assert _MATHEMATICS.findall(shown) == _MATHEMATICS.findall(written)
    assert papers == 1370
    assert with_tex > 150


def test_every_answer_is_read_in_full_and_agrees_with_the_corpus(test_data: Path) -> None:
    with gzip.open(test_data / "corpus" / "papers.jsonl.gz", "rt") as lines:
        corpus: dict[tuple[str, str], dict[str, Any]] = {
            (paper["day"], f"arxiv:{paper['id']}"): paper for paper in map(json.loads, lines)
        }
    answers = sorted(test_data.joinpath("huggingface", "api").iterdir())
    assert len(answers) == 63
    compared = 0
    for answer in answers:
        day = date.fromisoformat(answer.stem)
        edition = parse(answer.read_bytes(), today=TODAY, day=day)
        assert (edition.day, edition.format, edition.rejected) == (day, "api-json", ())
        assert len(edition.papers) == len(json.loads(answer.read_text()))
        for paper in edition.papers:
            known = corpus.get((answer.stem, paper.key))
            compared += known is not None
            assert known is None or (
                (
                    paper.title,
                    paper.authors,
                    str(paper.published),
                    paper.comments,
                    paper.upvotes,
                    paper.organization,
                )
                == (
                    plain(" ".join(known["title"].split())),
                    known["authors"],
                    known["published"],
                    known["comments"],
                    known["upvotes"],
                    (known["organization"] or "").strip() or None,
                )
            )
    assert compared > 1_300


def test_answers_name_their_own_day_but_for_two_weeks_in_march_2025(test_data: Path) -> None:
    for answer in test_data.joinpath("huggingface", "api").iterdir():
        raw, day = answer.read_bytes(), date.fromisoformat(answer.stem)
        if day not in {date(2025, 3, 11), date(2025, 3, 12)}:
            assert parse(raw, today=LATER) == parse(raw, today=LATER, day=day)
        else:
            with pytest.raises(SourceChanged, match="say which day it is"):
                parse(raw, today=LATER)


def test_the_page_of_2024_has_its_13_papers_in_its_data_and_in_its_cards(test_data: Path) -> None:
    raw = html(test_data, "2024-08-01.html")
    edition = page(raw)
    assert (edition.day, len(edition.papers), edition.rejected) == (date(2024, 8, 1), 13, ())
    assert edition.papers[0].key == "arxiv:2407.21783"
    cards = page(re.sub(r'(data-target="DailyPapers") data-props="[^"]*"', r"\1", raw))
    assert cards.day == edition.day
    assert [(p.key, p.title, p.authors, p.upvotes, p.comments, p.url) for p in cards.papers] == [
        (p.key, p.title, p.authors, p.upvotes, p.comments, p.url) for p in edition.papers
    ]


def test_the_excerpt_of_2026_has_two_papers_in_its_data_and_two_others_in_its_cards(test_data: Path) -> None:
    raw = html(test_data, "2026-09-28-excerpt.html")
    day = date(2026, 9, 28)
    edition = page(raw)
    assert (edition.day, len(edition.papers)) == (day, 2)
    assert (edition.papers[0].key, edition.papers[0].organization, edition.papers[0].comments) == (
        "arxiv:2608.09444",
        "Technical University of Munich",
        1,
    )
    cards = page(re.sub(r'(data-target="DailyPapers") data-props="[^"]*"', r"\1", raw), day)
    assert [(p.key, p.upvotes, p.comments, p.organization) for p in cards.papers] == [
        ("arxiv:2609.31199", 8, 1, "Thales"),
        ("arxiv:2609.30216", 8, 1, "The Chinese University of Hong Kong"),
    ]


@pytest.mark.parametrize("cuts", [40, pytest.param(1000, marks=pytest.mark.faults)])
@pytest.mark.parametrize("name", ["2024-08-01.html", "2026-09-28-excerpt.html"])
def test_real_pages_cut_anywhere_are_refused(test_data: Path, name: str, cuts: int) -> None:
    raw = html(test_data, name).rstrip()
    for part in range(cuts):
        with pytest.raises(SourceChanged):
            page(raw[: len(raw) * part // cuts])


def test_a_mirror_of_another_site_is_not_the_expected_page(test_data: Path) -> None:
    with pytest.raises(SourceChanged, match="found a page titled “AI论文精选”"):
        page(html(test_data, "not-huggingface-mirror.html"))


def test_the_text_page_has_115_papers_in_order(text_page: bytes) -> None:
    edition = parse(text_page, today=TODAY)
    assert (edition.day, edition.format, edition.rejected) == (date(2025, 11, 5), "page-text", ())
    titles = [paper.title for paper in edition.papers]
    assert len(titles) == 115
    assert titles[0] == "GPT-ImgEval: A Comprehensive Benchmark for Diagnosing GPT4o in Image Generation"
    assert (
        titles[-1]
        == "Agent Data Protocol: Unifying Datasets for Diverse, Effective Fine-tuning of LLM Agents"
    )
    assert max(map(len, titles)) < 150
    assert min(len(paper.abstract) for paper in edition.papers) > 1_300


def test_three_papers_of_the_text_page_lack_their_author_line(text_page: bytes) -> None:
    unknown = [paper for paper in parse(text_page, today=TODAY).papers if paper.published is None]
    assert [paper.title.split(":")[0] for paper in unknown] == [
        "GPT-ImgEval",
        "Bridging the Gap Between Promise and Performance for Microscaling FP4 Quantization",
        "Agent Data Protocol",
    ]
    assert {(paper.authors, paper.organization, paper.comments) for paper in unknown} == {(None, None, None)}


def test_organisations_years_and_comments_of_the_text_page(text_page: bytes) -> None:
    papers = parse(text_page, today=TODAY).papers
    assert [p.organization for p in papers if p.organization] == ["Parameter Lab", "Patronus AI", "Fortytwo"]
    facts = {
        paper.title.split(":")[0]: (paper.authors, str(paper.published), paper.comments) for paper in papers
    }
    assert facts["CortexCompile"] == (2, "2024-08-23", 0)
    assert facts["Towards a Physics Foundation Model"] == (3, "2025-09-17", 2)
    assert facts["MPIrigen"] == (13, "2024-02-14", 1)
    assert facts["Mogo"] == (1, "2024-12-05", 2)
    assert facts["GPipe"] == (11, "2018-11-16", 0)
    assert sum(paper.comments or 0 for paper in papers) == 50
    assert all(paper.published <= date(2025, 11, 5) for paper in papers if paper.published)


def test_the_text_page_is_dated_by_the_day_asked_for(text_page: bytes) -> None:
    edition = parse(text_page, today=TODAY, day=date(2024, 11, 5))
    assert edition.day == date(2024, 11, 5)
    with pytest.raises(SourceChanged, match="found that of Nov 5"):
        parse(text_page, today=TODAY, day=date(2025, 11, 6))


@pytest.mark.parametrize(
    ("name", "day", "papers"),
    [
        ("sotawhat-2026-06-12", date(2026, 6, 12), 30),
        ("scout-hf_papers", date(2026, 7, 31), 30),
        ("ai-daily-2026-09-29-two", date(2026, 9, 29), 2),
        ("ai-news-radar-2026-09-29-three", date(2026, 9, 29), 3),
    ],
)
def test_answers_of_2026_are_read_without_a_field_lost(
    test_data: Path, name: str, day: date, papers: int
) -> None:
    raw = test_data.joinpath("formats", "hf-api", f"{name}.json").read_bytes()
    answer = parse(raw, today=LATER)
    assert (answer.day, len(answer.papers), answer.rejected) == (day, papers, ())
    assert answer.unreadable == {}
    assert {paper.day for paper in answer.papers} == {day}


def test_the_api_and_the_page_say_the_same_of_a_papers_day_but_for_what_grows(test_data: Path) -> None:
    """The answer is of the early morning, the page of later that day."""
    day = date(2024, 8, 1)
    answer = parse(test_data.joinpath("huggingface", "api", f"{day}.json").read_bytes(), today=TODAY, day=day)
    shown = {paper.key: paper for paper in page(html(test_data, f"{day}.html")).papers}
    assert (len(answer.papers), len(shown)) == (11, 13)
    for paper in answer.papers:
        later = shown[paper.key]
        assert (paper.title, paper.abstract, paper.authors, paper.published, paper.url, paper.day) == (
            *(later.title, later.abstract, later.authors, later.published, later.url, later.day),
        )
        assert (paper.upvotes or 0) <= (later.upvotes or 0)


def test_the_table_of_contents_of_a_journal_is_read_as_a_feed(test_data: Path) -> None:
    raw = test_data.joinpath("formats", "journals", "jpeds-rdf-2018-12.xml").read_bytes()
    (paper,) = parse(raw, today=TODAY).papers
    assert (paper.key, paper.day, paper.authors) == (
        "doi:10.1016/j.jpeds.2018.08.009",
        date(2018, 10, 11),
        13,
    )
    assert paper.author_names[0] == "Gbolahan Ajibola"
    assert paper.url == "https://www.jpeds.com/article/S0022-3476(18)31119-3/fulltext"
    assert paper.abstract.startswith("To prospectively assess rates")
