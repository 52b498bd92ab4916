"""What storing papers takes: a year and more of days, stored and replayed; one day with very many papers."""

from tests.bench.corpus import databases, figures_of
from tests.bench.report import Report, Table, at_most

DAYS, QUICK_DAYS = 500, 50
GOAL = 60.0  # seconds, for replaying all days on PostgreSQL


def run(report: Report) -> None:
    days = QUICK_DAYS if report.quick else DAYS
    table = Table(
        f"Seconds to store {days} days of 60 papers, to replay them, and to store a day of 2,000 papers",
        ("database", "stored", "replayed", "goal of replaying", "met", "2,000 papers", "the same again"),
    )
    with databases() as environments:
        for name, environment in environments.items():
            report.progress(f"{name}: storing {days} days, and replaying them")
            found = figures_of("ingesting", days, environment, report, name)
            goal = at_most(found["replaying"], GOAL * days / DAYS) if name == "PostgreSQL" else (None, None)
            times = (found[name] for name in ("many", "many again"))
            table.row(name, found["storing"], found["replaying"], *goal, *times)
            table.note(
                f"{name}, processor time of the process that stores: {found['storing, CPU']} s, "
                f"{found['replaying, CPU']} s, {found['many, CPU']} s, {found['many again, CPU']} s."
            )
            report.require(found["papers"] == days * 60 + 2_000, f"{name}: papers are missing")
    report.add(table)
