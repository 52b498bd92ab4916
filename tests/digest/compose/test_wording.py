"""Subjects, dates and the accounting line."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from digest.compose.content import DigestContent, Section
from digest.compose.paper.samples import LAB_BENCH, NO_ABSTRACT
from digest.compose.samples import DIGESTS
from digest.compose.wording import (
    SUBJECT_ROOM,
    accounting,
    also,
    headline,
    period,
    short_period,
    subject,
    welcome,
)
from digest.lib.locales import language_for

ENGLISH, GERMAN = language_for("en"), language_for("de")


def digest(*topics: str, own: int = 0, papers: int = 1) -> DigestContent:
    filled = [Section(topic, "#000000", (LAB_BENCH,) * papers) for topic in topics]
    queries = [Section("secret words", "#000000", (LAB_BENCH,), own=True)] * own
    return DigestContent(date(2025, 11, 5), 87, 0, (*filled, *queries))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (digest("Quantization"), "1 paper on quantization"),
        (digest("Quantization", "Agents", papers=3), "6 papers on quantization and agents"),
        (digest("Quantization", "Agents", "3D"), "3 papers on quantization, agents and 3D"),
        (digest("Quantization", "Agents", "3D", "RAG"), "4 papers on quantization, agents, 3D and RAG"),
        (digest("A", "B", "C", "D", "E"), "5 papers on A, B, C and 2 more topics"),
        (digest("Quantization", own=2), "3 papers on quantization and your queries"),
        (digest(own=1), "1 paper on your query"),
        (digest("LLM serving", "Distributed training"), "2 papers on LLM serving and distributed training"),
    ],
)
def test_the_headline_says_what_is_inside(content: DigestContent, line: str) -> None:
    assert headline(ENGLISH, content) == line


def test_the_subject_leads_with_the_best_title() -> None:
    content = digest("Quantization", "Agents", papers=3)
    assert subject(ENGLISH, content, "A Title") == "A Title and 5 more · 5 Nov"
    assert subject(ENGLISH, digest("Agents"), "A Title") == "A Title · 5 Nov"
    assert subject(GERMAN, digest("Agents", papers=2), "A Title") == "A Title und 1 weiteres · 5. Nov."
    assert subject(ENGLISH, replace(content, weekly=True), "A Title") == "A Title and 5 more · week to 5 Nov"


@pytest.mark.parametrize("words", range(1, 60, 7))
def test_a_long_title_is_cut_between_words_and_the_subject_fits(words: int) -> None:
    line = subject(ENGLISH, digest("Agents", papers=1204), "word " * words)
    assert len(line) <= SUBJECT_ROOM
    assert line.endswith(" and 1,203 more · 5 Nov")


def test_papers_beyond_the_cap_count() -> None:
    assert (
        headline(ENGLISH, replace(digest("Agents"), more=(Section("Agents", "#000000", (NO_ABSTRACT,) * 2),)))
        == "3 papers on agents"
    )


def test_a_section_without_papers_is_not_promised() -> None:
    empty = Section("Empty", "#000000", ())
    content = digest("Agents")
    assert headline(ENGLISH, replace(content, sections=(empty, *content.sections))) == "1 paper on agents"


@pytest.mark.parametrize("length", range(1, 100, 7))
def test_long_names_give_way_to_a_count(length: int) -> None:
    content = digest(*(letter * length for letter in "abcdef"), papers=200)
    assert len(f"{headline(ENGLISH, content)} · {short_period(ENGLISH, content)}") <= SUBJECT_ROOM


def test_a_mail_that_only_repeats_says_so() -> None:
    assert subject(ENGLISH, DIGESTS["carried-only"], "A Title") == "1 paper from your last digest · 5 Nov"
    assert headline(ENGLISH, DIGESTS["carried-only"]) == "1 paper from your last digest"


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"already_had": 2}, ["87 papers scanned", "1 for you", "2 you already had"]),
        ({}, ["87 papers scanned", "1 for you"]),
        ({"scanned": 1}, ["1 paper scanned", "1 for you"]),
        ({"scanned": 0}, ["1 paper for you"]),
        (
            {"scanned": 1204, "carried": (NO_ABSTRACT,)},
            ["1,204 papers scanned", "1 for you", "1 from your last digest"],
        ),
        ({"sections": (), "carried": (NO_ABSTRACT,), "scanned": 0}, ["1 from your last digest"]),
    ],
)
def test_accounting_is_honest_and_leaves_out_what_would_be_odd(
    changes: dict[str, Any], parts: list[str]
) -> None:
    assert list(accounting(ENGLISH, replace(digest("Agents"), **changes))) == parts


def test_a_weekly_digest_is_about_the_week() -> None:
    content = replace(digest("Agents"), weekly=True)
    assert period(ENGLISH, content) == "The week to 5 November"
    assert short_period(ENGLISH, content) == "week to 5 Nov"


def test_a_monthly_digest_is_about_the_month() -> None:
    content = replace(digest("Agents"), monthly=True)
    assert period(ENGLISH, content) == "The month to 5 November"
    assert subject(ENGLISH, content, "A Title") == "A Title · month to 5 Nov"
    assert (period(GERMAN, content), also(GERMAN, content)) == (
        "Der Monat bis 5. November",
        "Außerdem diesen Monat",
    )


def test_a_german_digest_says_so_in_german() -> None:
    content = replace(digest("Agents", "LLM serving", own=1, papers=400), already_had=2, scanned=1087)
    assert headline(GERMAN, content) == "801 Paper zu Agents, LLM serving und deiner Abfrage"
    assert list(accounting(GERMAN, content)) == [
        "1.087 Paper durchgesehen",
        "801 für dich",
        "2 hattest du schon",
    ]
    assert period(GERMAN, content) == "Mittwoch, 5. November"


def test_a_german_hour_is_said_as_one_also_in_the_first_digest() -> None:
    first = replace(DIGESTS["first"], language="de")
    assert "kommt am Donnerstag, 6. November um 07:00 Uhr (Europe/Berlin)" in welcome(GERMAN, first)
