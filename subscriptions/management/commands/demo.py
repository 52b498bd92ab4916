"""`manage.py demo`: what a first start needs to be tried out."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from subscriptions import demo


class Command(BaseCommand):
    help = "On a new installation: an admin user and, unless EMAIL_URL is set, a sample day with readers."

    def handle(self, *args: Any, **options: Any) -> None:
        password = demo.create_admin()
        if password is None:
            self.stdout.write("Continuing with the data of the last run.")
            return
        sent = demo.create(timezone.now())
        if sent:
            self.stdout.write(
                f"A sample day and {len(demo.READERS)} demo readers are in; {sent} digests were sent."
            )
        self.stdout.write(
            f"Admin user “{demo.ADMIN}”, password {password} (shown once; change it with: "
            f".venv/bin/python manage.py changepassword {demo.ADMIN})"
        )
