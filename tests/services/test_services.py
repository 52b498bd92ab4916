"""The fixtures themselves: a test that leans on them must be able to."""

import smtplib
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from django.contrib.auth import get_user_model
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.services.fixtures import StartService
from tests.services.processes import ROOT
from tests.services.smtp import SmtpServer

pytestmark = pytest.mark.services


def test_postgres_is_real_and_empty(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_valkey_is_empty_and_evicts_nothing(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        assert client.dbsize() == 0
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_smtp_server_keeps_what_it_accepted(smtp_server: SmtpServer) -> None:
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client:
        client.sendmail("digest@here.test", ["reader@there.test"], "Subject: Papers\r\n\r\nToday.\r\n")
    (mail,) = smtp_server.to("reader@there.test")
    assert mail.sender == "digest@here.test"
    assert mail.message["Subject"] == "Papers"
    assert mail.content.endswith(b"Today.\r\n")


def test_smtp_server_refuses_whom_it_is_told_to(smtp_server: SmtpServer) -> None:
    smtp_server.refuse["gone@there.test"] = "550 5.1.1 No such user"
    smtp_server.refuse_data["later@there.test"] = "451 4.3.0 Try again"
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("digest@here.test", ["gone@there.test"], "Subject: Papers\r\n\r\n")
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("digest@here.test", ["later@there.test"], "Subject: Papers\r\n\r\n")
    assert refused.value.smtp_code == 451
    assert smtp_server.mails == []


def test_other_processes_see_the_tests_own_rows(
    database_url: str, service: StartService, data_dir: Path
) -> None:
    get_user_model().objects.create_user("operator")
    program = (
        "from django.contrib.auth.models import User; print([user.username for user in User.objects.all()])"
    )
    process = service("shell", "-c", program, env={"DATABASE_URL": database_url})
    assert process.process.wait(30) == 0, process.output
    assert "['operator']" in process.output


def test_what_processes_are_forked_from_can_be_imported_and_reads_no_settings() -> None:
    """multiprocessing would go on without it, and say nothing."""
    importing = (sys.executable, "-c", "import tests.services.preloaded")
    done = subprocess.run(importing, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_page_reaches_loopback_and_nothing_else(page: Page, live_server: LiveServer) -> None:
    answer = page.goto(f"{live_server.url}/no-such-page/")
    assert answer is not None
    assert answer.status == 404
    with pytest.raises(BrowserError, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://example.org/")


def test_the_network_is_out_of_reach() -> None:
    with pytest.raises(AssertionError, match="connects to"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(AssertionError, match="looks up"):
        socket.getaddrinfo("example.org", 80)
