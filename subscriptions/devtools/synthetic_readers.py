"""Synthetic readers for trials and benchmarks: seeded, reproducible, spread as in life."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from digest.models import Paper, Topic
from digest.models.paper import LISTED
from subscriptions.accounts.library import DAILY
from subscriptions.accounts.preferences import Choices
from subscriptions.models import FilterSet, SavedPaper, Subscriber
from subscriptions.models.schedule import Schedule, due_at

T = TypeVar("T")
SEED = 20251105
BATCH = 2000
OWN_QUERY_SHARE = 0.45  # enough for more than 30% distinct filter sets at any size
TRENDING_EVERY, LIBRARY_EVERY = (
    50,
    100,
)  # one reader in so many has the one, or the other, beside their filters
LIBRARY_OF = 10  # papers

_ZONES = {
    "America/Los_Angeles": 14, "America/New_York": 16, "America/Chicago": 5, "America/Sao_Paulo": 3,
    "America/Toronto": 4, "Europe/London": 9, "Europe/Berlin": 10, "Europe/Paris": 7, "Europe/Zurich": 4,
    "Europe/Warsaw": 2, "Asia/Kolkata": 8, "Asia/Shanghai": 12, "Asia/Tokyo": 6, "Asia/Seoul": 5,
    "Asia/Singapore": 4, "Asia/Kathmandu": 1, "Australia/Sydney": 2, "Africa/Nairobi": 1, "UTC": 3,
}  # fmt: skip
_HOURS = {5: 3, 6: 12, 7: 28, 8: 26, 9: 14, 10: 5, 12: 4, 18: 4, 20: 3, 22: 1}
_WORDS = (
    "adapter alignment attention audio autoencoder bandwidth bayesian calibration causal checkpoint "
    "compiler compression contrastive curriculum cuda dataset decoding diffusion distillation embedding "
    "entropy ensemble equivariant federated fairness forecasting gradient graph gpu hallucination "
    "hashing imitation interpretability kernel latency lidar lora mamba medical memory mesh mixture "
    "molecule momentum moe multilingual navigation noise offloading optimizer parser physics pipeline "
    "planning prefetching privacy protein pruning prompt ranking recall retrieval robustness routing "
    "safety sampling scheduling segmentation simulation sparsity speech spiking splatting symbolic "
    "tabular throughput tokenizer tracking transfer tree uncertainty unlearning video watermark "
).split()


@dataclass(frozen=True, slots=True)
class Made:
    """The synthetic readers that exist now, and how many distinct filter sets they use."""

    readers: int
    filter_sets: int


def make_readers(count: int, now: datetime) -> Made:
    """Make sure that synthetic readers 1 to `count` exist, daily, confirmed, first due after `now`."""
    topics = list(Topic.objects.filter(enabled=True))
    for first in range(1, count + 1, BATCH):
        numbers = range(first, min(first + BATCH, count + 1))
        choices = {number: _choices(number, topics) for number in numbers}
        with transaction.atomic():
            sets = FilterSet.objects.obtain_many({c.wanted for c in choices.values()})
            Subscriber.objects.bulk_create(
                (_reader(n, c, sets[c.wanted], now) for n, c in choices.items()),
                ignore_conflicts=True,
            )
            _give_libraries([n for n, c in choices.items() if c.library_daily], now)
    readers = Subscriber.objects.filter(email_key__startswith="reader-", demo=True)
    return Made(readers.count(), readers.values("filter_set").distinct().count())


def _give_libraries(numbers: list[int], now: datetime) -> None:
    """Put papers that came in first onto the lists of the readers of these numbers."""
    papers = list(Paper.objects.filter(LISTED).order_by("pk")[:1000])
    readers = Subscriber.objects.in_bulk([_address(n) for n in numbers], field_name="email_key")
    rows = (
        SavedPaper(
            subscriber=readers[_address(number)],
            key=paper.key,
            paper=paper,
            title=paper.title,
            origin=SavedPaper.Origin.IMPORTED,
            saved_at=now,
        )
        for number in numbers
        for paper in random.Random(number).sample(papers, min(LIBRARY_OF, len(papers)))  # noqa: S311 - as below
    )
    SavedPaper.objects.bulk_create(rows, ignore_conflicts=True)


def _address(number: int) -> str:
    return f"reader-{number:07}@readers.example"


def _reader(number: int, choices: Choices, filter_set: FilterSet, now: datetime) -> Subscriber:
    address = _address(number)
    schedule = choices.schedule
    return Subscriber(
        email=address,
        email_key=address,
        demo=True,
        state=Subscriber.State.ACTIVE,
        filter_set=filter_set,
        time_zone=schedule.time_zone,
        hour=schedule.hour,
        library_daily=choices.library_daily,
        next_digest_at=due_at(schedule, after=now),
        consented_at=now,
        consent="synthetic reader",
    )


def _choices(number: int, topics: list[Topic]) -> Choices:
    """What the reader of this number wants: the same in every run, whatever the count."""
    chance = random.Random(SEED + number)  # noqa: S311 - a spread, not a secret
    popular = [1 / (position + 2) for position in range(len(topics))]
    wanted = (
        {chance.choices(topics, popular)[0].pk for _ in range(chance.choice([1, 1, 2, 2, 3, 4]))}
        if topics
        else set()
    )
    queries = tuple(_queries(chance)) if chance.random() < OWN_QUERY_SHARE or not wanted else ()
    schedule = Schedule(_pick(chance, _ZONES), _pick(chance, _HOURS))
    return Choices(
        tuple(topic for topic in topics if topic.pk in wanted),
        queries,
        schedule,
        trending=5 if number % TRENDING_EVERY == 0 else 0,
        library_daily=DAILY if number % LIBRARY_EVERY == 1 else 0,
    )


def _queries(chance: random.Random) -> Iterator[str]:
    for _ in range(chance.choice([1, 1, 1, 2])):
        first, second, third = chance.sample(_WORDS, 3)
        forms = (
            f"{first} {second}",
            f"{first} OR {second}",
            f'"{first} {second}" OR {third}',
            f"({first} OR {second}) NOT {third}",
            f"title:{first} {second}",
            f"{first[:5]}* {second}",
        )
        yield chance.choice(forms)


def _pick(chance: random.Random, weights: dict[T, int]) -> T:
    return chance.choices(list(weights), list(weights.values()))[0]
