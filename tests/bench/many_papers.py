"""Invented papers by the hundred thousand, 2,000 a day: sentences of the corpus, shuffled."""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from digest.lib.jsonl import PlainPaper
from digest.lib.records import title_key
from digest.matching.percolator.topic_assignment import topics_of
from digest.matching.topics.classifier import TopicMatch
from digest.matching.topics.stored_matches import TopicMatches, packed
from digest.models import Edition, EditionEntry, Paper, Release, Source
from digest.sources.jsonl import JSON_LINES

A_DAY = 2000
NEWEST = date(2026, 3, 29)
_TITLES = 1500  # titles of the corpus that invented ones begin with, and whose topics they have
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SYLLABLES = "an ba chen da el fu go hi in ja ka li mo na o pa qi ra sa ti u va wei xu ya zo".split()


@dataclass(frozen=True)
class _Words:
    """What invented papers are made of."""

    titles: Sequence[str]
    topics: Sequence[TopicMatches]
    sentences: Sequence[str]


def store_many(corpus: str, count: int) -> None:
    """Store `count` papers, those of the newest day last, each in the edition of its day."""
    words, chance = _words(corpus), random.Random(count)
    source = Source.objects.create(name="many", title="Many", adapter=JSON_LINES.name)
    days = -(-count // A_DAY)
    for number in range(days):
        day = NEWEST - timedelta(days=days - 1 - number)
        _store_day(source, day, [*_invented(words, chance, day, min(A_DAY, count - number * A_DAY))])


def _store_day(source: Source, day: date, papers: Sequence[Paper]) -> None:
    now = timezone.now()
    edition = Edition.objects.create(source=source, day=day, format="records", fetched_at=now)
    release = Release.objects.create(edition=edition, released_at=now)
    for paper in papers:
        paper.release = release
    stored = Paper.objects.bulk_create(papers, batch_size=500)
    EditionEntry.objects.bulk_create(
        (
            EditionEntry(edition=edition, paper=paper, position=place, release=release)
            for place, paper in enumerate(stored, start=1)
        ),
        batch_size=500,
    )


def _words(corpus: str) -> _Words:
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    first = [PlainPaper(e["id"], " ".join(e["title"].split()), e["abstract"]) for e in entries[:_TITLES]]
    sentences = [one for entry in entries for one in _SENTENCE.split(" ".join(entry["abstract"].split()))]
    return _Words([paper.title for paper in first], topics_of(first), sentences)


def _invented(words: _Words, chance: random.Random, day: date, count: int) -> Iterator[Paper]:
    for number in range(count):
        which = chance.randrange(len(words.titles))
        title = f"{words.titles[which]} with {_name(chance)}"[:300]
        paper = Paper(
            key=f"arxiv:{day:%y%m}.{day:%d}{number:05}",
            title=title,
            title_key=title_key(title),
            abstract=" ".join(chance.choices(words.sentences, k=7)),
            author_names=[f"{_name(chance)} {_name(chance)}" for _ in range(chance.randint(1, 8))],
            organization=f"{_name(chance)} University",
            upvotes=int(chance.expovariate(0.05)),
            url=f"https://example.org/{day}/{number}",
            day=day,
            source_name="many",
        )
        paper.weighed = packed({slug: _without_reasons(m) for slug, m in words.topics[which].items()}, paper)
        yield paper


def _without_reasons(match: TopicMatch) -> TopicMatch:
    return TopicMatch(match.score, match.strength, ())


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()
