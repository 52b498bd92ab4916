"""`manage.py prepare`: bring the database, the preset topics and the static files up to date."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from digest.archive import indexing
from digest.ingestion import shipped_topics
from digest.management.serving.private_files import OpenToOthers, holding_people, take_from_others
from digest.models import Source
from digest.sources.huggingface import HUGGING_FACE


class Command(BaseCommand):
    help = "Migrate, load the preset topics and sources, index papers, collect static files. Safe to repeat."
    requires_system_checks = ("digest",)  # not those of the database, which is made here

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CommandError(f"DATA_DIR {settings.DATA_DIR} cannot be made: {error.strerror}.") from error
        if not os.access(settings.DATA_DIR, os.W_OK):
            raise CommandError(
                f"DATA_DIR {settings.DATA_DIR} is not writable; set DATA_DIR to another place."
            )
        self.close_to_others()
        (settings.DATA_DIR / "run").mkdir(mode=0o700, exist_ok=True)  # for the scheduler's notes
        call_command("migrate", interactive=False, verbosity=0)
        changed = shipped_topics.load()
        Source.objects.standard(HUGGING_FACE)
        indexing.refresh(
            thorough=True
        )  # after an update that weighs papers anew it takes a second for 200 of them
        call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(f"Ready: {changed} preset topics brought up to date.")

    def close_to_others(self) -> None:
        """Close to other users what an earlier version or a wide umask left open."""
        database = settings.DATABASES["default"]
        stored = str(database["NAME"]) if database["ENGINE"].endswith("sqlite3") else ""
        try:
            for path in take_from_others(holding_people(settings.DATA_DIR, stored)):
                self.stdout.write(f"Other users could read {path}; now only the user of the service can.")
        except OpenToOthers as error:
            raise CommandError(str(error)) from error
