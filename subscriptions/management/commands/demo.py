"""`manage.py demo`: what a first start needs to be tried out."""

from typing import Any

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
                    "Continuing with the data of the last run. For a new admin password: "
                    ".venv/bin/python manage.py reset_password"
                )
                return
            filled = demo_data.fill(timezone.now())
            # Before the commit: an admin whose password nobody read cannot come about. Interrupted up
            # to here nothing is stored, and the next start makes another admin and all the rest.
            self.stdout.write(
                f"Admin user “{demo_data.ADMIN}”, password {password} (shown once; a new one: "
                f".venv/bin/python manage.py reset_password)"
            )
            self.stdout.flush()
        if filled:
            sent = demo_data.send()
            digests = f"{number_of(sent, 'digest')} sent" if sent else "their digests are held"
            self.stdout.write(f"A sample day and {len(demo_data.READERS)} demo readers are in; {digests}.")
