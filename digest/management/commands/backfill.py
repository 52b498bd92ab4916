"""`manage.py backfill`: fetch days before a source was enabled, and release nothing of them."""

from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.archive import indexing
from digest.ingestion import backfill
from digest.lib.counting import number_of
from digest.management.source_days import add_source_and_days, source_and_days
from digest.models import Source
from digest.sources import SourceChanged

INTERRUPTED = 130  # as shells tell of Ctrl-C
SHOWN = 5  # days that an error names


class Command(BaseCommand):
    help = (
        "Fetch days before a source was enabled, for archive and search; nothing goes to readers. "
        "Stop it with Ctrl-C and start it again: days that were answered for are left out."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_source_and_days(parser)
        parser.add_argument("--again", action="store_true", help="also days that were answered for before")

    def handle(self, *args: Any, **options: Any) -> None:
        source, since, until = source_and_days(options)
        try:
            last = backfill.last_day(source, timezone.now())
            if until > last:
                self.stdout.write(f"Days after {last} are fetched, and released, by the source's own checks.")
            chosen = backfill.missing_days(source, since, min(until, last), again=options["again"])
            missed = self.fetch(source, chosen)
            if 0 < len(missed) < len(chosen):
                self.stdout.write(f"{number_of(len(missed), 'day')} once more:")
                missed = self.fetch(source, missed)
        except SourceChanged as error:
            raise CommandError(str(error)) from error
        indexing.refresh()
        if missed:
            days = number_of(len(missed), "day")
            raise CommandError(
                f"{days} could not be fetched: {_few(missed)}. The same command goes on there."
            )

    def fetch(self, source: Source, chosen: Sequence[date]) -> Sequence[date]:
        """Fetch these days, telling how it goes; those of which there is no answer yet."""
        answered = set()
        try:
            for number, one in enumerate(backfill.backfill(source, chosen, timezone.now), start=1):
                said = one.error or f"{number_of(one.listed, 'paper')}, {one.new} of them new"
                self.stdout.write(f"{number}/{len(chosen)} {one.day}: {said}")
                if not one.error:
                    answered.add(one.day)
        except KeyboardInterrupt as error:
            raise CommandError(
                "Stopped. What was fetched is stored; the same command goes on.", returncode=INTERRUPTED
            ) from error
        return [day for day in chosen if day not in answered]


def _few(days: Sequence[date]) -> str:
    shown = ", ".join(str(day) for day in days[:SHOWN])
    return f"{shown} and {len(days) - SHOWN} more" if len(days) > SHOWN else shown
