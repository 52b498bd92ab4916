"""What `manage.py serve` runs and reports: decisions only; supervisor.py runs it."""

import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_NEEDED_ALONE = ("SITE_URL", "SECRET_KEY", "EMAIL_URL", "REDIS_URL")
MAIL_IS_HELD = (
    "No mail is sent and nobody can sign up: EMAIL_URL is not set, and nobody could open the local mailbox.\n"
    "Set EMAIL_URL to your mail relay; or, to try things out on this machine alone, leave HOST at 127.0.0.1\n"
    "and DEBUG unset."
)
_MOST_WORKERS = 4  # a laptop stays usable; more come from more machines


@dataclass(frozen=True)
class Program:
    """One supervised process.

    It counts as started after `start_seconds`, and is killed with all its children if it has not
    ended `stop_seconds` after being asked to.
    """

    name: str
    command: tuple[str, ...]
    start_seconds: int
    stop_seconds: int


@dataclass(frozen=True)
class ProcessState:
    """The state of one program: supervisord's word for it, and the pid or 0."""

    state: str
    pid: int


def site_note(environment: Mapping[str, str], site_url: str, *, loopback: bool) -> str:
    """A line for an operator who serves other machines without saying how they reach this one, or nothing."""
    if loopback or environment.get("SITE_URL"):
        return ""
    return f"\nMails link to {site_url}: set SITE_URL if other machines reach this one by another address.\n"


def missing_variables(environment: Mapping[str, str]) -> list[str]:
    """The variables without which no program runs alone.

    What stands in for them is of one machine: its name, its key, its mailbox, its embedded Valkey.
    """
    return [name for name in _NEEDED_ALONE if not environment.get(name)]


def programs(  # noqa: PLR0913  one keyword for each fact the commands need
    *, python: str, address: str, port: int, valkey: tuple[Path, Path] | None, data_dir: Path, cpus: int
) -> tuple[Program, ...]:
    """Everything to run, in starting order; it stops in the reverse order.

    `valkey` is the server's binary and socket, or None where REDIS_URL names another server.
    """
    web = (
        *(python, "-m", "granian", "--interface", "wsgi", "--host", address, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "4", "--backpressure", "64", "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10", "digest.wsgi:application"),
    )
    worker = (
        *(python, "-m", "celery", "-A", "digest", "worker", "--loglevel", "INFO", "--hostname", "digest@%h"),
        *("--concurrency", str(min(cpus, _MOST_WORKERS))),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),  # nobody listens to them
    )
    # No pid file: one left by a crash would refuse the next start, and two schedulers are harmless.
    scheduler = (python, "-m", "celery", "-A", "digest", "beat", "--loglevel", "INFO", "--pidfile=")
    return (
        *((_embedded_valkey(*valkey, data_dir),) if valkey else ()),
        Program("web", web, start_seconds=10, stop_seconds=15),
        Program("worker", worker, start_seconds=10, stop_seconds=60),  # it finishes its batch
        Program("scheduler", scheduler, start_seconds=10, stop_seconds=10),
    )


def _embedded_valkey(binary: Path, socket: Path, data_dir: Path) -> Program:
    below = _relative(socket, data_dir)
    own_socket = below if Path(below).is_absolute() else f"../{below}"  # it binds once it is in its --dir
    command = (
        *(str(binary), "--port", "0", "--unixsocket", own_socket),
        *("--unixsocketperm", "700", "--dir", "valkey", "--appendonly", "yes", "--save", ""),
        *("--maxmemory-policy", "noeviction"),  # an evicting broker drops tasks in silence
    )
    return Program("valkey", command, start_seconds=1, stop_seconds=10)


def log_file(data_dir: Path, name: str) -> Path:
    """Where the output of the program of this name goes."""
    return data_dir / "log" / f"{name}.log"


def supervisor_config(programs: Iterable[Program], *, data_dir: Path, control_socket: Path) -> str:
    """The configuration for supervisord (supervisord.org/configuration.html) that runs `programs`.

    It has to be started in `data_dir`: paths below it are relative, since %, # and ; in a path have a meaning
    to supervisord, and not always the same.

    Nothing starts by itself: the one who started supervisord starts each program when what it needs
    is there. SIGTERM reaches the program only, never its children, so that a worker ends warm;
    SIGKILL reaches the whole group, so that nothing stays behind.
    """
    sections = {
        "supervisord": {
            "nodaemon": "true",
            "silent": "true",
            "umask": "077",  # supervisord would set 022 for all it starts
            "logfile": _relative(log_file(data_dir, "supervisor"), data_dir),
            "logfile_maxbytes": "1MB",
            "logfile_backups": "1",
            "pidfile": "run/supervisord.pid",
        },
        "unix_http_server": {"file": _relative(control_socket, data_dir), "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
    }
    for priority, program in enumerate(programs, start=1):
        sections[f"program:{program.name}"] = {
            "command": _value(shlex.join(program.command)),
            "priority": str(priority),
            "autostart": "false",
            "autorestart": "true",
            "startsecs": str(program.start_seconds),
            "startretries": "3",
            "stopsignal": "TERM",
            "stopwaitsecs": str(program.stop_seconds),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": _relative(log_file(data_dir, program.name), data_dir),
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": "2",
        }
    return "\n".join(
        f"[{section}]\n" + "".join(f"{key}={value}\n" for key, value in values.items())
        for section, values in sections.items()
    )


def _relative(path: Path, data_dir: Path) -> str:
    """`path` as seen from `data_dir`, if it is below; else as it is."""
    return str(path.relative_to(data_dir)) if path.is_relative_to(data_dir) else _value(path)


def _value(text: str | os.PathLike[str]) -> str:
    return str(text).replace("%", "%%")  # supervisord expands %(name)s in every value


def stop_seconds(programs: Iterable[Program]) -> int:
    """The longest that an ordered stop of `programs` can take."""
    return sum(program.stop_seconds for program in programs) + 5


def exited(before: Mapping[str, ProcessState], after: Mapping[str, ProcessState]) -> list[str]:
    """The programs that ran, and have exited by themselves since; some may run again already."""
    return [
        name
        for name, process in after.items()
        if name in before and before[name].pid and process.pid != before[name].pid
    ]


def failed(states: Mapping[str, ProcessState]) -> list[str]:
    """The programs that exited again and again, so that supervisord no longer starts them (FATAL)."""
    return [name for name, process in states.items() if process.state == "FATAL"]


def all_running(states: Mapping[str, ProcessState]) -> bool:
    """Whether every program runs, as far as can be said yet."""
    return all(process.state in {"STARTING", "RUNNING"} for process in states.values())


def addresses(site_url: str, *, debug: bool, mailbox: bool) -> str:
    """The pages to open, one to a line: previews exist in DEBUG only, and so does the inbox.

    The inbox needs the local `mailbox` as well: mails to a relay are not kept.
    """
    pages = (
        ("Sign up", "/", True),
        ("Inbox", "/inbox/", debug and mailbox),
        ("Admin", "/admin/", True),
        ("Previews", "/previews/", debug),
    )
    return "\n".join(f"  {name:<9} {site_url}{path}" for name, path, exists in pages if exists)
