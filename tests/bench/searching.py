"""`python -m tests.bench.searching CORPUS ROUNDS`: store a corpus, search it, print what each search took.

One JSON object: `{"filling": seconds, "first": seconds, "searches": {span: [seconds, …]}}`; the first search
goes through all papers and loads the segments. The database comes from the environment, as ever. Ends with 1
if a search and the percolator disagree.
"""

import gzip
import json
import sys
import time
from datetime import date, timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up
from django.utils import timezone  # noqa: E402

from digest.archive import indexing, search  # noqa: E402
from digest.lib.records import title_key  # noqa: E402
from digest.matching import parse_query  # noqa: E402
from digest.matching.percolator.percolator import Percolator  # noqa: E402
from digest.models import Edition, EditionEntry, Paper, Release, Source  # noqa: E402
from digest.sources.jsonl import JSON_LINES  # noqa: E402
from tests.bench.sections.search import QUERIES, SPANS  # noqa: E402


def store(corpus: str, over: int = 0) -> None:
    """All papers of the corpus, also those that two days list, each in the edition of its day.

    With `over`, they are spread in their order over so many days, to the newest.
    """
    call_command("migrate", verbosity=0)
    now = timezone.now()
    source = Source.objects.create(name="bench", title="Bench", adapter=JSON_LINES.name)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        papers = sorted(map(json.loads, lines), key=lambda paper: paper["day"])
    newest = date.fromisoformat(papers[-1]["day"])
    days = [
        newest - timedelta(days=over - 1 - number * over // len(papers))
        if over
        else date.fromisoformat(paper["day"])
        for number, paper in enumerate(papers)
    ]
    editions = {
        day: Edition(source=source, day=day, format="records", fetched_at=now) for day in sorted(set(days))
    }
    Edition.objects.bulk_create(editions.values())
    release = Release.objects.create(edition=editions[newest], released_at=now)
    stored = Paper.objects.bulk_create(
        (
            Paper(
                key=f"{paper['id']} {paper['day']}",
                title=paper["title"],
                title_key=title_key(paper["title"]),
                abstract=paper["abstract"],
                upvotes=paper["upvotes"],
                day=day,
                source_name="bench",
                release=release,
            )
            for paper, day in zip(papers, days, strict=True)
        ),
        batch_size=500,
    )
    EditionEntry.objects.bulk_create(
        (
            EditionEntry(edition=editions[paper.day], paper=paper, position=number, release=release)
            for number, paper in enumerate(stored)
        ),
        batch_size=500,
    )


def searched(text: str, since: date | None) -> float:
    """The seconds that a search takes."""
    query = parse_query(text)
    started = time.perf_counter()
    search.find(query, since)
    return time.perf_counter() - started


def main() -> int:
    corpus, rounds = sys.argv[1], int(sys.argv[2])
    store(corpus)
    started = time.perf_counter()
    indexing.refresh()
    filling = time.perf_counter() - started
    first = searched(QUERIES[0], None)
    newest = Paper.objects.latest("day").day
    searches = {
        span: [searched(text, newest - timedelta(days=days) if days else None) for text in QUERIES * rounds]
        for span, days in SPANS.items()
    }
    print(json.dumps({"filling": filling, "first": first, "searches": searches}))  # noqa: T201
    percolator = Percolator.of({text: parse_query(text) for text in QUERIES})
    matches = percolator.match(list(Paper.objects.all()))
    kept = {text: {match.paper.pk for match in matches.get(text, ())} for text in QUERIES}
    return int(any(kept[text] != set(search.find(parse_query(text)).papers) for text in QUERIES))


if __name__ == "__main__":
    sys.exit(main())
