"""With DKIM_KEYS every mail leaves signed, whatever composed it; with a key that cannot sign, none leaves."""

import io
import stat
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import dkim
import pytest
from django.core.management import CommandError, call_command

from digest import mail_env
from subscriptions import outbox
from subscriptions.checks import check_signing
from subscriptions.models import Delivery
from subscriptions.relay import local_mailbox, open_relay
from tests.digest.test_checks import manage
from tests.factories import NOW, reader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.MAILBOX_DIR = tmp_path, tmp_path / "mailbox"
    settings.DEFAULT_FROM_EMAIL = "Paper Digest <digest@example.org>"


def dkim_key(*arguments: str) -> str:
    printed = io.StringIO()
    call_command("dkim_key", *arguments, stdout=printed)
    return printed.getvalue()


def records(printed: str) -> dict[str, str]:
    """The TXT records of zone-file lines."""
    lines = [line.partition(". IN TXT ( ") for line in printed.splitlines() if " IN TXT " in line]
    return {name: strings.removesuffix(" )").replace('" "', "").strip('"') for name, _, strings in lines}


def setting(printed: str) -> str:
    return next(line.removeprefix("DKIM_KEYS=") for line in printed.splitlines() if "DKIM_KEYS=" in line)


def test_what_the_command_prints_is_all_that_signing_and_verifying_need(settings: Any) -> None:
    printed = dkim_key("spring")
    assert set(records(printed)) == {
        "spring-rsa._domainkey.example.org",
        "spring-ed25519._domainkey.example.org",
    }
    settings.DKIM_KEYS = mail_env.dkim_keys(setting(printed), settings.DATA_DIR)
    Delivery.objects.post(reader("ada@example.org"), "welcome", NOW)
    outbox.deliver(open_relay())
    (mail,) = local_mailbox.entries().entries
    source = local_mailbox.read(mail.key).source.encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # type: ignore[union-attr]
    assert len(message_from_bytes(source, policy=default).get_all("DKIM-Signature", [])) == 2

    def published(name: bytes, timeout: int = 5) -> bytes:
        return records(printed)[name.decode().removesuffix(".")].encode()

    assert [dkim.DKIM(source).verify(idx=number, dnsfunc=published) for number in (0, 1)] == [True, True]


def test_test_mails_and_alarms_are_signed_too(settings: Any) -> None:
    settings.DKIM_KEYS = mail_env.dkim_keys(
        setting(dkim_key("spring", "--algorithm", "ed25519")), settings.DATA_DIR
    )
    call_command("sendtestemail", "ada@example.org", stdout=io.StringIO())
    (mail,) = local_mailbox.entries().entries
    assert "a=ed25519-sha256" in local_mailbox.read(mail.key).source  # type: ignore[union-attr]


def test_without_keys_nothing_is_signed() -> None:
    call_command("sendtestemail", "ada@example.org", stdout=io.StringIO())
    (mail,) = local_mailbox.entries().entries
    assert "DKIM" not in local_mailbox.read(mail.key).source  # type: ignore[union-attr]


def test_keys_are_their_owners_alone_and_never_written_over(settings: Any) -> None:
    first = dkim_key("spring")
    made = sorted((settings.DATA_DIR / "dkim").iterdir())
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o600, 0o600]
    assert stat.S_IMODE(made[0].parent.stat().st_mode) == 0o700
    again = dkim_key("spring")
    assert "was there, and stays" in again
    assert records(again) == records(first)
    assert "PRIVATE" not in first + again


def test_each_string_of_a_record_is_short_enough_for_a_zone_file() -> None:
    strings = [part for part in dkim_key("spring").split('"')[1::2] if part.strip()]
    assert len(strings) == 3
    assert all(len(string) <= 255 for string in strings)


@pytest.mark.parametrize("name", ["_spring", "a b", "spring.", "-x"])
def test_a_name_that_the_dns_cannot_have_makes_no_key(settings: Any, name: str) -> None:
    with pytest.raises(CommandError, match="no name for a selector"):
        dkim_key("--", name)
    assert not (settings.DATA_DIR / "dkim").exists()


def test_a_domain_that_is_nobodys_makes_no_key(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "digest@localhost"
    with pytest.raises(CommandError, match="DEFAULT_FROM_EMAIL"):
        dkim_key()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"secret words\n", "no private key in PEM"),
    ],
)
def test_with_a_key_that_cannot_sign_all_mail_is_held_and_the_reason_is_told(
    settings: Any, content: bytes | None, said: str
) -> None:
    path = settings.DATA_DIR / "key.pem"
    if content is not None:
        path.write_bytes(content)
    settings.DKIM_KEYS = mail_env.dkim_keys(f"spring={path}", settings.DATA_DIR)
    delivery = Delivery.objects.post(reader("ada@example.org"), "welcome", NOW)
    outbox.deliver(open_relay())
    delivery.refresh_from_db()
    assert delivery.state == "deferred"
    assert said in delivery.reason
    assert local_mailbox.entries().total == 0
    (found,) = check_signing()
    assert said in found.msg
    assert "secret" not in found.msg + delivery.reason


@pytest.mark.parametrize("value", ["spring", "=/etc/key", "spring=", "sp ring=/etc/key", "a=b,c"])
def test_a_setting_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path, value: str) -> None:
    refused = manage(tmp_path, "check", DKIM_KEYS=value)
    assert "DKIM_KEYS is selector=file" in refused.output
    assert "Traceback" not in refused.output
