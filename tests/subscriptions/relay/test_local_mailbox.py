"""The local mailbox keeps every mail as it was, and shows the newest first."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from email.message import EmailMessage

import pytest

from subscriptions.relay import local_mailbox


def message(subject: str = "6 papers", html: str = "<p>hello</p>") -> bytes:
    mail = EmailMessage()
    mail["From"] = "Paper Digest <digest@example.org>"
    mail["To"] = "ada@example.org"
    mail["Subject"] = subject
    mail["Date"] = "Wed, 05 Nov 2025 08:00:00 +0100"
    mail.set_content("One paper.\nAnother paper.\n")
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes()


def store_many(sender: int) -> None:
    for number in range(25):
        local_mailbox.store(message(f"{sender}.{number}"), "", f"reader{sender}@example.org")


def test_a_mail_is_listed_with_what_a_mail_program_shows() -> None:
    local_mailbox.store(message("Überblick: 6 papers"), "bounce@example.org", "ada+papers@example.org")
    (entry,) = local_mailbox.entries().entries
    assert entry.sender == "Paper Digest <digest@example.org>"
    assert entry.recipient == "ada+papers@example.org"
    assert entry.subject == "Überblick: 6 papers"
    assert entry.snippet == "One paper. Another paper."
    assert entry.date.isoformat() == "2025-11-05T08:00:00+01:00"


def test_a_mail_opens_with_all_its_parts() -> None:
    sent = message(html="<p>Grüße</p>")
    local_mailbox.store(sent, "bounce@example.org", "ada@example.org")
    mail = local_mailbox.read(local_mailbox.entries().entries[0].key)
    assert mail is not None
    assert mail.html.strip() == "<p>Grüße</p>"
    assert mail.text.startswith("One paper.")
    assert ("Return-Path", "<bounce@example.org>") in mail.headers
    assert mail.source.endswith(sent.decode())


def test_newest_comes_first_and_pages_follow_each_other() -> None:
    for number in range(5):
        local_mailbox.store(message(str(number)), "", "ada@example.org")
    assert [entry.subject for entry in local_mailbox.entries(limit=2).entries] == ["4", "3"]
    assert [entry.subject for entry in local_mailbox.entries(first=4, limit=2).entries] == ["0"]
    assert local_mailbox.entries(limit=2).total == 5


def test_a_recipient_is_found_by_part_of_the_address_whatever_its_case() -> None:
    local_mailbox.store(message(), "", "Ada@example.org")
    local_mailbox.store(message(), "ada@example.org", "bob@example.org")
    listing = local_mailbox.entries("ada@")
    assert [entry.recipient for entry in listing.entries] == ["Ada@example.org"]
    assert listing.total == 1


def test_a_mail_without_date_subject_or_text_is_still_shown() -> None:
    local_mailbox.store(b"X-Empty: yes\r\n\r\n", "", "ada@example.org")
    (entry,) = local_mailbox.entries().entries
    assert entry.subject == "(no subject)"
    assert entry.date.year >= 2025
    mail = local_mailbox.read(entry.key)
    assert mail is not None
    assert mail.html == ""


@pytest.mark.parametrize("key", ["missing", "../../secret_key", "new", ""])
def test_only_mails_can_be_opened(key: str) -> None:
    local_mailbox.store(message(), "", "ada@example.org")
    assert local_mailbox.read(key) is None


def test_several_processes_may_store_at_once() -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("fork")) as pool:
        list(pool.map(store_many, range(4)))
    subjects = {entry.subject for entry in local_mailbox.entries(limit=1000).entries}
    assert subjects == {f"{sender}.{number}" for sender in range(4) for number in range(25)}


def test_deleting_all_leaves_an_empty_mailbox() -> None:
    local_mailbox.store(message(), "", "ada@example.org")
    local_mailbox.delete_all()
    assert local_mailbox.entries().total == 0
