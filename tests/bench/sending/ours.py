"""`python -m tests.bench.sending.ours ACTION …`: this service, as it is, one action at a word.

    readers N SETS        migrate, load the topics, make synthetic readers 1 to N; let all of them share the
                          SETS filter sets that most of them have, of topics alone (0: each keeps its own)
    edition NUMBER SIZE   bring in an edition of SIZE papers that no other number has
    filter-sets           count those that readers have
    plan DAYS             plan for everyone who is due by DAYS from now
    deliver               hand over everything that waits, as `send_digests` does it
    day DAYS              both, as `send_digests` does it

The database, the relay and DATA_DIR come from the environment, as ever.
"""

import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the set-up
from django.db.models import Count  # noqa: E402
from django.utils import timezone  # noqa: E402

from digest.ingestion import shipped_topics  # noqa: E402
from digest.ingestion.store import ingest  # noqa: E402
from digest.models import Source  # noqa: E402
from digest.sources.jsonl import JSON_LINES  # noqa: E402
from subscriptions.devtools.demo_data import SAMPLE  # noqa: E402
from subscriptions.devtools.synthetic_readers import make_readers  # noqa: E402
from subscriptions.models import Delivery, FilterSet, Subscriber  # noqa: E402
from subscriptions.planning.planner import plan  # noqa: E402
from tests.bench.sending.turns import take_turn  # noqa: E402

FIRST = date(2025, 1, 1)


def readers(count: str, sets: str) -> int:
    call_command("migrate", verbosity=0)
    shipped_topics.load()
    made = make_readers(int(count), timezone.now()).readers
    if int(sets):
        _share(int(sets))
    return made


def _share(count: int) -> None:
    usual = FilterSet.objects.filter(queries=[]).annotate(readers=Count("subscribers"))
    sets = list(usual.order_by("-readers", "pk")[:count])
    numbers = list(Subscriber.objects.order_by("pk").values_list("pk", flat=True))
    for place, filter_set in enumerate(sets):
        Subscriber.objects.filter(pk__in=numbers[place :: len(sets)]).update(filter_set=filter_set)


def edition(number: str, size: str) -> int:
    """Papers of the sample day under other names, again and again if there are not enough."""
    source, _ = Source.objects.get_or_create(
        name="bench", defaults={"title": "Bench", "adapter": JSON_LINES.name}
    )
    sample = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    day = FIRST + timedelta(days=int(number))
    lines = []
    for place in range(int(size)):
        paper = sample[(int(number) * int(size) + place) % len(sample)]
        title = f"{paper['title']}, part {number}.{place}"
        own = {"title": title, "key": f"title:part {number} {place}", "day": day.isoformat(), "url": None}
        lines.append(json.dumps(paper | own))
    return ingest("\n".join(lines).encode(), source, timezone.now(), day).new


def plan_ahead(days: str) -> int:
    before = Delivery.objects.count()
    plan(timezone.now() + timedelta(days=int(days)))
    return Delivery.objects.count() - before


def send(*arguments: str) -> int:
    """`manage.py send_digests`; how many mails were accepted."""
    output = StringIO()
    call_command("send_digests", "--json", *arguments, stdout=output)
    return int(json.loads(output.getvalue())["accepted"])


def day(days: str) -> int:
    return send("--now", (timezone.now() + timedelta(days=int(days))).isoformat())


ACTIONS: dict[str, Callable[..., int]] = {
    "readers": readers,
    "edition": edition,
    "filter-sets": FilterSet.objects.filter(subscribers__isnull=False).distinct().count,
    "plan": plan_ahead,
    "deliver": send,
    "day": day,
}

if __name__ == "__main__":
    action, *arguments = sys.argv[1:]
    take_turn(lambda: ACTIONS[action](*arguments))
