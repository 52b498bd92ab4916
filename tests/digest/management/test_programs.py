"""What `manage.py serve` decides: order, loopback rule, addresses, what to report."""

import configparser
from pathlib import Path
from typing import Any

import pytest

from digest.management.serving.programs import (
    ProcessState,
    Program,
    addresses,
    all_running,
    exited,
    failed,
    programs,
    site_note,
    stop_seconds,
    supervisor_config,
)

PLACE = Path("/srv/digest data")


def all_programs(**changes: Any) -> dict[str, Program]:
    facts: dict[str, Any] = {
        "python": "/opt/python",
        "address": "127.0.0.1",
        "port": 8000,
        "valkey": (Path("/opt/valkey-server"), Path("/srv/valkey.sock")),
        "data_dir": PLACE,
        "cpus": 2,
    }
    return {program.name: program for program in programs(**(facts | changes))}


def config(**changes: Any) -> configparser.ConfigParser:
    """The configuration as supervisord reads it: comments may follow a value, and % expands."""
    text = supervisor_config(
        all_programs(**changes).values(), data_dir=PLACE, control_socket=Path("/srv/ctl.sock")
    )
    parser = configparser.ConfigParser(inline_comment_prefixes=(";", "#"))
    parser.read_string(text)
    return parser


def test_programs_start_broker_first_and_scheduler_last() -> None:
    assert list(all_programs()) == ["valkey", "web", "worker", "scheduler"]
    order = sorted(all_programs(), key=lambda name: config().getint(f"program:{name}", "priority"))
    assert order == ["valkey", "web", "worker", "scheduler"]


def test_no_broker_is_embedded_where_one_is_configured() -> None:
    assert list(all_programs(valkey=None)) == ["web", "worker", "scheduler"]


def test_embedded_broker_listens_on_no_port_and_never_evicts() -> None:
    command = " ".join(all_programs()["valkey"].command)
    assert "--port 0" in command
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


@pytest.mark.parametrize(("cpus", "processes"), [(1, "1"), (2, "2"), (64, "4")])
def test_worker_takes_a_process_for_each_cpu_up_to_four(cpus: int, processes: str) -> None:
    command = all_programs(cpus=cpus)["worker"].command
    assert command[command.index("--concurrency") + 1] == processes


def test_a_stop_asks_the_program_and_kills_its_whole_group_only_in_the_end() -> None:
    for section in filter(lambda name: name.startswith("program:"), config().sections()):
        assert config()[section]["stopsignal"] == "TERM"
        assert "stopasgroup" not in config()[section]
        assert config()[section].getboolean("killasgroup")


def test_the_worker_has_time_to_finish_its_batch() -> None:
    assert config().getint("program:worker", "stopwaitsecs") >= 60
    assert stop_seconds(all_programs().values()) > 60


@pytest.mark.parametrize(
    "directory", ["/srv/100% digest", "/srv/%41", "/srv/it's here", '/srv/"quoted"', "/srv/a #1", "/srv/a ;b"]
)
def test_no_sign_in_the_data_directory_has_a_meaning_to_supervisord(directory: str) -> None:
    place = Path(directory)
    programs = all_programs(data_dir=place, valkey=(Path("/opt/valkey"), place / "run" / "valkey.sock"))
    text = supervisor_config(programs.values(), data_dir=place, control_socket=place / "run" / "ctl.sock")
    assert directory not in text.replace("%%", "%")
    assert "--unixsocket ../run/valkey.sock" in text
    assert "stdout_logfile=log/web.log" in text


def test_addresses_are_aligned() -> None:
    assert addresses("http://localhost:8000", debug=True, mailbox=True).splitlines() == [
        "  Sign up   http://localhost:8000/",
        "  Inbox     http://localhost:8000/inbox/",
        "  Admin     http://localhost:8000/admin/",
        "  Previews  http://localhost:8000/previews/",
    ]


def test_inbox_and_previews_are_not_shown_outside_debug() -> None:
    assert addresses("https://digest.example.org", debug=False, mailbox=True).splitlines() == [
        "  Sign up   https://digest.example.org/",
        "  Admin     https://digest.example.org/admin/",
    ]


def test_no_inbox_is_shown_where_mails_leave() -> None:
    assert "/inbox/" not in addresses("http://localhost:8000", debug=True, mailbox=False)


def test_a_program_that_ended_by_itself_is_noticed_even_if_it_runs_again() -> None:
    before = {"web": ProcessState("RUNNING", 10), "worker": ProcessState("RUNNING", 11)}
    assert exited(before, {"web": ProcessState("STARTING", 12), "worker": ProcessState("RUNNING", 11)}) == [
        "web"
    ]
    assert exited(before, {"web": ProcessState("BACKOFF", 0), "worker": ProcessState("RUNNING", 11)}) == [
        "web"
    ]
    assert exited(before, before) == []


def test_a_program_has_failed_only_when_supervisord_no_longer_tries() -> None:
    states = {"web": ProcessState("BACKOFF", 0), "worker": ProcessState("FATAL", 0)}
    assert failed(states) == ["worker"]
    assert not all_running(states)
    assert all_running({"web": ProcessState("STARTING", 1), "worker": ProcessState("RUNNING", 2)})


def test_serving_other_machines_asks_how_they_reach_this_one() -> None:
    site = "http://lab-server:8000"
    assert site in site_note({}, site, loopback=False)
    assert site_note({"SITE_URL": site}, site, loopback=False) == ""
    assert site_note({}, "http://localhost:8000", loopback=True) == ""
