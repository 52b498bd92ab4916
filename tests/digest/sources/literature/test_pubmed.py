"""PubMed: the ids of a day and their records in batches, and every trap of its XML."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.pubmed import PUBMED
from tests.digest.sources.literature.scripted import Scripted

DAY = date(2024, 3, 5)


def source(**values: str) -> Adapter:
    assert PUBMED.configured is not None
    return PUBMED.configured({"query": "kites[tiab]"} | values)


def fetched(get: Scripted, **values: str) -> list[bytes]:
    adapter = source(**values)
    assert adapter.fetch_day is not None
    return adapter.fetch_day(DAY, get)


def found(*ids: int, total: int | None = None) -> dict[str, Any]:
    count = str(len(ids) if total is None else total)
    return {"header": {}, "esearchresult": {"count": count, "idlist": [str(one) for one in ids]}}


def records(*ids: int, article: str = "") -> bytes:
    each = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{one}</PMID><Article><ArticleTitle>Kite {one}.</ArticleTitle>"
        f"{article}</Article></MedlineCitation></PubmedArticle>"
        for one in ids
    )
    return f"<?xml version='1.0'?><PubmedArticleSet>{each}</PubmedArticleSet>".encode()


@pytest.fixture
def answer(pages: Path) -> ParsedAnswer:
    return parse(pages.joinpath("pubmed.xml").read_bytes(), today=date(2026, 1, 1))


def test_titles_are_plain_without_final_stop_and_brackets_in_the_papers_own_language_if_in_no_other(
    answer: ParsedAnswer,
) -> None:
    assert [paper.title for paper in answer.papers] == [
        "Early 99mTc kites, and H2O in ventis",
        "Kites in the wind of the coast",
        "Drachen ohne Schnur",
        "A Handbook of Kites",
    ]


def test_sections_of_an_abstract_have_their_labels(answer: ParsedAnswer) -> None:
    assert answer.papers[0].abstract == (
        "Background: Kites carry sensors. "
        "Methods and results: We flew 14 kites for 1 h, p < 0.001. They landed."
    )


def test_a_papers_own_doi_identifies_it_and_its_preprint_is_named(answer: ParsedAnswer) -> None:
    first, second, _, book = answer.papers
    assert (first.key, first.other_keys) == ("doi:10.5555/kites.101", ("doi:10.1101/2023.12.01.500001",))
    assert second.key.startswith("title:")
    assert second.url == "https://pubmed.ncbi.nlm.nih.gov/38000102/"
    assert book.key == "doi:10.5555/kites.book"


def test_authors_are_counted_only_where_the_list_is_complete(answer: ParsedAnswer) -> None:
    assert [(paper.authors, paper.author_names) for paper in answer.papers] == [
        (2, ("Dee Loon", "Kite Study Group")),
        (None, ("Wim Vane Jr",)),
        (None, ()),
        (None, ()),
    ]


def test_a_month_or_a_season_is_no_day_of_publication(answer: ParsedAnswer) -> None:
    assert [paper.published for paper in answer.papers] == [date(2024, 3, 4), None, date(2024, 3, 2), None]
    assert answer.unreadable == {}


def test_a_day_that_is_none_is_left_empty_and_counted() -> None:
    wrong = "<ArticleDate><Year>2024</Year><Month>13</Month><Day>1</Day></ArticleDate>"
    (paper,) = parse(records(1, article=wrong), today=DAY, day=DAY).papers
    assert (paper.title, paper.published, paper.unreadable) == ("Kite 1", None, ("ArticleDate",))


def test_records_are_of_the_day_asked_for_or_of_that_of_their_entry(pages: Path) -> None:
    raw = pages.joinpath("pubmed.xml").read_bytes()
    assert {paper.day for paper in parse(raw, today=date(2026, 1, 1)).papers} == {DAY}
    other = date(2024, 3, 6)
    assert {paper.day for paper in parse(raw, today=other, day=other).papers} == {other}


def test_a_day_is_asked_for_by_entry_and_its_records_come_in_batches() -> None:
    ids = range(1, 252)
    get = Scripted(found(*ids), *(records(*ids[start : start + 100]) for start in (0, 100, 200)))
    parts = fetched(get, api_key="k3y")
    day = parse_parts(parts, today=DAY, day=DAY, adapter=source())
    assert len(day.papers) == 251
    (_, search, _), (address, first, _), (_, second, _), (_, third, _) = get.asked
    assert (search["datetype"], search["mindate"], search["maxdate"]) == ("edat", "2024/03/05", "2024/03/05")
    assert (search["term"], search["api_key"], first["api_key"]) == ("kites[tiab]", "k3y", "k3y")
    assert address == "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/efetch.fcgi"
    assert [len(asked["id"].split(",")) for asked in (first, second, third)] == [100, 100, 51]


def test_without_a_key_none_is_sent() -> None:
    get = Scripted(found(1), records(1))
    fetched(get)
    assert all("api_key" not in parameters for _, parameters, _ in get.asked)


def test_ids_or_records_that_fall_short_of_the_total_are_refused_with_the_figures() -> None:
    with pytest.raises(
        SourceChanged, match=r"the ids of 2024-03-05 from PubMed with all 20 papers, found 2 of"
    ):
        fetched(Scripted(found(1, 2, total=20)))
    with pytest.raises(
        SourceChanged, match=r"the records of 2024-03-05 .* with all 3 papers, found 2 of them"
    ):
        fetched(Scripted(found(1, 2, 3), records(1, 2)))
    with pytest.raises(SourceChanged, match=r"found 42,111 papers: more than 9,999"):
        fetched(Scripted(found(1, 2, total=42_111)))


def test_a_day_without_papers_is_an_answer() -> None:
    parts = fetched(Scripted(found()))
    assert parse_parts(parts, today=DAY, day=DAY, adapter=source()).papers == ()


def test_errors_are_told_in_pubmeds_words() -> None:
    broken = (
        b'{"header":{},"esearchresult":{"ERROR":"Search Backend failed: Exception:\n\'retstart\' is wrong"}}'
    )
    with pytest.raises(SourceRefused, match="Search Backend failed: Exception: 'retstart' is wrong"):
        fetched(Scripted(broken))
    with pytest.raises(SourceUnavailable, match="API rate limit exceeded"):
        fetched(Scripted({"error": "API rate limit exceeded", "count": "11"}))
    with pytest.raises(SourceRefused, match="ID list is empty"):
        fetched(Scripted(found(1), b"<eFetchResult><ERROR>ID list is empty!</ERROR></eFetchResult>"))
    with pytest.raises(SourceUnavailable, match="the answer is empty"):
        fetched(Scripted(found(1), b""))
    with pytest.raises(SourceChanged, match="broken or none"):
        fetched(Scripted(found(1), records(1)[:-10]))
    with pytest.raises(SourceRefused, match="a query for PubMed"):
        fetched(Scripted(), query=" ")


def test_a_book_or_a_title_of_another_language_is_read_also_alone_in_an_answer() -> None:
    for title in (
        "<ArticleTitle>[Not Available].</ArticleTitle><VernacularTitle>Drachen.</VernacularTitle>",
        "<Book><BookTitle>Drachen</BookTitle></Book>",
    ):
        raw = f"<PubmedArticleSet><PubmedBookArticle><BookDocument>{title}</BookDocument></PubmedBookArticle>"
        (paper,) = parse(f"{raw}</PubmedArticleSet>".encode(), today=DAY, day=DAY).papers
        assert paper.title == "Drachen"


def test_a_field_that_pubmed_does_not_know_is_told_instead_of_searched_without() -> None:
    answer = found(1)
    answer["esearchresult"]["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": ["tibb"]}
    with pytest.raises(SourceRefused, match=r"fields that it does not know: \['tibb'\]"):
        fetched(Scripted(answer), query="kites[tibb]")


def test_real_records_are_read(test_data: Path) -> None:
    raw = test_data.joinpath("formats", "pubmed", "efetch.xml").read_bytes()
    answer = parse(raw, today=date(2026, 7, 1))
    assert (answer.format, answer.day, answer.rejected, answer.unreadable) == (
        "pubmed-xml",
        date(2026, 6, 12),
        (),
        {},
    )
    assert len(answer.papers) == 5
    assert all(paper.key.startswith("doi:10.") and paper.author_names for paper in answer.papers)
    assert answer.papers[0].title.startswith("Early timepoint 99mTc-DPD whole body scintigraphy")
    assert answer.papers[0].title.endswith("cardiac ATTR amyloidosis")
    assert answer.papers[0].abstract.startswith("Background: Cardiac transthyretin amyloidosis")
    assert answer.papers[0].published == date(2026, 6, 12)
    assert answer.papers[0].authors == 22
