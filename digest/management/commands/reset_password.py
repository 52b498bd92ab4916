"""`manage.py reset_password`: a new password for an operator who lost theirs."""

import secrets
from argparse import ArgumentParser
from typing import Any

from axes.utils import reset
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = "Give an operator a new password, print it once, and lift a lock-out after wrong ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", nargs="?", help="if there is more than one superuser")

    def handle(self, *args: Any, username: str | None, **options: Any) -> None:
        users = get_user_model().objects
        found = list(users.filter(username=username) if username else users.filter(is_superuser=True))
        if len(found) != 1:
            known = ", ".join(users.order_by("username").values_list("username", flat=True))
            raise CommandError(f"Say whose password, one of: {known or 'nobody, there is no operator yet'}.")
        operator, password = found[0], secrets.token_urlsafe(12)
        operator.set_password(password)
        operator.save(update_fields=["password"])
        reset(username=operator.get_username())
        self.stdout.write(f"The password of “{operator.get_username()}” is now {password} (shown once).")
