"""`python -m tests.bench.many CORPUS ROUNDS`: search many papers, and show pages of them.

One JSON object: `{"memory": megabytes, "milliseconds": {what: [of processor time, …]}}`. With 0 rounds,
PAPERS invented papers are stored and indexed, or copied until there are COPIES of them, so that the process
that measures begins afresh: `{"seconds": …}`. PAPERS, COPIES and the database come from the environment.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial

import django
from django.conf import settings

settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up
from django.db import transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from digest.archive import indexing, search  # noqa: E402
from digest.ingestion import shipped_topics  # noqa: E402
from digest.matching import parse_query  # noqa: E402
from digest.models import Paper  # noqa: E402
from tests.bench.copied_papers import copy_all  # noqa: E402
from tests.bench.many_papers import NEWEST, store_many  # noqa: E402
from tests.bench.memory import peak_megabytes  # noqa: E402
from tests.bench.sections.archive import PAGES, QUERIES  # noqa: E402


def milliseconds(run: Callable[[], object], rounds: int) -> list[float]:
    """Of processor time, each time; the first time is not counted."""
    run()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        run()
        times.append(1000 * (time.process_time() - started))
    return times


def fill(corpus: str, count: int, copies: int) -> float:
    """The seconds of processor time that it took."""
    started = time.process_time()
    if copies > 1:
        stored = Paper.objects.count() // count
        with transaction.atomic():
            copy_all(count, range(stored, copies))
    else:
        call_command("migrate", verbosity=0)
        shipped_topics.load()
        store_many(corpus, count)
        indexing.refresh()
    return time.process_time() - started


def measured(rounds: int) -> dict[str, list[float]]:
    client, found = Client(SERVER_NAME=settings.SITE_HOST), {}
    for text in QUERIES:
        asked = partial(search.find, parse_query(text), titles_first=True)
        found[text] = milliseconds(partial(_as_if_first, asked), rounds)
        found[f"{text}, again"] = milliseconds(asked, rounds)
    newest = Paper.objects.latest("pk")
    paths = {name: reverse(name, args=args) for name, args in PAGES.items()}
    paths |= {"day": reverse("day", args=[NEWEST]), "paper": newest.get_absolute_url()}
    for name, path in paths.items():
        found[name] = milliseconds(partial(client.get, path), rounds)
    return found


def _as_if_first(asked: Callable[[], object]) -> None:
    search.forget()
    asked()


def main() -> None:
    corpus, rounds = sys.argv[1], int(sys.argv[2])
    if rounds:
        print(json.dumps({"milliseconds": measured(rounds), "memory": peak_megabytes()}))  # noqa: T201
    else:
        papers, copies = int(os.environ["PAPERS"]), int(os.environ["COPIES"])
        print(json.dumps({"seconds": fill(corpus, papers, copies)}))  # noqa: T201


if __name__ == "__main__":
    main()
