"""`python page.py FILE`: bring in a real page of papers and classify them, on any build."""

import sys
from pathlib import Path

import django

django.setup()

from django.utils import timezone  # noqa: E402 - needs the set-up

from digest.archive import indexing  # noqa: E402
from digest.ingestion.store import ingest  # noqa: E402
from digest.models import Source  # noqa: E402
from tests.bench.sending.turns import take_turn  # noqa: E402


def bring_in(path: Path) -> int:
    source, _ = Source.objects.get_or_create(
        name="page", defaults={"title": "Page", "adapter": "huggingface"}
    )
    new = ingest(path.read_bytes(), source, timezone.now()).new
    indexing.refresh()
    return new


if __name__ == "__main__":
    take_turn(lambda: bring_in(Path(sys.argv[1])))
