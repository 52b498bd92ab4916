"""Several answers of one source without what later ones say again: to store the same more quickly.

A source that grows all day is asked a hundred times for it, and lists the same papers with more votes.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace

from digest.ingestion.facts import FACTS
from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer


def condensed(answers: Sequence[ParsedAnswer]) -> list[ParsedAnswer]:
    """The same answers, oldest first, each without its superfluous records.

    A record is needed if it is the first of its identity, because papers are found in that order, or if it
    says what no later one does.
    """
    papers = _needed([answer.papers for answer in answers])
    updates = _needed([answer.updates for answer in answers])
    return [
        replace(answer, papers=listed, updates=updated)
        for answer, listed, updated in zip(answers, papers, updates, strict=True)
    ]


def _needed(answers: Sequence[Sequence[PaperRecord]]) -> list[tuple[PaperRecord, ...]]:
    firsts = {_identity(record): id(record) for records in reversed(answers) for record in records}
    later: dict[Hashable, list[PaperRecord]] = defaultdict(list)
    needed = []
    for records in reversed(answers):
        left = [
            record
            for record in records
            if firsts[_identity(record)] == id(record)
            or not any(_says(one, record) for one in later[_identity(record)])
        ]
        for record in left:
            later[_identity(record)].append(record)
        needed.append(tuple(left))
    return needed[::-1]


def _identity(record: PaperRecord) -> Hashable:
    """What decides which paper and which edition are meant."""
    return record.key, record.day, record.title, record.url, frozenset(record.other_keys)


def _says(later: PaperRecord, record: PaperRecord) -> bool:
    """Whether `later`, of the same identity, has whatever fact `record` has."""
    return all(_is_told(later, name) or not _is_told(record, name) for name in FACTS)


def _is_told(record: PaperRecord, name: str) -> bool:
    return getattr(record, name) not in {None, (), ""}
