"""The report of the fault table: each row writes its figures, `make faults` puts them into one table.

`python -m tests.faults.report COMMAND …` runs COMMAND with FAULTS_FIGURES naming a file of JSON lines and
writes what it finds there afterwards to var/faults.md.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

REPORT = Path("var/faults.md")


def note(row: str, database: str, seconds: float, figures: dict[str, Any]) -> None:
    """Write down the figures of a row, if anybody collects them."""
    if path := os.environ.get("FAULTS_FIGURES"):
        line = json.dumps({"row": row, "database": database, "seconds": round(seconds), "figures": figures})
        with Path(path).open("a") as file:
            file.write(line + "\n")


def table(lines: list[dict[str, Any]]) -> str:
    """The figures as a Markdown table, rows of the fault table together."""
    rows = list(dict.fromkeys(line["row"] for line in lines))
    lines = sorted(lines, key=lambda line: (rows.index(line["row"]), line["database"]))
    text = ["| fault | database | figures | seconds |", "|---|---|---|---|"]
    for line in lines:
        figures = ", ".join(f"{name} {value}" for name, value in line["figures"].items())
        text.append(f"| {line['row']} | {line['database']} | {figures} | {line['seconds']} |")
    return "\n".join(text) + "\n"


def main() -> int:
    figures = REPORT.with_suffix(".jsonl").absolute()
    figures.parent.mkdir(parents=True, exist_ok=True)
    figures.write_text("")
    ended = subprocess.call(sys.argv[1:], env=os.environ | {"FAULTS_FIGURES": str(figures)})
    lines = [json.loads(line) for line in figures.read_text().splitlines()]
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    how = "all rows passed" if ended == 0 else "some rows failed"
    REPORT.write_text(f"{where}; {how}.\n\n{table(lines)}")
    print(f"The figures are in {REPORT}.")  # noqa: T201
    return ended


if __name__ == "__main__":
    sys.exit(main())
