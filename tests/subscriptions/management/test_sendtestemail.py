"""Django's command by its usual name sends by the relay of EMAIL_URL, and says what that answered."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest import mail_env
from subscriptions.relay import local_mailbox
from tests.services.ports import free_port
from tests.services.smtp import SmtpServer


def run(*addresses: str) -> str:
    out = io.StringIO()
    call_command("sendtestemail", *addresses, stdout=out)
    return out.getvalue()


@pytest.fixture
def _relay(settings: Any, smtp_server: SmtpServer) -> None:
    settings.EMAIL_RELAYS = [mail_env.email_relay(smtp_server.url)]


@pytest.mark.services
@pytest.mark.usefixtures("_relay")
def test_a_test_mail_goes_to_the_relay_of_email_url(smtp_server: SmtpServer) -> None:
    assert run("ada@example.org").startswith("ada@example.org: accepted, ")
    (mail,) = smtp_server.to("ada@example.org")
    assert mail.message["Subject"] == "Test mail of Paper Digest"


@pytest.mark.services
@pytest.mark.usefixtures("_relay")
def test_a_refusal_is_told_and_is_a_failure(smtp_server: SmtpServer) -> None:
    smtp_server.refuse["ada@example.org"] = "550 5.1.1 No such user"
    with pytest.raises(CommandError, match="Not every mail was accepted"):
        run("ada@example.org")


@pytest.mark.services
@pytest.mark.usefixtures("_relay")
def test_each_relay_of_several_is_tried_and_named(settings: Any, smtp_server: SmtpServer) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    settings.EMAIL_RELAYS = mail_env.email_relays(f"{smtp_server.url} smtp://{nobody}")
    out = io.StringIO()
    with pytest.raises(CommandError, match="Not every mail was accepted"):
        call_command("sendtestemail", "ada@example.org", stdout=out)
    first, second = out.getvalue().splitlines()
    assert first.startswith(f"ada@example.org, by 127.0.0.1:{smtp_server.port}: accepted, ")
    assert second.startswith(f"ada@example.org, by {nobody}: deferred, ")


def test_without_a_relay_it_says_where_the_mail_is(settings: Any, tmp_path: Any) -> None:
    settings.MAILBOX_DIR = tmp_path
    assert "stored in the local mailbox" in run("ada@example.org")
    assert local_mailbox.entries().total == 1


def test_where_mail_is_held_it_says_so(settings: Any) -> None:
    settings.EMAIL_HELD = True
    with pytest.raises(CommandError):
        run("ada@example.org")
