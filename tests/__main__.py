"""`python -m tests ARGUMENTS …` runs the tests that pytest's ARGUMENTS choose, or all; so does `make test`.

What they need is installed first. What cannot be had leaves out the tests that need it: the last line says
which and why. Where CI is set that is a failure, unless only the material of TEST_DATA is missing, or root.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from tests.missing import LEFT_OUT, MISSING, NO_DATA, read_left_out, said
from tests.services import browser, debian, mail_servers, node
from tests.services.dkim_verifiers import OPENDKIM, RSPAMD
from tests.services.postgres import postgres_server
from tests.services.spamassassin import PACKAGE as SPAMASSASSIN

_NOT_EVERYBODY_HAS = {NO_DATA, mail_servers.NOT_ROOT}
_MOST_PROCESSES = "4"
_FINE = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main(arguments: list[str]) -> int:
    if (data := os.environ.get("TEST_DATA")) and not Path(data).is_dir():
        print(f"TEST_DATA names no directory: {data}", file=sys.stderr)  # noqa: T201
        return 1
    faults = "faults" in arguments
    missing = {
        "chromium_path": browser.provide(),
        "checkers": node.provide(node.CHECKERS, "the checkers of mails and pages"),
        "localhost": _localhost(),
        **mail_servers.provide(*(mail_servers.PACKAGES if faults else ["postfix"])),
        "haraka": mail_servers.provide_haraka() if faults else "",
        "spamassassin": debian.unpack(SPAMASSASSIN) if faults else "",
        "opendkim": debian.unpack(OPENDKIM) if faults else "",
        "rspamd": (debian.unpack(RSPAMD) if os.geteuid() == 0 else mail_servers.NOT_ROOT) if faults else "",
        "git_program": "" if shutil.which("git") else "git is missing (apt install git)",
        "proc": "" if Path("/proc/self/environ").exists() else "/proc does not list the processes",
    }
    os.environ[MISSING] = json.dumps({fixture: reason for fixture, reason in missing.items() if reason})
    with tempfile.NamedTemporaryFile() as file:
        os.environ[LEFT_OUT] = file.name
        ended, no_postgres = _run(arguments)
        left_out = read_left_out(Path(file.name))
    not_run = "; ".join(filter(None, (no_postgres, said(left_out))))
    how = "Passed" if ended == pytest.ExitCode.OK else "Failed"
    print(f"{how}. Not run: {not_run}." if not_run else f"{how}. Nothing was left out.")  # noqa: T201
    wanted = no_postgres or any(reason not in _NOT_EVERYBODY_HAS for _, reason in left_out)
    return ended or int(bool(wanted) and os.environ.get("CI", "") not in {"", "0", "false"})


def _run(arguments: list[str]) -> tuple[int, str]:
    """The exit code, and why nothing was run on PostgreSQL.

    Everything but the services tests runs on SQLite; these, and whatever touches the database, on PostgreSQL.
    There each file keeps to one process, whose servers, browser and pages its tests share; and there are
    twice as many as cores, since these tests wait for others half of the time. Meanwhile the tests on SQLite
    take what is left of the cores, and are reported when both have ended.
    """
    with ExitStack() as servers, tempfile.TemporaryFile() as report:
        on_sqlite = _pytest("auto", "-m", "not services and not faults", *arguments, report=report)
        try:
            url = servers.enter_context(postgres_server())
        except (OSError, RuntimeError) as error:
            second, no_postgres = int(pytest.ExitCode.NO_TESTS_COLLECTED), f"what runs on PostgreSQL: {error}"
        else:
            os.environ["TEST_DATABASE_URL"] = f"{url}/digest"
            processes = str(2 * (os.cpu_count() or 1))
            by_file = ("--dist", "loadfile", "--no-loadscope-reorder")
            # Its databases go with the server.
            second, no_postgres = _pytest(processes, *by_file, "--reuse-db", *arguments).wait(), ""
        first = on_sqlite.wait()
        report.seek(0)
        shutil.copyfileobj(report, sys.stdout.buffer)
    failed = next((code for code in (first, second) if code not in _FINE), None)
    return failed or min(first, second), no_postgres


def _localhost() -> str:
    try:
        socket.getaddrinfo("localhost", None)
    except OSError:
        return "the name localhost is unknown (/etc/hosts lacks the line “127.0.0.1 localhost”)"
    return ""


def _pytest(processes: str, *arguments: str, report: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """Tests that have begun; those that write to `report` give way to all others."""
    parallel = ("--numprocesses", processes, "--maxprocesses", _MOST_PROCESSES)
    # Without its byte code each process would compile all tests anew, in half of the time that it begins in.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    politely = ("nice",) if report else ()
    command = (*politely, sys.executable, "-m", "pytest", *parallel, *arguments)
    return subprocess.Popen(command, env=environment, stdout=report)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
