"""`manage.py preview EMAIL`: that reader's next digest; nothing is stored or sent."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from subscriptions.emails import web_version
from subscriptions.lib.email_addresses import address_key
from subscriptions.models import Subscriber
from subscriptions.planning import planner, selection_requests


class Command(BaseCommand):
    help = "Print a reader's next digest as it would be sent now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        part = parser.add_mutually_exclusive_group()
        part.add_argument("--html", dest="part", action="store_const", const="html", help="the HTML part")
        part.add_argument(
            "--text", dest="part", action="store_const", const="text", help="the text part (default)"
        )
        part.add_argument("--headers", dest="part", action="store_const", const="headers", help="the headers")
        parser.set_defaults(part="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            subscriber = Subscriber.objects.filter(email_key=address_key(options["email"])).first()
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        if subscriber is None:
            raise CommandError(f"There is no reader with the address {options['email']}.")
        selection = planner.next_selection(subscriber)
        if selection.is_empty:
            self.stderr.write(f"No mail: {selection_requests.why_empty(selection)}.")
            return
        self.stdout.write(web_version.preview(subscriber, selection, options["part"]))
