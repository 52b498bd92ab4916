"""`manage.py sendtestemail`: whether mail leaves; in place of Django's command, which knows no EMAIL_URL."""

from argparse import ArgumentParser
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from digest.checks import is_address
from subscriptions.relay import Mail, Verdict, open_each, send_one


class Command(BaseCommand):
    help = "Send a test mail to these addresses by each relay of EMAIL_URL, and say what it answered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="+", help="whom to send it to")

    def handle(self, *args: Any, email: list[str], **options: Any) -> None:
        if bad := [address for address in email if not is_address(address) or not address.isascii()]:
            raise CommandError(f"“{bad[0]}” is no mail address.")
        relays = open_each()
        failed = False
        for name, relay in relays.items():
            by = f", by {name}" if len(relays) > 1 else ""
            for number, address in enumerate(email):
                sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
                outcome = send_one(relay, Mail(number, _message(address), sender, address)).outcome
                failed |= outcome.verdict != Verdict.ACCEPTED
                self.stdout.write(f"{address}{by}: {outcome.verdict}, {outcome.answer}")
            relay.close()
        if failed:
            raise CommandError("Not every mail was accepted.")


def _message(address: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = settings.DEFAULT_FROM_EMAIL, address
    message["Subject"] = f"Test mail of {settings.SITE_NAME}"
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = make_msgid(domain=settings.SITE_HOST)
    message.set_content(f"Mail from {settings.SITE_URL} reaches you.")
    return message.as_bytes(policy=SMTP)
