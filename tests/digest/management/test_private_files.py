"""Nobody else on the machine reads the readers' addresses, whatever umask and modes the service finds."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.management.serving.private_files import OpenToOthers, take_from_others
from digest.management.serving.programs import supervisor_config
from tests.services.processes import ROOT

WHATEVER_UMASK = (
    "import os, runpy, sys; os.umask(0); "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


def manage(data_dir: Path, *command: str, **environment: str) -> str:
    """What a command prints that was started with an umask of 0."""
    variables = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir), **environment}
    line = (sys.executable, "-c", WHATEVER_UMASK, "manage.py", *command)
    done = subprocess.run(line, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def open_to_others(*roots: Path) -> list[str]:
    """All files and directories that somebody else can reach and read."""
    return [str(path) for root in roots for path in _reachable(root)]


def _reachable(path: Path) -> Iterator[Path]:
    if not path.exists() or not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return
    if path.is_dir():
        for inside in path.iterdir():
            yield from _reachable(inside)
    else:
        yield path


def test_a_directory_that_everybody_may_enter_is_closed_and_the_operator_told(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    (data_dir / "digest.sqlite3").touch(0o644)
    printed = manage(data_dir, "prepare")
    assert f"Other users could read {data_dir}; now only the user of the service can." in printed
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((data_dir / "digest.sqlite3").stat().st_mode) == 0o600
    assert "Other users" not in manage(data_dir, "prepare")


def test_a_database_elsewhere_is_for_the_service_alone_with_its_journals(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    database = elsewhere / "readers.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE kept_open (number INTEGER)")
        database.chmod(0o644)
        connection.execute("INSERT INTO kept_open VALUES (1)")
        connection.commit()
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").chmod(0o644)
        manage(tmp_path / "data", "prepare", DATABASE_URL=f"sqlite:///{database}")
        assert open_to_others(elsewhere) == []
    connection.close()


def test_mails_and_keys_are_written_for_the_service_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o755)
    script = "import django; django.setup(); from subscriptions.relay import local_mailbox as box; "
    script += "box.store(b'Subject: x\\r\\n\\r\\n', 'a@b.example', 'ada@readers.example')"
    line = f"import os; os.umask(0); os.environ['DJANGO_SETTINGS_MODULE'] = 'digest.settings'; {script}"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(data_dir)}
    subprocess.run((sys.executable, "-c", line), cwd=ROOT, env=environment, check=True)
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"secret_key"}
    assert len(files) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert open_to_others(data_dir) == []


def test_what_is_not_ours_to_close_stops_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(OpenToOthers, match="Other users of this machine can read"):
        list(take_from_others([tmp_path]))


def test_programs_under_the_supervisor_write_for_the_service_alone(tmp_path: Path) -> None:
    config = supervisor_config([], data_dir=tmp_path, control_socket=tmp_path / "ctl.sock")
    assert "umask=077" in config.splitlines()
