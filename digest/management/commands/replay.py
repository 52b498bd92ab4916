"""`manage.py replay`: parse the kept raw answers of some days again, and tell what that changes."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from digest.archive import indexing
from digest.ingestion import releasing
from digest.ingestion.replay import Replayed, replay
from digest.lib.counting import number_of
from digest.management.source_days import add_source_and_days, source_and_days


class Command(BaseCommand):
    help = (
        "Parse the kept raw answers of some days again, as after an upgrade, and store what is found. "
        "Nothing goes to readers: “manage.py release” does that."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_source_and_days(parser)
        parser.add_argument("--dry-run", action="store_true", help="store nothing; say what would change")
        parser.add_argument("--json", action="store_true", help="print one JSON object per day")

    def handle(self, *args: Any, **options: Any) -> None:
        now, dry_run = timezone.now(), options["dry_run"]
        source, since, until = source_and_days(options)
        days = failed = 0
        for replayed in replay(source, since, until, now, dry_run=dry_run):
            days += 1
            failed += sum(bool(one.format) for one in replayed.failed)
            if options["json"]:
                self.stdout.write(json.dumps(asdict(replayed), cls=DjangoJSONEncoder, ensure_ascii=False))
            else:
                self.stdout.write("\n".join(_lines(replayed)))
        if not days:
            raise CommandError(f"No answer of {source.title} about these days is kept.")
        said = self.stderr if options["json"] else self.stdout
        said.write(f"{number_of(days, 'day')} parsed again" + (", nothing stored" if dry_run else ""))
        if not dry_run:
            indexing.refresh()
            waiting = releasing.unreleased(now, source).filter(edition__day__range=(since, until))
            if papers := sum(releasing.counted_by_day(waiting).values()):
                are = "is" if papers == 1 else "are"
                of = f"{number_of(papers, 'paper')} of these days {are} not released"
                said.write(f"{of}: see “manage.py release”.")
        if failed:
            raise CommandError(
                f"{number_of(failed, 'answer')} can no longer be parsed; what is stored of it stays."
            )


def _lines(replayed: Replayed) -> Iterator[str]:
    """A day in words: its editions in numbers, then each paper that was found or changed."""
    yield f"{replayed.day}: {number_of(replayed.answers, 'answer')}"
    for edition in replayed.differences.editions:
        papers, rejected = (" → ".join(map(str, pair)) for pair in (edition.papers, edition.rejected))
        yield f"  edition of {edition.day}: papers {papers}, rejected {rejected}"
    for field, number in replayed.unreadable.items():
        yield f"  {field} could not be read in {number_of(number, 'paper')}"
    for found in replayed.differences.found:
        yield f"  + {found.key}  {found.title}"
    for merged in replayed.differences.merged:
        yield f"  = {merged.key}  {merged.title}: found to be another of these papers"
    for paper in replayed.differences.changed:
        yield f"  ~ {paper.key}  {paper.title}"
        for fact in paper.facts:
            yield f"      {fact.label}: {' → '.join(fact.shown)}"
    for failure in replayed.failed:
        how = "can no longer be parsed" if failure.format else "still cannot be read"
        yield f"  ! the answer of {failure.fetched_at:%Y-%m-%d %H:%M} {how}: {failure.why}"
