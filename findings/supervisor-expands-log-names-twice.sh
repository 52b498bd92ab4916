#!/usr/bin/env bash
# supervisor 4.3.0: `%%` in a configuration stands for one `%`, and does in `command`. In `stdout_logfile` it is expanded a
# second time, so that the escaped sign is refused as "badly formatted": no log may lie where a path has a `%`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check supervisor==4.3.0 setuptools==80.9.0
.venv/bin/python - <<'PYTHON'
import io
from pathlib import Path

from supervisor.options import ServerOptions


def read(line):
    """The program of a configuration with this line, or what is said against it."""
    Path("c.conf").write_text(f"[supervisord]\nlogfile=s.log\n[program:x]\ncommand=/bin/echo 100%%\n{line}\n")
    options = ServerOptions()
    options.stderr = said = io.StringIO()
    try:
        options.realize(["-n", "-c", "c.conf"])
    except SystemExit:
        return said.getvalue().splitlines()[0]
    return options.process_group_configs[0].process_configs[0].command


plain, logged = read(""), read("stdout_logfile=100%%.log")
print("command:", plain)
print("stdout_logfile:", logged)
assert plain == "/bin/echo 100%", "command is read otherwise now"
assert "badly formatted" in logged, "the name of a log may have a % now"
PYTHON
