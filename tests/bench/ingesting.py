"""`python -m tests.bench.ingesting DAYS ROUNDS`: store generated days, replay them, print what it took.

One JSON object: seconds for storing and for replaying all days, for the first and second answer of a day with
`MANY` papers, the same in processor time of this process, and how many papers there are at the end. The
database comes from the environment.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up

from digest.ingestion.replay import replay  # noqa: E402
from digest.ingestion.store import ingest  # noqa: E402
from digest.models import Paper, Source  # noqa: E402
from digest.sources.jsonl import JSON_LINES  # noqa: E402

PAPERS, MANY = 60, 2_000  # a day
FIRST = date(2025, 1, 1)
WORDS = [f"{start}{end}" for start in ("sparse", "deep", "rank", "token", "graph") for end in range(400)]


def answer(day: date, papers: int) -> bytes:
    """A day's papers as JSON Lines, always the same, with abstracts of usual length."""
    chance = random.Random(day.isoformat())
    lines = []
    for number in range(papers):
        entry = {
            "key": f"arxiv:{day:%y%m}.{day.day * 2_100 + number:05d}",
            "title": " ".join(chance.choices(WORDS, k=9)),
            "abstract": " ".join(chance.choices(WORDS, k=170)),
            "authors": 5,
            "organization": None,
            "published": day.isoformat(),
            "comments": 0,
            "upvotes": chance.randrange(100),
            "url": "https://example.org/paper",
            "day": day.isoformat(),
        }
        lines.append(json.dumps(entry))
    return "\n".join(lines).encode()


def main(days: int) -> None:
    call_command("migrate", verbosity=0)
    source = Source.objects.create(name="bench", title="Bench", adapter=JSON_LINES.name)
    listed = [FIRST + timedelta(days=number) for number in range(days)]
    answers = [answer(day, PAPERS) for day in listed]
    now = datetime(2026, 11, 1, tzinfo=UTC)
    spent: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.process_time()
        yield
        spent[name] = round(time.perf_counter() - wall, 2)
        spent[f"{name}, CPU"] = round(time.process_time() - processor, 2)

    with timed("storing"):
        for day, raw in zip(listed, answers, strict=True):
            ingest(raw, source, now, day)
    with timed("replaying"):
        for _ in replay(source, listed[0], listed[-1], now):
            pass
    last = listed[-1] + timedelta(days=1)
    raw = answer(last, MANY)
    for hours, name in enumerate(("many", "many again")):
        with timed(name):
            ingest(raw, source, now + timedelta(hours=hours), last)
    sys.stdout.write(json.dumps(spent | {"papers": Paper.objects.count()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
