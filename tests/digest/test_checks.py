"""What the operator set wrong is said in one line, and nothing starts."""

import os
from pathlib import Path
from typing import Any

import pytest

from digest.checks import check_senders, is_address
from tests.services.processes import Service, start_service


def manage(data_dir: Path, *arguments: str, **environment: str) -> Service:
    """Run a command to its end."""
    log = data_dir.with_name(f"{data_dir.name}.log")
    ran = start_service(arguments, {"DATA_DIR": str(data_dir)} | environment, log)
    ran.process.wait(60)
    return ran


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EMAIL_URL", "relay.example.org"),
        ("EMAIL_URL", "smpt://user:hidden@relay.example.org"),
        ("EMAIL_URL", "smtp://user:hidden@relay.example.org:mail"),
        ("EMAIL_URL", "consolemail://"),
        ("EMAIL_URL", "smtp://relay.example.org, smpt://user:hidden@other.example.org"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgres://user:hidden@host:port/digest"),
        ("DATABASE_URL", "oracle://user:hidden@host/digest"),
        ("REDIS_URL", "localhost:6379"),
        ("OUTBOX_LEASE_SECONDS", "five minutes"),
        ("OUTBOX_LEASE_SECONDS", "0"),
        ("SITE_URL", "digest.example.org"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "http://host:port"),
        ("PORT", "http"),
    ],
)
def test_a_variable_that_cannot_be_read_is_one_line(tmp_path: Path, name: str, value: str) -> None:
    result = manage(tmp_path, "status", **{name: value})
    assert result.process.returncode == 1
    assert result.output.startswith(f"Configuration error: {name} is ")
    assert result.output.count("\n") == 1
    assert "hidden" not in result.output


@pytest.mark.parametrize("url", ["", "postgres://user:hidden@127.0.0.1:1/digest"])
def test_a_database_that_is_not_there_is_one_line(tmp_path: Path, url: str) -> None:
    result = manage(tmp_path, "status", DATABASE_URL=url)
    assert result.process.returncode == 1
    assert result.output.startswith("The database ")
    assert "Run `manage.py prepare` first" in result.output
    assert result.output.count("\n") == 1
    assert "hidden" not in result.output


def test_senders_that_are_no_addresses_are_refused_by_prepare(tmp_path: Path) -> None:
    result = manage(tmp_path, "prepare", DEFAULT_FROM_EMAIL="Paper Digest", BOUNCE_ADDRESS="bounces")
    assert result.process.returncode == 1
    assert "(digest.E001) DEFAULT_FROM_EMAIL “Paper Digest” holds no mail address." in result.output
    assert "(digest.E002) BOUNCE_ADDRESS “bounces” is no mail address." in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "digest.sqlite3").exists()


def test_an_operator_without_an_address_is_refused(settings: Any) -> None:
    settings.OPERATOR_EMAIL = "operator"
    assert [error.id for error in check_senders()] == ["digest.E003"]


def test_the_scheduler_has_its_directory_after_prepare(tmp_path: Path) -> None:
    assert manage(tmp_path, "prepare").process.returncode == 0
    assert (tmp_path / "run").is_dir()


def test_the_site_decides_which_hosts_are_answered(tmp_path: Path) -> None:
    result = manage(
        tmp_path,
        *(
            "shell",
            "--no-imports",
            "-c",
            "from django.conf import settings as s; print(*s.ALLOWED_HOSTS, s.DEBUG)",
        ),
        HOST="0.0.0.0",
        SITE_URL="https://digest.example.org/",
    )
    assert result.output.split() == ["digest.example.org", "localhost", "127.0.0.1", "[::1]", "False"]


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    site = {
        "SITE_URL": "https://digest.example.org",
        "SECRET_KEY": os.urandom(40).hex(),
        "EMAIL_URL": "smtp://relay.example.org",
    }
    result = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **site)
    assert result.process.returncode == 0, result.output


def test_senders_as_they_are_usually_written_pass(settings: Any) -> None:
    for sender in ("Paper Digest <digest@example.org>", "digest@localhost", "<d@xn--bcher-kva.example>"):
        settings.DEFAULT_FROM_EMAIL = sender
        assert check_senders() == []


@pytest.mark.parametrize("text", ["", "a", "a@", "@b", "a@b@c", "a b@c.example", "a@b c", "a@b\n"])
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)
