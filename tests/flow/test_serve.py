"""`make run`'s command as an operator meets it: start, refusals, Ctrl-C, and start again."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.services.fixtures import StartService
from tests.services.ports import free_port
from tests.services.processes import Service
from tests.services.waiting import wait_until

pytestmark = pytest.mark.services

READY = "Press Ctrl-C to stop."


def serve(service: StartService, port: int, **environment: str) -> Service:
    return service("serve", env={"PORT": str(port), "HOST": "127.0.0.1"} | environment)


def living(data_dir: Path) -> dict[int, str]:
    """Every process that works on `data_dir`, however it came to be: pid and command line."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
        except OSError:
            continue  # ended meanwhile
        if f"DATA_DIR={data_dir}".encode() in environment.split(b"\0"):
            found[int(process.name)] = command.replace(b"\0", b" ").decode(errors="replace")
    return found


@pytest.mark.usefixtures("proc")
def test_it_starts_stops_without_a_trace_and_starts_again(service: StartService, data_dir: Path) -> None:
    port = free_port()
    first = serve(service, port)
    first.wait_for(READY, seconds=90)
    for page in ("/", "/inbox/", "/admin/", "/previews/"):
        assert f" http://localhost:{port}{page}\n" in first.output
    wait_until(lambda: len(living(data_dir)) >= 7, 20, what="all processes")  # with the worker's own

    same_directory = serve(service, free_port())
    assert same_directory.process.wait(20) == 1
    assert same_directory.output.startswith("CommandError: Already running on ")
    assert same_directory.output.count("\n") == 1

    other_directory = serve(service, port, DATA_DIR=f"{data_dir}/other")
    assert other_directory.process.wait(20) == 1
    assert other_directory.output == (
        f"CommandError: Port {port} on 127.0.0.1 is taken: set PORT to another one.\n"
    )

    assert first.end(signal.SIGINT) == 0
    assert living(data_dir) == {}
    assert first.output.endswith("Stopping …\nStopped.\n")

    second = serve(service, port)
    second.wait_for(READY, seconds=60)
    assert second.end(signal.SIGTERM) == 0
    assert living(data_dir) == {}


@pytest.mark.usefixtures("proc")
def test_sudden_deaths_and_a_worker_that_hangs_are_recovered_from(
    service: StartService, data_dir: Path
) -> None:
    port, relay = free_port(), "smtp://127.0.0.1:1"  # a relay, so no demo
    first = serve(service, port, EMAIL_URL=relay)
    first.wait_for(READY, seconds=90)
    web = next(
        pid for pid, command in living(data_dir).items() if "web_server" in command and os.getpgid(pid) == pid
    )
    os.kill(web, signal.SIGKILL)
    first.wait_for("web exited unexpectedly and is started again.")
    wait_until(lambda: answers(port), 20, what="the web server")

    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    second = serve(service, port, EMAIL_URL=relay)  # at once: it waits for the rest of the first
    second.wait_for(READY, seconds=90)
    assert answers(port)

    wait_until(lambda: len(workers(data_dir)) > 2, 20, what="the worker and its two processes")
    stuck = workers(data_dir)
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    second.wait_for("The worker sends no heartbeat, and is started again.", seconds=60)
    wait_until(lambda: not stuck & living(data_dir).keys(), 30, what="the end of the worker that hangs")
    wait_until(lambda: workers(data_dir), 30, what="a new worker")
    assert second.end(signal.SIGINT) == 0
    assert living(data_dir) == {}


def workers(data_dir: Path) -> set[int]:
    return {pid for pid, command in living(data_dir).items() if " worker " in command}


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_an_impossible_data_directory_gives_one_line(service: StartService, data_dir: Path) -> None:
    (data_dir / "file").touch()
    refused = serve(service, free_port(), DATA_DIR=str(data_dir / "file" / "var"))
    assert refused.process.wait(20) == 1
    assert refused.output.startswith("CommandError: Cannot write to ")
    assert refused.output.count("\n") == 1


def test_it_starts_in_a_directory_whose_name_has_signs_of_urls_and_of_supervisord(
    service: StartService, data_dir: Path
) -> None:
    started = serve(service, free_port(), DATA_DIR=str(data_dir / "100% of #1 %41;x?y"))
    started.wait_for(READY, seconds=90)
    assert started.end(signal.SIGINT) == 0
