"""What an answer lists, as papers: found or made from its records, with what these tell; nothing is saved."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.db.models import Min

from digest.ingestion import facts
from digest.ingestion.facts import Teller
from digest.ingestion.identity import KnownPapers
from digest.lib.records import PaperRecord
from digest.models import EditionEntry, Paper, Source
from digest.sources import ParsedAnswer


class Listing:
    """The papers of an answer.

    `by_day` has the listed ones under the days of their editions, the oldest day first, in the source's
    order; `updated` those that it only told newer facts of. Each is there once. One of which the source names
    no day stays in the edition of the day on which it was first seen.
    """

    def __init__(self, parsed: ParsedAnswer, source: Source, fetched_at: datetime) -> None:
        self.parsed, self.source, self.fetched_at = parsed, source, fetched_at
        self.known = KnownPapers([*parsed.papers, *parsed.updates])
        self._told: set[int] = set()
        teller = Teller.of(source, fetched_at)
        records = [(record, self._listed(record, teller)) for record in parsed.papers]
        seen = _first_days(source, [paper for record, paper in records if record.undated])
        listed = [(seen.get(paper.pk, record.day), paper) for record, paper in records]
        updated = [paper for record in parsed.updates if (paper := self._updated(record, teller))]
        days = sorted({day for day, _ in listed})
        current = [(day, self.known.current(paper)) for day, paper in listed]  # later records merge papers
        self.by_day: dict[date, list[Paper]] = {
            day: each_once(paper for of_day, paper in current if of_day == day) for day in days
        }
        self.updated = each_once(self.known.current(paper) for paper in updated)

    def __iter__(self) -> Iterator[Paper]:
        """All papers, each once."""
        listed = (paper for papers in self.by_day.values() for paper in papers)
        return iter(each_once([*listed, *self.updated]))

    def changes(self, paper: Paper) -> dict[str, Any]:
        """The old values of what the answer changed about the paper."""
        before = self.known.before(paper)
        return {name: was for name, was in before.items() if was != getattr(paper, name)}

    def is_told_anew(self, paper: Paper) -> bool:
        """Whether the answer is the latest to tell something of the paper, be it what was known."""
        return id(paper) in self._told

    def _listed(self, record: PaperRecord, teller: Teller) -> Paper:
        paper = self.known.find(record)
        if paper is None:
            paper = Paper(key=record.key, day=record.day, source_name=self.source.name)
        self._tell(paper, record, teller)
        if not paper.source_name:  # until now it was only looked up
            self.known.changed(paper, {"source_name": "", "day": paper.day})
            paper.source_name, paper.day = self.source.name, record.day
        self.known.list_by(paper, self.source.name)
        return paper

    def _updated(self, record: PaperRecord, teller: Teller) -> Paper | None:
        paper = self.known.find(record)
        if paper is not None:
            self._tell(paper, record, teller)
        return paper

    def _tell(self, paper: Paper, record: PaperRecord, teller: Teller) -> None:
        was = paper.told
        self.known.changed(paper, facts.tell(paper, record, teller))
        if paper.told != was:
            self._told.add(id(paper))
        self.known.call(paper, (record.key, *record.other_keys))


def _first_days(source: Source, papers: Iterable[Paper]) -> dict[int | None, date]:
    """The day of the first edition of the source that lists each of the papers, by the paper's number."""
    entries = EditionEntry.objects.filter(
        edition__source=source, paper__in=[paper for paper in papers if paper.pk]
    )
    return dict(entries.values_list("paper").annotate(Min("edition__day")))


def each_once(papers: Iterable[Paper]) -> list[Paper]:
    """The papers without repetitions, in their order; those that are not saved yet have no number."""
    return list({id(paper): paper for paper in papers}.values())
