"""`manage.py forget_old`: delete what HISTORY_DAYS and RAW_ANSWERS_DAYS no longer keep, or say what."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from digest.ingestion import raw_answers
from digest.models import RawAnswer, Release, Revision, Selection
from subscriptions.accounts import retention
from subscriptions.lib.table_sizes import bytes_a_row
from subscriptions.models import Delivery, Run

_TABLES = {
    "deliveries": Delivery.objects.all(),
    "selections": Selection.objects.all(),
    "revisions": Revision.objects.all(),
    "releases": Release.objects.all(),
    "runs": Run.objects.all(),
    "raw_answers": RawAnswer.objects.all(),
}


class Command(BaseCommand):
    help = (
        "Delete digests older than HISTORY_DAYS, and answers of sources older than RAW_ANSWERS_DAYS, as the "
        "schedule does by itself. Daily figures stay, and whatever a reader's next digest may ask for."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="delete nothing; say what would be")
        parser.add_argument("--json", action="store_true", help="print it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        sizes = {name: bytes_a_row(table) for name, table in _TABLES.items()}
        if options["dry_run"]:
            rows = asdict(retention.would_free(now)) | {"raw_answers": len(raw_answers.outdated(now))}
        else:
            rows = asdict(retention.forget_old(now)) | {"raw_answers": raw_answers.prune(now)}
        space = {name: round(number * sizes[name]) for name, number in rows.items()}
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows, "bytes": space}))
            return
        verb = "would be deleted" if options["dry_run"] else "deleted"
        for name, number in rows.items():
            about = f", about {space[name] / 1_000_000:,.1f} MB" if number else ""
            self.stdout.write(f"{name.replace('_', ' '):12} {number:,} {verb}{about}")
        self.stdout.write(
            f"Kept: {settings.HISTORY_DAYS} days of digests, {settings.RAW_ANSWERS_DAYS} days of answers."
        )
