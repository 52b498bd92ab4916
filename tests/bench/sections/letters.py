"""Mails composed from planned digests: of one's own, by papers; shared ones; the first of a process."""

import statistics
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.builds import JUDGED, OURS, ROOT, Build, contestants
from tests.bench.report import NOT_HERE, Cell, Report, Table, at_most
from tests.bench.sending.service import SECRET
from tests.bench.sending.turns import Turn, turn
from tests.bench.timing import Spread, in_turns

COLUMNS = ("", "build", "ms of CPU a mail", "× ours", "peak MB", "goal", "met")
_SERVICE = "tests.bench.sending.ours"
_COMPOSED = str(ROOT / "tests" / "bench" / "sending" / "composed.py")
# Whose service makes readers without being told how many filter sets they share.
_READERS_ALONE = frozenset({JUDGED})


@dataclass(frozen=True)
class _Contestant:
    """A build, and where its databases are, one for each number of papers of a day."""

    name: str
    build: Build
    folder: Path

    def plan(self, readers: int, papers: int) -> None:
        """Make the database and plan a day in it, as this build does it."""
        sets = () if self.name in _READERS_ALONE else ("0",)
        for action in (("readers", str(readers), *sets), ("edition", "1", str(papers)), ("plan", "1")):
            self._turn(papers, _SERVICE, *action)

    def compose(self, papers: int, action: str, count: int) -> Turn:
        return self._turn(papers, _COMPOSED, action, str(count))

    def _turn(self, papers: int, *command: str) -> Turn:
        home = self.folder / f"{papers} {self.name}"
        home.mkdir(exist_ok=True)
        environment = {
            "DJANGO_SETTINGS_MODULE": "digest.settings",
            "DATABASE_URL": f"sqlite:///{home}/letters.sqlite3",
            "EMAIL_URL": "smtp://127.0.0.1:1",
            "DATA_DIR": str(home),
            "SECRET_KEY": SECRET,
        }
        return turn([command], environment, self.build)


def run(report: Report) -> None:
    sizes, readers, own = ((30, 120), 150, 40) if report.quick else ((30, 120, 500), 800, 200)
    with tempfile.TemporaryDirectory() as folder:
        builds, missing = contestants()
        compared = [_Contestant(name, build, Path(folder)) for name, build in builds.items()]
        table = Table("Mails composed from planned digests of readers as in life, SQLite", COLUMNS)
        for papers in sizes:
            for contestant in compared:
                report.progress(f"planning a day of {papers} papers: {contestant.name}")
                contestant.plan(readers, papers)
            _compare(report, table, compared, papers, ("own", own))
        _compare(report, table, compared, sizes[1], ("first", 50))
        _compare(report, table, compared, sizes[1], ("shared", 1000))
    table.note("Read from the database, composed, encoded, signed for its reader; builds take turns.")
    table.note("One's own: in a sender that composed as many before. First: with all it reads and compiles.")
    for line in missing:
        table.note(line)
    report.add(table)


def _compare(
    report: Report, table: Table, contestants: list[_Contestant], papers: int, action: tuple[str, int]
) -> None:
    turns = in_turns(
        {each.name: partial(each.compose, papers, *action) for each in contestants},
        report.rounds,
        report.progress,
    )
    spreads = {
        name: Spread.of([of_one.cpu_seconds / of_one.done * 1000 for of_one in of_all])
        for name, of_all in turns.items()
    }
    labels = {
        "own": f"one's own, a day of {papers} papers",
        "first": f"the first {action[1]} of a process",
        "shared": "a shared one",
    }
    limits = {"own": 1.0, "first": 0.5, "shared": 0.1}
    for name, spread in spreads.items():
        goal: tuple[Cell, Cell] = (None, None)
        if name == OURS:
            goal = NOT_HERE if report.quick else at_most(spread, limits[action[0]], " ms")
        memory = statistics.median(of_one.megabytes for of_one in turns[name])
        table.row(labels[action[0]], name, spread, spread.median / spreads[OURS].median, memory, *goal)
