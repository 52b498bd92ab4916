"""One query on all stored papers, as the sign-up's backtest and the archive ask: SQLite and PostgreSQL."""

from tests.bench.corpus import corpus_for, databases, figures_of
from tests.bench.report import Report, Table, at_most
from tests.bench.timing import Spread

SPANS = {"30 days": 30, "a year": 365, "all": None}
GOALS = {"30 days": 50.0, "a year": 150.0, "all": 300.0}  # milliseconds
QUERIES = (
    "agents",
    '"large language model" agents -survey',
    'quant* OR "mixture of experts" NEAR/5 routing',
    "topic:quantization",
    'title:"3d" (gaussian OR nerf) upvotes>=10',
    "a* -the",
    '"vector quantization" OR (diffusion transformer^2) -video',
)


def run(report: Report) -> None:
    table = Table(
        f"A search in milliseconds, {len(QUERIES)} queries in turn, the corpus stored",
        ("database", "papers of", "search", "slowest", "goal", "met"),
    )
    corpus = corpus_for(table)
    if corpus is None:
        report.add(table)
        return
    with databases() as environments:
        for name, environment in environments.items():
            report.progress(f"{name}: weighing and searching the corpus")
            found = figures_of("searching", corpus, environment, report, name)
            for span, goal in GOALS.items():
                times = [1000 * seconds for seconds in found["searches"][span]]
                spread = Spread.of(times)
                table.row(name, span, spread, f"{max(times):.0f}", *at_most(spread, goal))
            table.note(
                f"{name}: topics classified and search index built in {found['filling']:.0f} s, once. "
                f"The first search of a process, through all papers: {1000 * found['first']:.0f} ms."
            )
    report.add(table)
