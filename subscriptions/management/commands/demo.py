"""`manage.py demo`: what a first start needs to be tried out."""

import shlex
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from digest.lib.counting import number_of
from subscriptions.devtools import demo_data


class Command(BaseCommand):
    help = "On a new installation: an admin user and, unless EMAIL_URL is set, a sample day with readers."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            password = demo_data.create_admin()
            if password is None:
                self.stdout.write(
                    f"Continuing with the data of the last run. For a new admin password: {_reset_password()}"
                )
                return
            filled = demo_data.fill(timezone.now())
            # Before the commit: an admin whose password nobody read cannot come about. Interrupted up
            # to here nothing is stored, and the next start makes another admin and all the rest.
            self.stdout.write(
                f"Admin user “{demo_data.ADMIN}”, password {password} "
                f"(shown once; a new one: {_reset_password()})"
            )
            self.stdout.flush()
        if filled:
            sent = demo_data.send()
            digests = f"{number_of(sent, 'digest')} sent" if sent else "their digests are held"
            self.stdout.write(f"A sample day and {len(demo_data.READERS)} demo readers are in; {digests}.")


def _reset_password() -> str:
    """The command to copy: it has to find the data that this start uses."""
    command = ".venv/bin/python manage.py reset_password"
    if settings.DATA_DIR == settings.BASE_DIR / "var":
        return command
    return f"DATA_DIR={shlex.quote(str(settings.DATA_DIR))} {command}"
