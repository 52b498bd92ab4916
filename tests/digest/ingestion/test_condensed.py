"""Of a day's answers only what matters is stored again: with the same rows in the end."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from digest.ingestion.condensed import condensed
from digest.ingestion.facts import FACTS
from digest.ingestion.store import store
from digest.models import Edition, EditionEntry, Paper, PaperKey
from digest.sources import ParsedAnswer
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, source

MINUTE = timedelta(minutes=1)


def answer(*records: Any, updates: Sequence[Any] = ()) -> ParsedAnswer:
    return ParsedAnswer(DAY, "records", records, (), tuple(updates))


def paper(number: int = 1, **facts: Any) -> Any:
    return build_record(DAY, **{"title": f"Paper {number}", "arxiv": f"2511.0000{number}"} | facts)


def test_of_a_paper_with_ever_more_votes_only_the_first_and_the_last_record_are_left() -> None:
    answers = [answer(paper(1, upvotes=votes)) for votes in range(50)]
    left = [one.papers for one in condensed(answers)]
    assert left == [answers[0].papers, *[()] * 48, answers[-1].papers]


def test_what_later_answers_do_not_say_is_left() -> None:
    answers = [
        answer(paper(1)),
        answer(paper(1, organization="ISTA"), paper(2)),
        answer(paper(1, upvotes=3), paper(3)),
        answer(paper(1, upvotes=9)),
    ]
    assert [[one.title for one in each.papers] for each in condensed(answers)] == [
        ["Paper 1"],
        ["Paper 1", "Paper 2"],
        ["Paper 3"],
        ["Paper 1"],
    ]


def some_record(chance: random.Random) -> Any:
    number = chance.randint(1, 4)
    return build_record(
        DAY - timedelta(days=chance.choice([0, 0, 0, 1])),
        title=chance.choice([f"Paper {number}"] * 4 + ["Paper 1"]),
        arxiv=chance.choice([f"2511.0000{number}"] * 3 + [""]),
        other_keys=chance.choice([(), (), (f"doi:10.5555/{number}",)]),
        abstract=chance.choice(["", "One.", "Two."]),
        organization=chance.choice(["", "ISTA"]),
        upvotes=chance.choice([None, 1, 2]),
        author_names=chance.choice([(), ("Ada Example",), ("Ada Example", "Bo Example")]),
    )


def rows(answers: Sequence[ParsedAnswer]) -> Any:
    """What is stored after these answers, but for the order of papers; nothing stays."""
    with transaction.atomic():
        for minutes, one in enumerate(answers):
            if one.papers or one.updates:
                store(one, source(), NOW, fetched_at=NOW + minutes * MINUTE, release=False)
        papers = sorted(Paper.objects.values_list("key", *FACTS), key=str)
        entries = set(EditionEntry.objects.values_list("edition__day", "paper__key"))
        keys = set(PaperKey.objects.values_list("key", "paper__key"))
        editions = list(Edition.objects.order_by("day").values_list("day", "format"))
        transaction.set_rollback(True)
    return papers, entries, keys, editions


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(20))
def test_the_rows_are_those_of_all_answers(seed: int) -> None:
    chance = random.Random(seed)
    answers = [
        answer(
            *{one.key: one for one in (some_record(chance) for _ in range(chance.randint(0, 4)))}.values(),
            updates=[some_record(chance)] if chance.random() < 0.3 else (),
        )
        for _ in range(8)
    ]
    assert rows(condensed(answers)) == rows(answers)
