"""`python page.py FILE`: bring in a real page of papers and index it, on any build."""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up

from digest.models import Paper  # noqa: E402
from tests.bench.sending.turns import take_turn  # noqa: E402


def bring_in(path: str) -> int:
    before = Paper.objects.count()
    call_command("ingest", path, stdout=sys.stderr)
    return Paper.objects.count() - before


if __name__ == "__main__":
    take_turn(lambda: bring_in(sys.argv[1]))
