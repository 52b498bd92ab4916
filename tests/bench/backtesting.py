"""`python -m tests.bench.backtesting CORPUS ROUNDS`: what a visitor waits for while choosing, a year stored.

One JSON object: `{"papers": number, "month": number, "first": ms, "cold": [ms, …], "warm": [ms, …],
"mail": [ms, …]}`: the first answer of a process, each choice asked for the first time and again, and the
sample mail beside it. Database and Redis come from the environment, as ever. Ends with 1 if a backtest and
the percolator disagree about how many papers there are.
"""

import json
import math
import sys
import time
from collections.abc import Iterable
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the set-up
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from digest.archive import indexing, queries  # noqa: E402
from digest.ingestion import shipped_topics  # noqa: E402
from digest.matching import parse_query  # noqa: E402
from digest.matching.percolator.percolator import Percolator  # noqa: E402
from digest.models import Paper, Topic  # noqa: E402
from digest.web.limits import search_budget  # noqa: E402
from subscriptions.web.backtest import DAYS, backtest  # noqa: E402
from subscriptions.web.filters_form import FiltersForm  # noqa: E402
from tests.bench.searching import store  # noqa: E402
from tests.bench.sections.backtest import CHOICES, Choice  # noqa: E402

YEAR = 365


def asked(client: Client, page: str, choice: Choice) -> float:
    """The milliseconds until a visitor who chose so has the answer."""
    started = time.perf_counter()
    response = client.get(reverse(page), choice)
    assert response.status_code == 200, (page, choice, response.status_code)
    return 1000 * (time.perf_counter() - started)


def agree(choices: Iterable[Choice]) -> bool:
    """Whether each backtest counts the papers that matching keeps of its days."""
    newest = queries.newest_day()
    assert newest is not None
    papers = list(Paper.objects.filter(day__gt=newest - timedelta(days=DAYS)))
    for choice in choices:
        form = FiltersForm(_sent(choice), list(Topic.objects.all()))
        assert form.is_valid(), form.errors
        found = backtest(form.filters())
        chosen = {filter_.name: parse_query(filter_.query) for filter_ in form.filters()}
        matches = Percolator.of(chosen).match(papers)
        kept = {match.paper.pk for of_one in matches.values() for match in of_one}
        if found is None or found.total != len(kept):
            return False
    return True


def _sent(choice: Choice) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in choice.items():
        data.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return data


def main() -> int:
    corpus, rounds = sys.argv[1], int(sys.argv[2])
    store(corpus, over=YEAR)
    shipped_topics.load()
    indexing.refresh()
    search_budget.BUDGET = math.inf
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    newest = queries.newest_day()
    assert newest is not None
    figures = {
        "papers": Paper.objects.count(),
        "month": Paper.objects.filter(day__gt=newest - timedelta(days=DAYS)).count(),
        "first": asked(client, "sample-part", {"topics": ["robotics"]}),
        "cold": [asked(client, "sample-part", choice) for choice in CHOICES],
        "warm": [asked(client, "sample-part", choice) for choice in CHOICES * rounds],
        "mail": [asked(client, "sample", choice) for choice in CHOICES * rounds],
    }
    print(json.dumps(figures))  # noqa: T201
    return 0 if agree(CHOICES) else 1


if __name__ == "__main__":
    sys.exit(main())
