"""`python -m tests.bench [section …]`: measure, and print tables; without a section, all of them.

Each module of `tests.bench.sections` is a section: its docstring says what it measures, its `run(report)`
does it. Ends with 1 if contestants that must give equal results did not.
"""

import argparse
import json
import pkgutil
import signal
import sys
from importlib import import_module
from pathlib import Path

from tests.bench import sections
from tests.bench.report import Report, machine


def main() -> int:
    names = sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(sections.__path__))
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure beside peers.")
    parser.add_argument("sections", nargs="*", metavar="section", help=f"of {', '.join(names)}; else all")
    parser.add_argument("--quick", action="store_true", help="small sizes: all of it within five minutes")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contestant (3)")
    parser.add_argument("--readers", type=int, default=0, help="of big-day and million, instead of theirs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args()
    if unknown := set(given.sections) - set(names):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and contestants end, too
    report = Report(quick=given.quick, rounds=given.rounds, readers=given.readers)
    print(f"{machine()}\nmedian of {given.rounds} rounds in turn (lowest–highest)\n", flush=True)  # noqa: T201
    report.progress("five minutes or so" if given.quick else "an hour or so; --quick takes five minutes")
    for name in given.sections or names:
        report.begin(name)
        import_module(f"tests.bench.sections.{name.replace('-', '_')}").run(report)
        if given.json:
            given.json.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    for failure in report.failures:
        print(f"NOT EQUAL: {failure}", file=sys.stderr)  # noqa: T201
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
