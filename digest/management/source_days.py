"""What commands about days of a source have in common: the source, the first day and the last."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import CommandError

from digest.models import Source


def add_source_and_days(parser: ArgumentParser) -> None:
    """The options --source, --from and --to, all needed."""
    parser.add_argument("--source", required=True, metavar="NAME", help="the source, as the admin names it")
    parser.add_argument("--from", required=True, type=date.fromisoformat, help="the first day, YYYY-MM-DD")
    parser.add_argument("--to", required=True, type=date.fromisoformat, help="the last day, YYYY-MM-DD")


def source_and_days(options: dict[str, Any]) -> tuple[Source, date, date]:
    """The source that the options name, the first day and the last; CommandError if they make no sense."""
    since, until = options["from"], options["to"]
    if since > until:
        raise CommandError(f"The first day, {since}, is after the last, {until}.")
    source = Source.objects.filter(name=options["source"]).first()
    if source is None:
        names = ", ".join(Source.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no source “{options['source']}” (there is: {names}).")
    return source, since, until
