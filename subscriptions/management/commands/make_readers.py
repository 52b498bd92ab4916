"""`manage.py make_readers N`: synthetic confirmed readers, for trials and benchmarks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.lib.counting import number_of
from subscriptions.devtools import synthetic_readers
from subscriptions.relay import open_relay


class Command(BaseCommand):
    help = "Make sure that the first N synthetic readers exist; the same N gives the same readers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", metavar="N", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["count"] < 0:
            raise CommandError("N is a number of readers: 0 or more.")
        if not open_relay().local:
            raise CommandError(
                "Synthetic readers are only made while mail cannot leave this machine: unset EMAIL_URL."
            )
        made = synthetic_readers.make_readers(options["count"], timezone.now())
        self.stdout.write(
            f"{number_of(made.readers, 'reader')} with {number_of(made.filter_sets, 'distinct filter set')}."
        )
