"""`manage.py release`: papers that a replay or a backfill only stored become new to readers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from digest.ingestion import releasing
from digest.lib.counting import number_of
from digest.management.source_days import add_source_and_days, source_and_days


class Command(BaseCommand):
    help = (
        "Make papers that were only stored new to readers: each goes into the next digests, once. "
        "Papers of days more than 180 days ago are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_source_and_days(parser)
        parser.add_argument("--dry-run", action="store_true", help="release nothing; say what would be")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        source, since, until = source_and_days(options)
        entries = releasing.unreleased(now, source).filter(edition__day__range=(since, until))
        if options["dry_run"]:
            for day, papers in releasing.counted_by_day(entries).items():
                self.stdout.write(f"{day}: {number_of(papers, 'paper')} would be released")
            return
        released = releasing.release(entries, now)
        for one in released:
            self.stdout.write(f"{one.edition.day}: {number_of(one.papers, 'paper')} released")
        if not released:
            self.stdout.write("Nothing was released: no paper of these days is waiting.")
