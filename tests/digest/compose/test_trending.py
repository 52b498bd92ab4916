"""What a mail says of trending papers: the subject, each paper's place, and who could not compete."""

from dataclasses import replace

import pytest

from digest.compose import Fact, Item, Section, compose_digest
from digest.compose.paper.samples import paper
from digest.compose.paper.why_line import why
from digest.compose.samples import BRAND, DIGESTS
from digest.lib.locales import language_for

RECORD = replace(paper(1, "Agents at Sea"), upvotes=94)


def said(fact: str, language: str = "en", upvotes: int | None = 94) -> str:
    return why(language_for(language), replace(RECORD, upvotes=upvotes), (), (Fact("trending", fact),))


@pytest.mark.parametrize(
    ("fact", "line"),
    [
        ("3/87/day/", "94 upvotes, third of 87 today"),
        ("1/1204/week/0", "94 upvotes, first of 1,204 this week"),
        ("11/1204/month/41", "94 upvotes, 41 of them in the last 24 hours, number 11 of 1,204 this month"),
    ],
)
def test_a_place_is_told_in_words(fact: str, line: str) -> None:
    assert said(fact) == line


def test_a_place_is_told_in_the_readers_language() -> None:
    assert said("3/87/day/41", "de") == "94 Stimmen, 41 davon in den letzten 24 Stunden, Platz 3 von 87 heute"


def test_without_votes_the_order_of_the_source_is_the_reason() -> None:
    line = "second of 40 today, by the order of its source, which counts no votes"
    assert said("2/40/day/", upvotes=None) == line


def test_a_mail_of_trending_papers_alone_says_so_and_one_beside_topics_names_both() -> None:
    (agents, trending) = DIGESTS["trending"].sections
    alone = compose_digest(replace(DIGESTS["trending"], sections=(trending,)), BRAND)
    assert "2 trending papers" in alone.html
    beside = compose_digest(DIGESTS["trending"], BRAND)
    number = len(agents.items) + len(trending.items)
    assert f"{number} papers on agents and what is trending" in beside.html


def test_the_mail_names_the_sources_whose_papers_have_no_votes() -> None:
    letter = compose_digest(DIGESTS["trending"], BRAND)
    line = "The papers of arXiv and <b>Lab</b> {{ 7*7 }} have no votes, so they are not compared."
    assert line in " ".join(letter.text.split())
    assert "&lt;b&gt;Lab" in letter.html


def test_a_mail_without_trending_papers_says_nothing_of_votes() -> None:
    section = Section("Agents", "#c2571a", (Item(RECORD, (), ""),), aside=())
    assert "no votes" not in compose_digest(replace(DIGESTS["one"], sections=(section,)), BRAND).text
