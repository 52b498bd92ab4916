"""What a visitor waits for while choosing: the live backtest, and the sample mail beside it."""

from collections.abc import Mapping

from tests.bench.corpus import corpus_for, databases, figures_of
from tests.bench.report import Report, Table, at_most
from tests.services.valkey import valkey_server

Choice = Mapping[str, str | int | list[str]]  # fields of the form

GOAL = 150.0  # milliseconds, of the 95th in a hundred
_TOPICS = (
    ("agents",),
    ("quantization", "efficient-inference"),
    ("3d", "robotics", "vision-language"),
    ("reasoning", "reinforcement-learning", "code", "agents"),
    (
        "image-video-generation",
        "benchmarks-datasets",
        "vision-language",
        "3d",
        "robotics",
        "distributed-training",
    ),
    (),
)
_QUERIES = (
    "",
    "agents",
    'quant* OR "low precision" OR "mixture of experts" NEAR/5 routing',
    '"large language model" agents -survey\ntitle:"3d" (gaussian OR nerf) upvotes>=10\nspeech AND translat*',
    "a* -the",
)
_NARROWED: tuple[Choice, ...] = ({}, {"exclude": "survey\nspeech*", "least_upvotes": 10})
CHOICES: list[Choice] = [
    {"topics": list(topics), "queries": queries, **narrowed}
    for topics in _TOPICS
    for queries in _QUERIES
    for narrowed in _NARROWED
    if topics or queries
]


def run(report: Report) -> None:
    table = Table(
        f"A visitor's wait in milliseconds, {len(CHOICES)} choices of filters, a year of papers stored",
        ("database", "answer", "p50", "p95", "slowest", "goal of p95", "met"),
    )
    corpus = corpus_for(table)
    if corpus is None:
        report.add(table)
        return
    with databases() as environments, valkey_server() as valkey:
        for name, environment in environments.items():
            report.progress(f"{name}: storing a year, and choosing")
            found = figures_of("backtesting", corpus, {**environment, "REDIS_URL": valkey}, report, name)
            for answer, what in (
                ("cold", "backtest, a choice nobody made before"),
                ("warm", "backtest, made before"),
                ("mail", "sample mail"),
            ):
                times = sorted(found[answer])
                goal = (None, None) if answer == "mail" else at_most(_reached(times, 0.95), GOAL)
                cells = (_reached(times, 0.5), _reached(times, 0.95), times[-1])
                table.row(name, what, *(f"{cell:.0f}" for cell in cells), *goal)
            table.note(
                f"{name}: {found['papers']:,} papers of the corpus, spread over 365 days, "
                f"{found['month']:,} of them in the 30 looked at. "
                f"The first answer of a process: {found['first']:.0f} ms."
            )
    table.note("From the request to the whole answer, form, limits and page included, in one process.")
    report.add(table)


def _reached(times: list[float], share: float) -> float:
    """The time within which this share of the sorted `times` lies."""
    return times[min(int(share * len(times)), len(times) - 1)]
